"""The API's routes for signing in and out, and cookies that somebody made up."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from http.cookies import SimpleCookie

import jwt
import pytest
from httpx import AsyncClient, Response

from anonmsg.bootstrap import Services
from anonmsg.storage.database import Database
from anonmsg.tokens import SessionClaims, SessionTokens
from tests.conftest import FakeClock
from tests.integration.api_client import connect, said
from tests.integration.conftest import PASSWORD, SECRETS, People

SIGNED_IN, SIGNED_OUT, NOBODY = "Signed in successfully", "Signed out successfully", "Not authenticated"
KEY = hmac.digest(SECRETS.secret_key, b"anonmsg/v1/session token", hashlib.sha256)


async def sign_in(api: AsyncClient, identifier: str, password: str = PASSWORD) -> Response:
    return await api.post("/api/sign-in", json={"identifier": identifier, "password": password})


async def ask_with(api: AsyncClient, cookie: str) -> Response:
    return await api.get("/api/session", headers={"cookie": cookie})


@pytest.mark.parametrize("identifier", ["alice", "ALICE", "alice@example.com", " Alice@Example.COM "])
async def test_name_or_address_in_any_case_signs_in(api: AsyncClient, people: People, identifier: str) -> None:
    user = await people.verified("Alice", "alice@example.com")

    assert said(await sign_in(api, identifier), 200, SIGNED_IN) == {}
    session = said(await api.get("/api/session"), 200, "Signed in as Alice")
    assert session == {"userId": user.id, "username": "Alice", "isVerified": True} | {
        "isAcceptingMessages": True,
        "opensAt": None,
    }


async def test_the_session_is_read_fresh(api: AsyncClient, people: People, services: Services) -> None:
    user = await people.verified("alice")
    await sign_in(api, "alice")
    await services.inbox.set_accepting(user.id, False)

    assert (await api.get("/api/session")).json()["isAcceptingMessages"] is False


async def test_signing_in_says_what_is_wrong(api: AsyncClient, people: People) -> None:
    await people.verified("alice")
    await people.sign_up("bob")

    said(await sign_in(api, "nobody"), 401, "User not found")
    said(await sign_in(api, "alice", "another password"), 401, "Incorrect password")
    said(await sign_in(api, "bob"), 403, "Please verify your account before login")
    said(await sign_in(api, "alice", ""), 400, "Enter your password")
    assert not api.cookies


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(api: AsyncClient, people: People) -> None:
    await people.verified("alice")

    cookie = SimpleCookie((await sign_in(api, "alice")).headers["set-cookie"])["anonmsg"]

    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/")
    assert (cookie["max-age"], cookie["secure"], cookie["domain"]) == (str(30 * 24 * 3600), "", "")


async def test_under_https_the_cookie_is_secure_and_bound_to_the_host(services: Services, people: People) -> None:
    await people.verified("alice")
    settings = services.settings.model_copy(update={"public_url": "https://anonmsg.example"})

    async with connect(replace(services, settings=settings)) as api:
        cookie = SimpleCookie((await sign_in(api, "alice")).headers["set-cookie"])["__Host-anonmsg"]
        said(await api.get("/api/session"), 200, "Signed in as alice")

    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")


async def test_the_device_label_holds_nothing_of_the_user_agent(
    api: AsyncClient, people: People, database: Database
) -> None:
    await people.verified("alice")
    api.headers["user-agent"] = "Mozilla/5.0 (Linux; secret) Firefox/999.1"
    await sign_in(api, "alice")

    session = await database["sessions"].find_one({})
    assert session is not None
    assert session["device"] == "Firefox on Linux"


async def test_signing_in_again_ends_the_session_before(api: AsyncClient, people: People, database: Database) -> None:
    await people.verified("alice")
    await sign_in(api, "alice")
    before = api.cookies["anonmsg"]
    await sign_in(api, "alice")

    said(await api.get("/api/session"), 200, "Signed in as alice")
    said(await ask_with(api, f"anonmsg={before}"), 401, NOBODY)
    assert await database["sessions"].count_documents({}) == 1


async def test_a_failed_sign_in_keeps_the_session(api: AsyncClient, people: People) -> None:
    await people.verified("alice")
    await sign_in(api, "alice")
    await sign_in(api, "alice", "another password")

    said(await api.get("/api/session"), 200, "Signed in as alice")


async def test_signing_out_ends_the_session_and_removes_the_cookie(api: AsyncClient, people: People) -> None:
    await people.verified("alice")
    await sign_in(api, "alice")
    token = api.cookies["anonmsg"]

    answer = await api.post("/api/sign-out")

    said(answer, 200, SIGNED_OUT)
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert not api.cookies
    said(await ask_with(api, f"anonmsg={token}"), 401, NOBODY)


async def test_signing_out_without_a_session_is_fine(api: AsyncClient) -> None:
    said(await api.post("/api/sign-out"), 200, SIGNED_OUT)
    said(await api.post("/api/sign-out", headers={"cookie": "anonmsg=rubbish"}), 200, SIGNED_OUT)


def _changed_signature(token: str) -> str:
    return token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]


def _algorithm_none(token: str) -> str:
    return jwt.encode(jwt.decode(token, options={"verify_signature": False}), "", algorithm="none")


def _other_key(token: str) -> str:
    return jwt.encode(jwt.decode(token, options={"verify_signature": False}), b"x" * 32, algorithm="HS256")


def _other_algorithm(token: str) -> str:
    return jwt.encode(jwt.decode(token, options={"verify_signature": False}), KEY * 2, algorithm="HS512")


def _no_expiry(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    del claims["exp"]
    return jwt.encode(claims, KEY, algorithm="HS256")


def _not_a_token(_token: str) -> str:
    return "ü.\x7f.{}"


@pytest.mark.parametrize(
    "forge", [_changed_signature, _algorithm_none, _other_key, _other_algorithm, _no_expiry, _not_a_token]
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_a_forged_cookie_is_nobody(api: AsyncClient, people: People, forge: Callable[[str], str]) -> None:
    await people.verified("alice")
    token = await people.session("alice")
    said(await ask_with(api, f"anonmsg={token}"), 200, "Signed in as alice")

    answer = await api.get("/api/session", headers=[(b"cookie", f"anonmsg={forge(token)}".encode("latin-1"))])

    said(answer, 401, NOBODY)


async def test_somebody_elses_session_in_a_token_of_ours_is_nobody(
    api: AsyncClient, people: People, clock: FakeClock
) -> None:
    await people.verified("alice")
    mallory = await people.verified("mallory")
    session_id = jwt.decode(await people.session("alice"), options={"verify_signature": False})["sid"]
    claims = SessionClaims(mallory.id, "mallory", session_id)
    token = SessionTokens(KEY).sign(claims, clock(), clock() + timedelta(days=1))

    said(await ask_with(api, f"anonmsg={token}"), 401, NOBODY)


@pytest.mark.parametrize(("days", "seen"), [(14, False), (30, True)])
async def test_a_session_ends_when_idle_for_two_weeks_and_after_a_month_anyway(
    api: AsyncClient, people: People, clock: FakeClock, days: int, seen: bool
) -> None:
    await people.verified("alice")
    cookie = f"anonmsg={await people.session('alice')}"
    for _ in range(days - 1):
        clock.advance(timedelta(days=1))
        if seen:
            said(await ask_with(api, cookie), 200, "Signed in as alice")
    clock.advance(timedelta(days=1))

    said(await ask_with(api, cookie), 401, NOBODY)


async def test_a_neighbours_odd_cookie_does_not_hide_the_session(api: AsyncClient, people: People) -> None:
    await people.verified("alice")
    token = await people.session("alice")

    answer = await ask_with(api, f'their[x]={{"a": "b c"}}; flag; anonmsg={token}; last=1')

    said(answer, 200, "Signed in as alice")
