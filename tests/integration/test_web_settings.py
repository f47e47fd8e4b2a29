"""The settings page's plain HTTP: the file that is downloaded, and the cookie that changes with the password."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette

from anonmsg import bootstrap
from anonmsg.bootstrap import Services
from anonmsg.errors import NotAuthenticated, Unavailable
from anonmsg.models import User
from anonmsg.schemas import ConfirmForm, MessageForm, NewPasswordForm, parse
from anonmsg.services.confirming import CONFIRMED_TTL
from anonmsg.web.exporting import EXPORT_ROUTES
from anonmsg.web.faults import BrokenOff
from anonmsg.web.session import SESSION_ROUTES
from anonmsg.web.site import wrap
from tests.conftest import CLIENT, FakeClock
from tests.integration.conftest import PASSWORD, People


@pytest.fixture
async def client(services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncClient]:
    for page in ("dashboard", "settings", "sign-in", "__spa-fallback"):
        (tmp_path / f"{page}.html").write_text(f"<html><head></head><body>{page}</body></html>")
    monkeypatch.setattr(bootstrap, "_running", services)
    site = Starlette(routes=[*SESSION_ROUTES, *EXPORT_ROUTES])
    transport = ASGITransport(wrap(site, tmp_path), raise_app_exceptions=True)
    async with AsyncClient(transport=transport, base_url=services.settings.site_url) as client:
        yield client


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


@pytest.fixture
async def token(services: Services, people: People, ann: User, client: AsyncClient) -> str:
    """The cookie of a session in which the password was just typed."""
    token = await people.session("ann")
    client.cookies.set("anonmsg", token)
    form = parse(ConfirmForm, {"current_password": PASSWORD})
    await services.confirmation.confirm(await services.sessions.identify(token), form)
    return token


# The file


@pytest.mark.parametrize(
    ("kind", "media_type"), [("json", "application/json; charset=utf-8"), ("csv", "text/csv; charset=utf-8")]
)
async def test_a_file_comes_as_a_download_that_nobody_keeps(
    client: AsyncClient, services: Services, token: str, kind: str, media_type: str
) -> None:
    await services.sharing.send(parse(MessageForm, {"username": "ann", "content": "hello"}), CLIENT)

    answer = await client.post(f"/export/{kind}")

    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="anonmsg.{kind}"'
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "hello" in answer.text
    assert kind == "csv" or json.loads(answer.text)["isComplete"] is True


async def test_without_a_fresh_confirmation_it_goes_back_to_the_settings(
    client: AsyncClient, token: str, clock: FakeClock
) -> None:
    clock.advance(CONFIRMED_TTL)

    answer = await client.post("/export/json")

    assert (answer.status_code, answer.headers["location"]) == (303, "/settings?export=refused")


async def test_without_a_session_it_goes_to_sign_in(client: AsyncClient, ann: User) -> None:
    answer = await client.post("/export/csv")

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fsettings")


async def test_while_the_database_is_away_it_goes_back_too(
    client: AsyncClient, token: str, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: str) -> None:
        raise Unavailable

    monkeypatch.setattr(services.sessions, "identify", away)

    answer = await client.post("/export/json")

    assert (answer.status_code, answer.headers["location"]) == (303, "/settings?export=refused")


async def test_it_is_never_downloaded_by_a_link_or_by_another_site(client: AsyncClient, token: str) -> None:
    assert (await client.get("/export/json")).status_code == 405
    assert (await client.post("/export/xml")).status_code == 404
    assert (await client.post("/export/json", headers={"origin": "https://evil.example"})).status_code == 403


async def test_one_that_breaks_off_ends_as_a_broken_connection(
    client: AsyncClient, token: str, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr(services.messages, "_read", away)

    with pytest.raises(BrokenOff):
        await client.post("/export/json")


# The cookie


async def test_a_changed_password_brings_another_cookie_and_the_old_session_ends_once_that_is_used(
    client: AsyncClient, services: Services, token: str
) -> None:
    identity = await services.sessions.identify(token)
    form = parse(NewPasswordForm, {"new_password": "another good password"})
    ticket = await services.passwords.change(identity, form, "Firefox on Linux")

    answer = await client.post("/session", content=ticket)

    new = answer.cookies["anonmsg"]
    assert answer.status_code == 200
    assert new != token
    assert await services.sessions.identify(token)
    assert await services.sessions.identify(new)
    with pytest.raises(NotAuthenticated):
        await services.sessions.identify(token)


@pytest.mark.parametrize(
    ("query", "to"),
    [
        ("", "/dashboard"),
        ("?next=%2Fsettings", "/settings"),
        ("?next=https%3A%2F%2Fevil.example", "/dashboard"),
        ("?next=%2F%2Fevil.example", "/dashboard"),
        ("?next=%ff&next=%2Fsettings", "/dashboard"),
    ],
)
async def test_a_tab_that_asks_for_sign_in_although_it_is_signed_in_goes_on_at_once(
    client: AsyncClient, token: str, query: str, to: str
) -> None:
    answer = await client.get(f"/sign-in{query}")

    assert (answer.status_code, answer.headers["location"]) == (303, to)


async def test_sign_in_is_there_for_everybody_else(client: AsyncClient, services: Services, token: str) -> None:
    await services.sessions.sign_out(token)

    assert (await client.get("/sign-in")).status_code != 303
