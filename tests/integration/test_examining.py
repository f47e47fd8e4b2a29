"""`anonmsg doctor`: one line for each thing that is wrong, what to mend, and never a secret."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from anonmsg import bootstrap
from anonmsg.commands import examining
from anonmsg.errors import CannotStart
from anonmsg.settings import Settings, encode_secret
from anonmsg.storage.database import Database
from anonmsg.storage.embedded import EmbeddedMongo, embedded_uri, find_mongod, is_running

OWN_KEY = encode_secret(b"o" * 32)


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings; whatever a command sets in the environment is forgotten."""
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), "")
        monkeypatch.delenv(name.upper())
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def used_folder(folder: Path) -> Path:
    """A data folder that an app has used and left."""
    settings = Settings(_env_file=None, data_dir=folder)  # pyright: ignore[reportCallIssue]  # of pydantic-settings
    with EmbeddedMongo(folder) as server:
        server.wait_until_primary()
        asyncio.run(bootstrap.prepare(settings))
    return folder


def examine(folder: Path) -> tuple[int, str]:
    """Return the exit status and everything that is said."""
    said: list[str] = []
    return examining.run(str(folder), said.append), "\n".join(said)


def test_before_the_first_start_nothing_is_wrong_and_nothing_is_made(folder: Path) -> None:
    status, said = examine(folder)

    assert status == 0
    assert f"✓ The data folder {folder} is not there yet." in said
    assert "✓ Python 3." in said
    assert "✓ node " in said
    assert "✓ bun " in said
    assert "✓ The mongod to start is " in said
    assert "✗" not in said
    assert not folder.exists()


def test_after_a_start_it_looks_into_the_database_and_stops_it_again(used_folder: Path) -> None:
    status, said = examine(used_folder)

    assert status == 0
    assert "✓ The embedded MongoDB does not run now, but starts, version " in said
    assert "✓ The master key belongs to the data" in said
    assert f"✓ Mails are written to {used_folder / 'outbox'}" in said
    assert not is_running(used_folder)


async def test_the_database_of_a_running_app_is_joined(settings: Settings, database: Database) -> None:
    await bootstrap.prepare(settings)

    status, said = await asyncio.to_thread(examine, settings.data_dir)

    assert status == 0
    assert "✓ The embedded MongoDB runs, version " in said
    assert "✓ The master key belongs to the data" in said
    assert is_running(settings.data_dir)


async def test_looking_does_not_tie_new_data_to_a_key(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MASTER_KEY", OWN_KEY)

    status, said = await asyncio.to_thread(examine, settings.data_dir)

    assert status == 0
    assert "✓ There is a master key, and no data yet" in said
    assert await database["meta"].count_documents({}) == 0


def test_a_missing_master_key_is_told_and_never_made_anew(used_folder: Path) -> None:
    (used_folder / "master.key").unlink()

    status, said = examine(used_folder)

    assert status == 1
    assert f"✗ The master key is missing. Put {used_folder / 'master.key'} back" in said
    assert not (used_folder / "master.key").exists()


def test_another_master_key_is_told_from_a_missing_one(used_folder: Path) -> None:
    (used_folder / "master.key").write_text(OWN_KEY)

    status, said = examine(used_folder)

    assert status == 1
    assert "✗ The master key is another one than the data were encrypted with." in said
    assert OWN_KEY not in said


def test_broken_key_files_are_named_and_not_shown(used_folder: Path) -> None:
    for name in ("master.key", "secret.key"):
        (used_folder / name).write_text("hunter2")

    status, said = examine(used_folder)

    assert status == 1
    for name in ("master.key", "secret.key"):
        assert f"✗ The key file {used_folder / name} must be 32 random bytes in base64." in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("name", "value"), [("PUBLIC_URL", "hunter2"), ("RATE_LIMITS", "hunter2"), ("MAIL_BACKEND", "hunter2")]
)
def test_a_wrong_setting_is_named_and_not_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    status, said = examine(folder)

    assert status == 1
    assert f"✗ {name} is wrong:" in said
    assert value not in said


def test_a_server_elsewhere_that_is_away_is_told_without_its_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A socket file, not a port: the driver leaves a TCP socket open when connecting is cut short.
    nobody = quote(str(folder / "nobody.sock"), safe="")
    monkeypatch.setenv("MONGODB_URI", f"mongodb://someone:hunter2@{nobody}/anonmsg")

    status, said = examine(folder)

    assert status == 1
    assert "✗ MongoDB at MONGODB_URI does not answer." in said
    assert "✗ MASTER_KEY is not set." in said
    assert "✗ SECRET_KEY is not set." in said
    assert "✗ Set RESEND_API_KEY to send mails, or MAIL_BACKEND=outbox" in said
    assert "hunter2" not in said


async def test_a_server_elsewhere_that_refuses_the_password_is_told_without_it(
    settings: Settings, database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONGODB_URI", embedded_uri(settings.data_dir).replace("mongodb://", "mongodb://me:hunter2@"))

    status, said = await asyncio.to_thread(examine, folder)

    assert status == 1
    assert "✗ MongoDB at MONGODB_URI does not let us in. Check user, password and rights." in said
    assert "hunter2" not in said


def test_a_connection_string_that_is_none_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://me:hunter2@somewhere:port/")

    status, said = examine(folder)

    assert status == 1
    assert "✗ MONGODB_URI can't be read as a MongoDB connection string." in said
    assert "hunter2" not in said


@pytest.fixture
def lone_server(tmp_path: Path) -> Iterator[str]:
    """A MongoDB that is no replica set; yields its connection string."""
    socket = tmp_path / "lone.sock"
    (tmp_path / "lone").mkdir()
    command = [str(find_mongod()), "--dbpath", str(tmp_path / "lone"), "--bind_ip", str(socket), "--nounixsocket"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # our own mongod
    give_up_at = time.monotonic() + 20
    while not socket.exists():
        assert process.poll() is None
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
    yield f"mongodb://{quote(str(socket), safe='')}/anonmsg"
    process.terminate()
    process.wait(20)


def test_a_server_without_change_streams_is_told(
    lone_server: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONGODB_URI", lone_server)
    monkeypatch.setenv("MASTER_KEY", OWN_KEY)
    monkeypatch.setenv("SECRET_KEY", OWN_KEY)
    monkeypatch.setenv("MAIL_BACKEND", "outbox")

    status, said = examine(folder)

    assert status == 0
    assert "✓ MongoDB at MONGODB_URI version " in said
    assert "! It is not a replica set: live updates off." in said
    assert OWN_KEY not in said


def test_without_mongod_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def find_none() -> Path:
        raise CannotStart("No mongod was found.")

    monkeypatch.setattr(examining, "find_mongod", find_none)

    assert examine(folder)[0] == 1
    assert "✗ No mongod was found." in examine(folder)[1]


def test_without_node_and_bun_it_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "environment", lambda: {"PATH": ""})

    status, said = examine(folder)

    assert status == 1
    assert "✗ node is missing" in said
    assert "✗ bun is missing" in said


@pytest.mark.parametrize(("version", "mark"), [("v18.19.1", "✗ node 18.19.1 is too old"), ("v22.22.0", "✓ node 22.22")])
def test_an_old_node_is_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, mark: str
) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho {version}\n")
    node.chmod(0o755)
    monkeypatch.setattr(examining, "environment", lambda: {"PATH": str(tmp_path)})

    assert mark in examine(folder)[1]


def test_a_data_folder_that_others_can_read_is_told(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    folder.chmod(0o755)

    status, said = examine(folder)

    assert status == 0
    assert f"! Other users can look into the data folder. Mend it with `chmod 700 {folder}`." in said


def test_a_data_folder_that_is_a_file_is_told(folder: Path) -> None:
    folder.touch()

    status, said = examine(folder)

    assert status == 1
    assert f"✗ The data folder {folder} can't be used." in said


def test_a_full_disk_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(examining, "LITTLE_SPACE", 10**18)

    assert "! Only " in examine(folder)[1]


def test_pages_that_are_not_built_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "is_current", lambda: False)

    status, said = examine(folder)

    assert status == 0
    assert "! The pages are not built, or out of date." in said


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"RATE_LIMITS": "off"}, "! RATE_LIMITS=off"),
        ({"RESEND_API_KEY": "hunter2"}, "! MAIL_FROM is not set."),
        ({"RESEND_API_KEY": "hunter2", "MAIL_FROM": "a@example.org"}, "✓ Mails are sent through Resend"),
        ({"MAIL_BACKEND": "resend"}, "✗ MAIL_BACKEND=resend needs RESEND_API_KEY."),
        ({"PUBLIC_URL": "https://example.org"}, "✓ Links start with https://example.org"),
        ({"PUBLIC_URL": "http://localhost:3000"}, "✓ Links start with http://localhost:3000"),
        ({"PUBLIC_URL": "http://example.org"}, "! Links start with http://example.org. Use https"),
        ({"PUBLIC_URL": "https://example.org"}, "! TRUSTED_PROXY_HOPS is 0, but https needs a proxy in front."),
        ({"LIMITS": '{"send": "hunter2"}'}, '✗ LIMITS: what "send" has is not written like'),
        ({"LIMITS": '{"hunter2": "1/day"}'}, "✗ LIMITS has an unknown scope."),
        ({"SECRET_KEY": "hunter2"}, "✗ SECRET_KEY must be 32 random bytes in base64."),
    ],
)
def test_each_setting_has_its_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], line: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    status, said = examine(folder)

    assert line in said
    assert status == (1 if line.startswith("✗") else 0)
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"PUBLIC_URL": "http://example.org"},
        {"PUBLIC_URL": "https://localhost"},
        {"PUBLIC_URL": "https://example.org", "TRUSTED_PROXY_HOPS": "1"},
        {"PUBLIC_URL": "https://example.org", "RATE_LIMITS": "off"},
    ],
)
def test_where_proxies_are_counted_or_do_not_matter_nothing_is_said_of_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert "TRUSTED_PROXY_HOPS" not in examine(folder)[1]
