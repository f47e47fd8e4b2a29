"""`anonmsg seed`: a demo account that is real in every respect, wherever the database is."""

import asyncio
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anonmsg import bootstrap
from anonmsg.bootstrap import Services
from anonmsg.commands import seeding
from anonmsg.commands.building import ROOT
from anonmsg.errors import CannotStart, IncorrectPassword, InvalidInput
from anonmsg.models import Message, User
from anonmsg.schemas import MessageForm, SignInForm, parse
from anonmsg.settings import Settings, encode_secret
from anonmsg.storage.database import Database
from anonmsg.storage.embedded import EmbeddedMongo, embedded_uri, is_running
from tests.conftest import CLIENT
from tests.integration.conftest import SECRETS, People

WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The keys of the services that look at the result; whatever a command sets in the environment is forgotten."""
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), "")
        monkeypatch.delenv(name.upper())
    monkeypatch.setenv("MASTER_KEY", encode_secret(SECRETS.master_key.secret))
    monkeypatch.setenv("SECRET_KEY", encode_secret(SECRETS.secret_key))
    monkeypatch.chdir(tmp_path)


async def seed(data_dir: Path | None, messages: int, username: str = "demo") -> str:
    """Run the command as in a process of its own, and return what it says."""
    said: list[str] = []
    where = str(data_dir) if data_dir else None
    await asyncio.to_thread(seeding.run, username, messages, where, said.append)
    return "\n".join(said)


def password_in(said: str) -> str:
    found = re.search(r"Its password is (\S+)", said)
    assert found, said
    return found[1]


async def inbox_of(services: Services, username: str = "demo") -> tuple[User, list[Message]]:
    user = await services.users.get_by_username(username)
    assert user
    return user, list((await services.messages.list_page(user.id, "", 1000)).messages)


async def test_the_account_is_real_and_its_messages_can_be_read(services: Services, settings: Settings) -> None:
    said = await seed(settings.data_dir, 50)

    form = parse(SignInForm, {"identifier": "Demo", "password": password_in(said)})
    assert await services.sessions.sign_in(form, "Firefox on Linux", CLIENT)
    user, messages = await inbox_of(services)
    assert len(messages) == 50
    for message in messages:
        assert parse(MessageForm, {"username": "demo", "content": message.content}).content == message.content
    assert len({message.content for message in messages}) > 25
    times = [message.created_at for message in messages]
    assert user.created_at <= min(times)
    assert max(times) <= datetime.now(UTC)
    assert times == sorted(set(times), reverse=True)
    assert {message.read_at is None for message in messages if message.created_at > datetime.now(UTC) - WEEK} == {True}
    assert {message.read_at is None for message in messages if message.created_at < datetime.now(UTC) - WEEK} == {False}
    assert "50 of 50 messages" in said
    assert said.endswith("/u/demo")


async def test_nothing_but_the_account_stays_behind(services: Services, database: Database, settings: Settings) -> None:
    await seed(settings.data_dir, 1)

    assert await database["registrations"].count_documents({}) == 0
    stored = await database["messages"].find_one({})
    assert stored
    assert stored.keys() == {
        "_id",
        "recipient_id",
        "content",
        "created_at",
        "read_at",
        "deleted_at",
        "folder",
        "is_read",
        "is_starred",
    }
    assert isinstance(stored["content"], bytes)
    assert len(stored["content"]) % 256 == 1 + 12 + 16


async def test_seeded_again_it_gets_more_messages_and_keeps_its_password(
    services: Services, settings: Settings
) -> None:
    first = await seed(settings.data_dir, 3)
    second = await seed(settings.data_dir, 4, "DEMO")

    _, messages = await inbox_of(services)
    assert len(messages) == 7
    assert "its password is still the one printed when it was made" in second
    form = parse(SignInForm, {"identifier": "demo", "password": password_in(first)})
    assert await services.sessions.sign_in(form, "Firefox on Linux", CLIENT)


async def test_each_account_has_a_password_of_its_own(services: Services, settings: Settings) -> None:
    first, second = await seed(settings.data_dir, 0, "ann"), await seed(settings.data_dir, 0, "ben")

    assert password_in(first) != password_in(second)
    with pytest.raises(IncorrectPassword):
        await services.sessions.sign_in(
            parse(SignInForm, {"identifier": "ann", "password": password_in(second)}), "Firefox on Linux", CLIENT
        )


async def test_somebody_elses_account_is_left_alone(services: Services, people: People, settings: Settings) -> None:
    await people.verified("bob")

    with pytest.raises(CannotStart, match=r"@bob is somebody's own account"):
        await seed(settings.data_dir, 5, "bob")

    assert (await inbox_of(services, "bob"))[1] == []


async def test_a_name_that_nobody_can_have_is_refused(services: Services, settings: Settings) -> None:
    with pytest.raises(InvalidInput, match="special characters"):
        await seed(settings.data_dir, 5, "no name")
    with pytest.raises(CannotStart, match="Choose another --username"):
        await seed(settings.data_dir, 5, "admin")


async def test_it_joins_the_database_of_another_process(services: Services, settings: Settings) -> None:
    command = [sys.executable, "-m", "anonmsg.cli", "seed", "--messages", "5", "--data-dir", str(settings.data_dir)]

    done = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert len((await inbox_of(services))[1]) == 5
    assert is_running(settings.data_dir)


async def test_without_a_running_app_it_starts_the_database_and_stops_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    said = await seed(folder, 12)

    assert "12 of 12 messages" in said
    assert not is_running(folder)
    assert not (folder / "mongod.json").exists()
    with EmbeddedMongo(folder) as server:
        server.wait_until_primary()
        database = Database(embedded_uri(folder))
        assert await database["messages"].count_documents({}) == 12
        await database.close()


async def test_it_fills_a_database_elsewhere(
    services: Services, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONGODB_URI", embedded_uri(settings.data_dir))
    monkeypatch.setenv("MAIL_BACKEND", "outbox")

    await seed(tmp_path / "unused", 6)

    assert len((await inbox_of(services))[1]) == 6
    assert not (tmp_path / "unused").exists()


async def test_another_master_key_than_the_datas_is_refused(
    services: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bootstrap.prepare(settings.model_copy(update={"master_key": None}))  # the data take to the key in the folder

    with pytest.raises(CannotStart, match="The master key does not belong to this data"):
        await seed(settings.data_dir, 1)


@pytest.mark.evening
async def test_a_million_messages_take_less_than_two_minutes(tmp_path: Path) -> None:
    began = datetime.now(UTC)

    said = await seed(tmp_path / "data", 1_000_000)

    assert "1,000,000 of 1,000,000 messages" in said
    assert (datetime.now(UTC) - began).total_seconds() < 120
