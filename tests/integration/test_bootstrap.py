"""Making a database ready, and refusing what would lose data."""

import asyncio
import base64
import contextlib
import re
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from anonmsg import bootstrap
from anonmsg.bootstrap import build_mailer, load_secrets, prepare, running, services
from anonmsg.errors import CannotStart, Unavailable
from anonmsg.mail.outbox import Outbox
from anonmsg.mail.resend_mailer import ResendMailer
from anonmsg.services.blocking import Blocking
from anonmsg.services.leaving import Leaving
from anonmsg.services.muting import MutedLists
from anonmsg.services.sorting import Sorting
from anonmsg.services.tagging import Tagging
from anonmsg.settings import Settings
from anonmsg.storage.database import INDEXES, Database
from anonmsg.storage.embedded import EmbeddedMongo, embedded_uri
from tests.conftest import FakeClock, FakeMailer
from tests.integration.command_log import impatient_client

KEY = base64.b64encode(b"m" * 32).decode()
OTHER_KEY = base64.b64encode(b"n" * 32).decode()
MakeSettings = Callable[..., Settings]


@pytest.fixture
async def make(
    settings: Settings, mongod: EmbeddedMongo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> MakeSettings:
    """Makes settings for an embedded database of the test's own, without keys at first; they go to `tmp_path`."""
    uri = embedded_uri(settings.data_dir).replace("/anonmsg?", "/anonmsg_bootstrap?")
    monkeypatch.setattr(bootstrap, "embedded_uri", lambda _: uri)
    database = Database(uri)
    await database["meta"].delete_many({})
    await database.close()
    return lambda **values: make_settings(data_dir=tmp_path, **values)


@pytest.fixture
async def own_database(make: MakeSettings) -> AsyncIterator[Database]:
    """The database that `make`'s settings lead to."""
    database = bootstrap.open_database(make())
    yield database
    await database.close()


def make_settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)  # pyright: ignore[reportCallIssue]


def key_files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """The mode and content of every file in a folder, by name."""
    return {path.name: (stat.S_IMODE(path.stat().st_mode), path.read_bytes()) for path in folder.iterdir()}


async def test_a_new_database_gets_its_indexes_and_keys(
    make: MakeSettings, own_database: Database, tmp_path: Path
) -> None:
    await own_database.raw.client.drop_database(own_database.raw.name)

    await prepare(make())

    names = set(await own_database.raw.list_collection_names())
    indexes = {name: set(await own_database[name].index_information()) for name in INDEXES}
    assert names == set(INDEXES)
    assert indexes == {name: {"_id_", *(index.document["name"] for index in INDEXES[name])} for name in INDEXES}
    assert {name: mode for name, (mode, _) in key_files(tmp_path).items()} == {"master.key": 0o600, "secret.key": 0o600}


async def test_collections_may_be_created_by_several_at_once(own_database: Database) -> None:
    await own_database.raw.client.drop_database(own_database.raw.name)

    await asyncio.gather(*(own_database.create_indexes() for _ in range(4)))

    assert set(await own_database.raw.list_collection_names()) == set(INDEXES)


async def test_a_collection_that_cannot_be_created_is_a_failure(
    own_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise OperationFailure("no space for it", code=14031)

    await own_database["keys"].drop()
    monkeypatch.setattr(own_database.raw, "create_collection", refuse)

    with pytest.raises(OperationFailure, match="no space for it"):
        await own_database.create_indexes()


async def test_preparing_again_changes_nothing(make: MakeSettings, tmp_path: Path) -> None:
    await prepare(make())
    before = key_files(tmp_path)

    await prepare(make())

    assert key_files(tmp_path) == before


async def test_several_processes_may_prepare_at_once(make: MakeSettings) -> None:
    given = make(master_key=KEY, secret_key=OTHER_KEY)

    await asyncio.gather(*(prepare(given) for _ in range(4)))


async def test_another_master_key_is_refused_and_the_right_one_still_works(make: MakeSettings) -> None:
    await prepare(make(master_key=KEY))

    with pytest.raises(CannotStart, match="does not belong to this data") as refused:
        await prepare(make(master_key=OTHER_KEY))
    await prepare(make(master_key=KEY))

    assert OTHER_KEY not in str(refused.value)


async def test_a_missing_key_file_beside_data_is_refused_and_not_made_anew(make: MakeSettings, tmp_path: Path) -> None:
    await prepare(make())
    kept = tmp_path / "elsewhere"
    (tmp_path / "master.key").rename(kept)

    with pytest.raises(CannotStart, match="The master key is missing") as refused:
        await prepare(make())

    assert str(tmp_path / "master.key") in str(refused.value)
    assert not (tmp_path / "master.key").exists()
    kept.rename(tmp_path / "master.key")
    await prepare(make())


async def test_a_missing_key_file_is_replaced_by_the_same_key_in_the_settings(
    make: MakeSettings, tmp_path: Path
) -> None:
    await prepare(make())
    key = (tmp_path / "master.key").read_text().strip()
    (tmp_path / "master.key").unlink()

    await prepare(make(master_key=key))

    assert not (tmp_path / "master.key").exists()


async def test_a_lost_secret_key_is_made_anew(make: MakeSettings, tmp_path: Path) -> None:
    await prepare(make())
    before = (tmp_path / "secret.key").read_text()
    (tmp_path / "secret.key").unlink()

    await prepare(make())

    assert (tmp_path / "secret.key").read_text() != before


@pytest.mark.parametrize("name", ["master_key", "secret_key"])
async def test_off_the_embedded_default_a_missing_secret_is_a_refusal(
    make: MakeSettings, settings: Settings, tmp_path: Path, name: str
) -> None:
    secrets = {"master_key": KEY, "secret_key": OTHER_KEY, name: None}
    uri = embedded_uri(settings.data_dir).replace("/anonmsg?", "/anonmsg_bootstrap?")

    with pytest.raises(CannotStart, match=f"{name.upper()} is not set"):
        await prepare(make(mongodb_uri=uri, **secrets))

    assert key_files(tmp_path) == {}


@pytest.mark.parametrize("name", ["master_key", "secret_key"])
async def test_a_secret_that_is_none_is_a_refusal(make: MakeSettings, name: str) -> None:
    with pytest.raises(CannotStart, match=f"{name.upper()} must be 32 random bytes"):
        await prepare(make(**{name: "hunter2"}))


def test_the_two_secrets_are_not_mixed_up() -> None:
    secrets = load_secrets(make_settings(mongodb_uri="mongodb://h/x", master_key=KEY, secret_key=OTHER_KEY))

    assert secrets.master_key.secret == b"m" * 32
    assert secrets.secret_key == b"n" * 32


def test_the_secrets_are_not_in_their_text() -> None:
    secrets = load_secrets(make_settings(mongodb_uri="mongodb://h/x", master_key=KEY, secret_key=OTHER_KEY))

    assert "mmm" not in repr(secrets)
    assert "nnn" not in repr(secrets)


async def test_a_database_that_is_away_is_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient_client(monkeypatch)
    given = make_settings(data_dir=tmp_path, mongodb_uri=embedded_uri(tmp_path))

    with pytest.raises(CannotStart, match="The database can't be reached"):
        await prepare(given)


def test_a_connection_string_that_is_none_is_told_without_repeating_it(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="MONGODB_URI can't be read") as refused:
        bootstrap.open_database(make_settings(data_dir=tmp_path, mongodb_uri="mongo://user:hidden@h/x"))

    assert "hidden" not in str(refused.value)


def test_the_mailer_is_the_one_that_the_settings_choose(tmp_path: Path, clock: FakeClock) -> None:
    outbox = build_mailer(make_settings(data_dir=tmp_path), clock)
    resend = build_mailer(make_settings(data_dir=tmp_path, resend_api_key="re_1"), clock)

    assert isinstance(outbox, Outbox)
    assert isinstance(resend, ResendMailer)


async def test_the_services_are_there_while_they_run_and_not_after(make: MakeSettings, mailer: FakeMailer) -> None:
    await prepare(make())

    with pytest.raises(RuntimeError):
        services()
    async with running(make(), mailer) as built:
        assert services() is built
        await built.database.ping()
    with pytest.raises(RuntimeError):
        services()


WORKS = [
    (Outbox, "tidy"),
    (Leaving, "resume"),
    (Tagging, "forget_orphans"),
    (Blocking, "forget_over"),
    (Sorting, "settle_due"),
    (MutedLists, "go_through_due"),
]
"""What is done in the background, again and again."""


@pytest.mark.parametrize("failing", WORKS, ids=lambda work: work[1])
async def test_what_is_done_in_the_background_goes_on_after_any_failure_and_a_bug_is_told(
    make: MakeSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, failing: tuple[type, str]
) -> None:
    went_on, failures = asyncio.Event(), iter([ValueError("a secret"), Unavailable()])
    loop = asyncio.get_running_loop()

    def fail(*_: object) -> None:
        if (failure := next(failures, None)) is not None:
            raise failure
        loop.call_soon_threadsafe(went_on.set)

    def do_nothing(*_: object) -> None:
        pass

    def later(work: Callable[..., None]) -> Callable[..., Awaitable[None]]:
        async def do_later(*_: object) -> None:
            work()

        return do_later

    await prepare(make())
    for name in ("TIDY_INTERVAL", "SETTLE_INTERVAL"):
        monkeypatch.setattr(bootstrap, name, timedelta(milliseconds=1))
    for service, name in WORKS:
        work = fail if (service, name) == failing else do_nothing
        monkeypatch.setattr(service, name, work if service is Outbox else later(work))

    async with asyncio.timeout(10), running(make(mail_backend="outbox")):
        await went_on.wait()

    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert re.match(r"[A-Z][a-z ]+ failed \([0-9a-f]{8}\)\.\n", told)
    assert "ValueError" in told
    assert "a secret" not in told


async def test_it_stops_although_a_task_has_lost_its_cancellation(
    make: MakeSettings, mailer: FakeMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the driver's do that are just connecting, before Python 3.12 (bpo-42130)."""
    started = asyncio.Event()

    async def deaf(*_work: object) -> None:
        started.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    await prepare(make())
    monkeypatch.setattr(bootstrap, "_again_and_again", deaf)

    async with asyncio.timeout(10):
        async with running(make(), mailer):
            await started.wait()


async def test_the_embedded_database_is_a_replica_set_and_tells_its_version(database: Database) -> None:
    assert await database.is_replica_set()
    assert int((await database.server_version()).partition(".")[0]) >= 6


def test_only_documented_collections_can_be_reached(settings: Settings) -> None:
    database = bootstrap.open_database(settings)

    with pytest.raises(KeyError):
        database["senders"]


@pytest.mark.parametrize("limits", [{"send": "lots"}, {"no such scope": "1/day"}, {"send": "0/minute"}])
async def test_limits_that_can_not_be_kept_are_refused_before_anything_runs(
    make: MakeSettings, tmp_path: Path, limits: dict[str, str]
) -> None:
    with pytest.raises(CannotStart, match="LIMITS"):
        await prepare(make(limits=limits))

    assert key_files(tmp_path) == {}
