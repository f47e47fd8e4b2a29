"""Claims of docs/security.md that no other test shows by itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import jwt
import pytest
from httpx import AsyncClient

from anonmsg import bootstrap
from anonmsg.bootstrap import Services
from anonmsg.errors import NotAuthenticated
from anonmsg.settings import Settings
from anonmsg.states.send import SendState
from anonmsg.storage.database import INDEXES, Database
from anonmsg.storage.embedded import EmbeddedMongo
from anonmsg.tokens import ALGORITHM
from tests.integration.api_client import everything_in
from tests.integration.conftest import PASSWORD, SECRETS, People
from tests.integration.state_client import Site

UNKNOWN_ID = "0" * 24


@pytest.fixture
async def first_start(tmp_path: Path) -> AsyncIterator[Database]:
    """The database as the very first start of a site leaves it."""
    settings = Settings(_env_file=None, data_dir=tmp_path)  # pyright: ignore[reportCallIssue]
    with EmbeddedMongo(settings.data_dir) as server:
        server.wait_until_primary()
        await bootstrap.prepare(settings)
        database = bootstrap.open_database(settings)
        yield database
        await database.close()


async def test_every_route_that_needs_a_session_is_closed_without_one(
    api: AsyncClient, people: People, database: Database
) -> None:
    await people.verified("ann")
    await api.post("/api/send-message", json={"username": "ann", "content": "hello"})
    before = await everything_in(database)
    paths = (await api.get("/api/openapi.json")).json()["paths"]
    guarded = [
        (method, path) for path, methods in paths.items() for method, route in methods.items() if "security" in route
    ]

    answers = {
        (method, path): await api.request(
            method, "/api" + path.format(message_id=UNKNOWN_ID), json={"acceptMessages": False}
        )
        for method, path in guarded
    }

    assert len(guarded) >= 5
    assert {place: answer.status_code for place, answer in answers.items()} == dict.fromkeys(guarded, 401)
    assert await everything_in(database) == before


@pytest.mark.parametrize("more", ["id", "user_id", "recipient_id", "userId", "is_admin", "accepts_messages", "_id"])
async def test_nobody_names_a_person_or_a_field_that_is_not_theirs_to_choose(
    api: AsyncClient, people: People, database: Database, more: str
) -> None:
    bob = await people.verified("bob")
    await people.verified("ann")
    await api.post("/api/sign-in", json={"identifier": "ann", "password": PASSWORD})
    before = await everything_in(database)
    sign_up = {"username": "eve", "email": "eve@example.com", "password": PASSWORD}

    answers = [
        await api.post("/api/accept-messages", json={"acceptMessages": False, more: bob.id}),
        await api.get("/api/get-messages", params={more: bob.id}),
        await api.post("/api/send-message", json={"username": "bob", "content": "hello", more: UNKNOWN_ID}),
        await api.post("/api/sign-up", json={**sign_up, more: bob.id}),
    ]

    assert [answer.status_code for answer in answers] == [400] * 4
    assert await everything_in(database) == before


async def test_a_token_that_was_signed_for_anything_but_sessions_is_nobody(services: Services, people: People) -> None:
    await people.verified("ann")
    token = await people.session("ann")
    claims = jwt.decode(token, options={"verify_signature": False})

    for key in (SECRETS.secret_key, SECRETS.master_key.secret, SECRETS.master_key.derive("verification code")):
        with pytest.raises(NotAuthenticated):
            await services.sessions.identify(jwt.encode(claims, key, algorithm=ALGORITHM))
    assert (await services.sessions.identify(token)).username == "ann"


async def test_the_first_start_makes_no_account(first_start: Database) -> None:
    filled = {name for name in INDEXES if await first_start[name].count_documents({})}

    assert filled == {"meta"}


async def test_an_address_is_decoded_once(site: Site, people: People) -> None:
    await people.verified("ann")

    once = await site.tab().connect("/u/%61nn")
    twice = await site.tab().connect("/u/%2561nn")

    assert once.see(SendState, "inbox") == "open"
    assert twice.see(SendState, "inbox") == "unknown"
