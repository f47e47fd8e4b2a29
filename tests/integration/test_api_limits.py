"""Limits at the doors of the API: 429 with the time to wait, by network, never by a header that anybody can write."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from httpx import AsyncClient, Response

from anonmsg.bootstrap import Services, build_services
from anonmsg.settings import Settings
from anonmsg.storage.database import Database
from tests.conftest import FakeClock, FakeMailer
from tests.integration.api_client import connect, said
from tests.integration.conftest import PASSWORD, SECRETS, People

TIGHT = {
    "check per client": "2/minute",
    "sign-up per client": "2/minute",
    "verify per client": "2/minute",
    "resend per client": "2/minute",
    "sign-in per client": "2/minute",
}
REQUESTS = {
    "check": ("GET", "check-username-unique?username=somebody", None),
    "sign-up": ("POST", "sign-up", {"username": "ann", "email": "ann@example.com", "password": PASSWORD}),
    "verify": ("POST", "verify-code", {"username": "ann", "code": "123456", "registration": "a" * 32}),
    "verify by name": ("POST", "verify-code", {"username": "nobody_here", "code": "123456"}),
    "resend": ("POST", "resend-code", {"registration": "a" * 32}),
    "sign-in": ("POST", "sign-in", {"identifier": "nobody", "password": PASSWORD}),
}
WAIT = "Please wait 60 seconds and try again."


@pytest.fixture
def tight(settings: Settings, database: Database, mailer: FakeMailer, clock: FakeClock) -> Services:
    chosen = settings.model_copy(update={"limits": TIGHT})
    return build_services(chosen, SECRETS, database, mailer, clock, password_cost=4)


@pytest.fixture
async def program(tight: Services) -> AsyncIterator[AsyncClient]:
    async with connect(tight) as client:
        yield client


async def ask(program: AsyncClient, name: str, **headers: str) -> Response:
    method, path, body = REQUESTS[name]
    return await program.request(method, f"/api/{path}", json=body, headers=headers)


@pytest.mark.parametrize("name", REQUESTS)
async def test_what_comes_too_often_waits(program: AsyncClient, clock: FakeClock, name: str) -> None:
    before = [(await ask(program, name)).status_code for _ in range(2)]
    refused = await ask(program, name)
    clock.advance(timedelta(seconds=int(refused.headers["retry-after"])))
    after = await ask(program, name)

    assert 429 not in before
    said(refused, 429, WAIT)
    assert refused.headers["retry-after"] == "60"
    assert after.status_code == before[0]


async def test_a_code_with_a_name_counts_once(program: AsyncClient) -> None:
    waits = await program.post("/api/sign-up", json=REQUESTS["sign-up"][2])
    assert waits.status_code == 201

    guesses = [{"username": "ann", "code": f"{number:06d}"} for number in range(3)]
    statuses = [(await program.post("/api/verify-code", json=guess)).status_code for guess in guesses]

    assert statuses == [400, 400, 429]


async def test_a_forged_header_makes_nobody_somebody_else(program: AsyncClient) -> None:
    statuses = [
        (
            await ask(program, "check", **{"X-Forwarded-For": f"203.0.{n}.1", "Forwarded": f"for=203.0.{n}.1"})
        ).status_code
        for n in range(4)
    ]

    assert statuses == [200, 200, 429, 429]


async def test_behind_a_proxy_of_ours_each_network_counts_for_itself(tight: Services) -> None:
    behind = replace(tight, settings=tight.settings.model_copy(update={"trusted_proxy_hops": 1}))
    honest = [{"X-Forwarded-For": f"203.0.{n}.1"} for n in range(4)]
    lies = [{"X-Forwarded-For": f"198.51.{n}.1, 192.0.2.9"} for n in range(4)]
    async with connect(behind) as program:
        assert [(await ask(program, "check", **told)).status_code for told in honest] == [200] * 4
        assert [(await ask(program, "check", **told)).status_code for told in lies] == [200, 200, 429, 429]


async def test_a_mailbox_gets_five_mails_an_hour_and_a_sixth_sign_up_leaves_nothing_behind(
    api: AsyncClient, people: People, mailer: FakeMailer, database: Database
) -> None:
    for number in range(5):
        await people.sign_up(f"ann{number}", "ann@example.com")
    form = {"username": "ann5", "email": "Ann@Example.com", "password": PASSWORD}
    refused = await api.post("/api/sign-up", json=form)

    said(refused, 429, "Please wait 60 minutes and try again.")
    assert len(mailer.mails) == 5
    assert await database["registrations"].count_documents({}) == 5
