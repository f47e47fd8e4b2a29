"""What HTTP asks of the whole API: methods, origins, sizes, faults, and answers that nobody keeps."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import cast

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.routing import Mount

from anonmsg.api.app import create_api
from anonmsg.bootstrap import Services
from anonmsg.errors import AnonmsgError, Busy, Unavailable
from anonmsg.schemas import MessageForm
from anonmsg.services.sharing import Sharing
from anonmsg.storage.database import Database
from tests.integration.api_client import connect, everything_in, said
from tests.integration.conftest import People

MESSAGE = {"username": "alice", "content": "my s3cret text"}
NOT_HERE, WRONG_METHOD = "There is nothing at this address", "This method is not possible here"
FROM_ELSEWHERE = "This request came from another site"


class BrokenSharing:
    """Fails in a given way, with the message in the exception's text."""

    def __init__(self, failure: Exception) -> None:
        self._failure = failure

    async def send(self, form: MessageForm, client: str, key: str = "") -> None:
        try:
            raise self._failure
        except ValueError:
            raise KeyError(form.content) from self._failure


@pytest.fixture
async def broken(services: Services, request: pytest.FixtureRequest) -> AsyncIterator[AsyncClient]:
    sharing = cast(Sharing, BrokenSharing(request.param))
    async with connect(replace(services, sharing=sharing)) as client:
        yield client


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_unknown_address_is_told_so(api: AsyncClient, method: str) -> None:
    for path in ("", "nothing", "sign-in/", "docs", "redoc", "delete-message/", "delete-message/a/b", "u/%00%FF", "/"):
        said(await api.request(method, f"/api/{path}"), 404, NOT_HERE)


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("sign-in", "POST"),
        ("session", "GET, HEAD"),
        ("accept-messages", "GET, HEAD, POST"),
        ("delete-message/1", "DELETE"),
    ],
)
async def test_another_method_is_refused_and_told_which_there_are(api: AsyncClient, path: str, allow: str) -> None:
    for method in ("PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get"):
        request = api.build_request("GET", f"/api/{path}")
        request.method = method  # httpx itself would write it in capitals

        answer = await api.send(request)

        said(answer, 405, WRONG_METHOD)
        assert answer.headers["allow"] == allow


async def test_head_answers_as_get_does(api: AsyncClient) -> None:
    path = "/api/check-username-unique?username=alice"
    get, head = await api.get(path), await api.head(path)

    assert head.status_code == 200
    assert head.headers == get.headers
    assert (await api.head("/api/session")).status_code == 401
    assert (await api.head("/api/sign-in")).status_code == 405


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:3000", None])
async def test_our_own_pages_and_programs_may_send(api: AsyncClient, people: People, origin: str | None) -> None:
    await people.verified("alice")
    headers = {"origin": origin} if origin else {}

    said(await api.post("/api/send-message", json=MESSAGE, headers=headers), 201, "Message sent successfully")


@pytest.mark.parametrize(
    "headers", [{"origin": "null"}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
async def test_other_sites_pages_may_change_nothing(
    api: AsyncClient, people: People, database: Database, headers: dict[str, str]
) -> None:
    await people.verified("alice")
    before = await everything_in(database)

    said(await api.post("/api/send-message", json=MESSAGE, headers=headers), 403, FROM_ELSEWHERE)
    said(await api.post("/api/sign-out", headers=headers), 403, FROM_ELSEWHERE)
    assert await everything_in(database) == before


async def test_no_answer_lets_other_sites_read_it(api: AsyncClient) -> None:
    answer = await api.get("/api/session", headers={"origin": "https://evil.example"})

    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("broken", [RuntimeError("s3cret"), ValueError("s3cret cause")], indirect=True)
async def test_a_bug_is_logged_under_a_number_and_nothing_else_is_told(
    broken: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await broken.post("/api/send-message", json=MESSAGE)

    number = answer.json()["message"].rpartition(" ")[2]
    said(answer, 500, f"Something went wrong. If it happens again, tell us this number: {number}")
    record = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert f"({number})" in record.getMessage()
    assert "sending.py" in record.getMessage()
    assert "Error\n" in record.getMessage()
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("broken", [Unavailable(), Busy()], indirect=True)
async def test_what_is_away_for_a_while_is_said_plainly(broken: AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = await broken.post("/api/send-message", json=MESSAGE)

    assert answer.status_code == 503
    assert answer.json()["message"] in {Unavailable.sentence, Busy.sentence}
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("broken", [AnonmsgError()], indirect=True)
async def test_a_failure_that_nobody_mapped_is_a_fault_of_ours(broken: AsyncClient) -> None:
    answer = await broken.post("/api/send-message", json=MESSAGE)

    said(answer, 500, AnonmsgError.sentence)


async def test_services_are_looked_up_at_each_request(services: Services) -> None:
    running: list[Services] = []
    site = ASGITransport(Starlette(routes=[Mount("/api", create_api(lambda: running[0]))]))

    async with AsyncClient(transport=site, base_url="http://localhost:3000") as api:
        assert (await api.get("/api/session")).status_code == 500
        running.append(services)
        assert (await api.get("/api/session")).status_code == 401
