"""Input that no field and no route takes: a clear answer, nothing changed, nothing in the log."""

import json
import logging
from typing import Any

import pytest
from httpx import AsyncClient, Response

from anonmsg.storage.database import Database
from tests.integration.api_client import everything_in
from tests.integration.conftest import PASSWORD, People

TOKEN = "a" * 32
SECRET_TEXT = "s3cret-message-text"
BODIES: dict[str, dict[str, Any]] = {
    "sign-up": {"username": "carol", "email": "carol@example.com", "password": PASSWORD},
    "resend-code": {"registration": TOKEN},
    "verify-code": {"username": "carol", "code": "123456", "registration": TOKEN},
    "sign-in": {"identifier": "alice", "password": PASSWORD},
    "accept-messages": {"acceptMessages": False},
    "send-message": {"username": "alice", "content": SECRET_TEXT},
}
"""A body for each route that takes one, good but for a sign-up that does not exist."""

FIELDS = [(route, field) for route, body in BODIES.items() for field in body]
WRONG_TYPES = [1, -1.5, 10**30, None, [], ["alice"], [[]], {}, {"$ne": None}, {"$gt": ""}, {"a": {"b": [1]}}]
STRANGE_TEXTS = [
    "",
    "\x00",
    "\u200b",
    "\u202e",
    "\x1b[31m",
    "\ud800",
    "a\udfffb",
    "x" * 50_000,
    "{{0}}" * 300,
    "\x07'\"%",
]

RAW_BODIES = {
    "empty": b"",
    "blank": b" ",
    "not JSON": b"username=alice",
    "cut off": b'{"username": "ali',
    "null": b"null",
    "text": b'"alice"',
    "number": b"1e999",
    "array": b"[]",
    "array of objects": b'[{"username": "alice"}]',
    "bad UTF-8": b'{"username": "\xff\xfe"}',
    "UTF-8 surrogates": b'{"username": "\xed\xa0\x80"}',
    "deep arrays": b"[" * 30_000 + b"]" * 30_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "huge number": b'{"username": ' + b"9" * 20_000 + b"}",
    "prototype": b'{"__proto__": {"admin": true}}',
    "surrogate name": b'{"\\ud800": 1}',
}


@pytest.fixture
async def signed_in(api: AsyncClient, people: People, caplog: pytest.LogCaptureFixture) -> AsyncClient:
    """The API, used by Alice, who has a message; the app's own log is kept from here on."""
    await people.verified("alice")
    await api.post("/api/sign-in", json=BODIES["sign-in"])
    await api.post("/api/send-message", json={"username": "alice", "content": "hello"})
    caplog.clear()
    caplog.set_level(logging.DEBUG, "anonmsg")
    return api


async def post(api: AsyncClient, route: str, body: bytes, content_type: str = "application/json") -> Response:
    return await api.post(f"/api/{route}", content=body, headers={"content-type": content_type})


def check(answer: Response, *statuses: int) -> str:
    """Check that an answer is a plain refusal; return its sentence."""
    held = answer.json()
    assert answer.status_code in statuses, held
    assert set(held) == {"success", "message"}
    assert held["success"] is False
    assert 5 < len(held["message"]) < 100
    return held["message"]


def check_log(caplog: pytest.LogCaptureFixture) -> None:
    ours = [record for record in caplog.records if not record.name.startswith("httpx")]
    assert [record.getMessage() for record in ours] == []


@pytest.mark.parametrize(("route", "field"), FIELDS)
async def test_what_a_field_does_not_take_changes_nothing(
    signed_in: AsyncClient, database: Database, caplog: pytest.LogCaptureFixture, route: str, field: str
) -> None:
    before = await everything_in(database)

    for value in WRONG_TYPES:
        answer = await post(signed_in, route, json.dumps({**BODIES[route], field: value}).encode())
        assert "must be" in check(answer, 400)
    for text in STRANGE_TEXTS:
        answer = await post(signed_in, route, json.dumps({**BODIES[route], field: text}).encode())
        sentence = check(answer, 400, 401, 404)
        assert len(text) < 4 or text not in sentence

    assert await everything_in(database) == before
    check_log(caplog)


@pytest.mark.parametrize("route", BODIES)
async def test_what_is_not_a_json_object_changes_nothing(
    signed_in: AsyncClient, database: Database, caplog: pytest.LogCaptureFixture, route: str
) -> None:
    before = await everything_in(database)

    for body in RAW_BODIES.values():
        check(await post(signed_in, route, body), 400)

    assert await everything_in(database) == before
    check_log(caplog)


@pytest.mark.parametrize("route", BODIES)
async def test_a_good_form_in_a_wrong_wrapping_changes_nothing(
    signed_in: AsyncClient, database: Database, caplog: pytest.LogCaptureFixture, route: str
) -> None:
    before, good = await everything_in(database), json.dumps(BODIES[route])
    field, value = next(iter(BODIES[route].items()))

    twice = f"{good[:-1]}, {json.dumps(field)}: {json.dumps(value)}}}"
    assert check(await post(signed_in, route, twice.encode()), 400) == "This is not valid JSON"
    nan = f'{good[:-1]}, "more": NaN}}'
    assert check(await post(signed_in, route, nan.encode()), 400) == "This is not valid JSON"
    assert check(await post(signed_in, route, good.encode("utf-16")), 400) == "This is not valid JSON"
    unknown = json.dumps({**BODIES[route], SECRET_TEXT: "1"})
    assert check(await post(signed_in, route, unknown.encode()), 400) == "There is a field that this does not take"
    not_an_object = "Send a JSON object, with the content type application/json"
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "rubbish"):
        assert check(await post(signed_in, route, good.encode(), content_type), 400) == not_an_object
    assert check(await signed_in.post(f"/api/{route}", data=BODIES[route]), 400) == not_an_object

    assert await everything_in(database) == before
    check_log(caplog)


@pytest.mark.parametrize("route", [*BODIES, "sign-out"])
async def test_a_megabyte_is_too_large(
    signed_in: AsyncClient, database: Database, caplog: pytest.LogCaptureFixture, route: str
) -> None:
    before = await everything_in(database)

    body = json.dumps({**BODIES.get(route, {}), "content": "x" * 2**20}).encode()

    assert check(await post(signed_in, route, body), 413) == "This is too large: at most 64 KB can be sent"
    assert await everything_in(database) == before
    check_log(caplog)


async def test_an_undeclared_megabyte_is_too_large(signed_in: AsyncClient, database: Database) -> None:
    before = await everything_in(database)

    async def chunks():
        yield b'{"username": "alice", "content": "'
        for _ in range(64):
            yield b"x" * 2**14
        yield b'"}'

    answer = await signed_in.post("/api/send-message", content=chunks(), headers={"content-type": "application/json"})

    assert "content-length" not in answer.request.headers
    check(answer, 413)
    assert await everything_in(database) == before


async def test_a_good_form_is_taken_so_the_refusals_above_mean_something(signed_in: AsyncClient) -> None:
    statuses = {route: (await signed_in.post(f"/api/{route}", json=body)).status_code for route, body in BODIES.items()}

    assert statuses == {
        "sign-up": 201,
        "resend-code": 404,
        "verify-code": 404,
        "sign-in": 200,
        "accept-messages": 200,
        "send-message": 403,  # the request before has closed the inbox
    }
