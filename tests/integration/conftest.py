"""A real MongoDB for the whole run, and the real services over it, empty for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from httpx import AsyncClient

from anonmsg import bootstrap
from anonmsg.bootstrap import Secrets, Services
from anonmsg.masterkey import MasterKey
from anonmsg.models import User
from anonmsg.schemas import SignInForm, SignUpForm, parse
from anonmsg.settings import Settings
from anonmsg.storage.database import INDEXES, Database
from anonmsg.storage.embedded import EmbeddedMongo
from anonmsg.tokens import hash_token
from tests.conftest import CLIENT, FakeClock, FakeMailer
from tests.integration.api_client import connect
from tests.integration.command_log import CommandLog, open_logged_database
from tests.integration.state_client import Site, serve

PASSWORD = "correct horse battery"
SECRETS = Secrets(MasterKey(b"m" * 32), b"s" * 32)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(_env_file=None, data_dir=Path(tmp_path_factory.mktemp("mongo")))  # pyright: ignore[reportCallIssue]


@pytest.fixture(scope="session")
def mongod(settings: Settings) -> Iterator[EmbeddedMongo]:
    with EmbeddedMongo(settings.data_dir) as server:
        server.wait_until_primary()
        asyncio.run(_create_indexes(settings))
        yield server


async def _create_indexes(settings: Settings) -> None:
    database = bootstrap.open_database(settings)
    await database.create_indexes()
    # What tests do lies a day back, so the server would tidy it away under them.
    await database.raw.client.admin.command({"setParameter": 1, "ttlMonitorEnabled": False})
    await database.close()


@pytest.fixture
async def database(settings: Settings, mongod: EmbeddedMongo) -> AsyncIterator[Database]:
    """The database, without any document."""
    database = bootstrap.open_database(settings)
    await asyncio.gather(*(database[name].delete_many({}) for name in INDEXES))
    yield database
    await database.close()


@pytest.fixture
async def services(settings: Settings, database: Database, mailer: FakeMailer, clock: FakeClock) -> Services:
    """The services over an empty database, with passwords hashed at the lowest cost."""
    return bootstrap.build_services(settings, SECRETS, database, mailer, clock, password_cost=4)


@pytest.fixture
async def site(services: Services, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """The app's event pipeline over the services, for tabs to connect to."""
    async with serve(services, monkeypatch) as site:
        yield site


@pytest.fixture
def log() -> CommandLog:
    return CommandLog()


@pytest.fixture
async def logged(
    settings: Settings,
    database: Database,
    mailer: FakeMailer,
    clock: FakeClock,
    log: CommandLog,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Services]:
    """Services like those of another process: nothing is in their caches, and every command is noted."""
    database = open_logged_database(settings, log, monkeypatch)
    await database.ping()
    log.clear()
    yield bootstrap.build_services(settings, SECRETS, database, mailer, clock, password_cost=4)
    await database.close()


class People:
    """Makes accounts the way people do."""

    def __init__(self, services: Services, mailer: FakeMailer) -> None:
        self._services = services
        self._mailer = mailer

    async def sign_up(self, username: str, email: str = "", password: str = PASSWORD) -> "SignedUp":
        email = email or f"{username}@example.com"
        form = parse(SignUpForm, {"username": username, "email": email, "password": password})
        started = await self._services.accounts.sign_up(form, CLIENT)
        return SignedUp(started.token, hash_token(started.token), self._mailer.code)

    async def verified(self, username: str, email: str = "", password: str = PASSWORD) -> User:
        waiting = await self.sign_up(username, email, password)
        return await self._services.accounts.verify(waiting.registration_id, username, waiting.code, CLIENT)

    async def session(self, username: str, password: str = PASSWORD) -> str:
        """Return a session token for somebody."""
        form = parse(SignInForm, {"identifier": username, "password": password})
        return await self._services.sessions.sign_in(form, "Firefox on Linux", CLIENT)


class SignedUp(NamedTuple):
    """A sign-up that waits for its code."""

    token: str
    registration_id: str
    code: str


@pytest.fixture
def people(services: Services, mailer: FakeMailer) -> People:
    return People(services, mailer)


@pytest.fixture
async def api(services: Services) -> AsyncIterator[AsyncClient]:
    """A program that talks to the JSON API."""
    async with connect(services) as client:
        yield client
