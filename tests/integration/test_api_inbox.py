"""The API's routes of an inbox: sending, reading in pages, deleting, opening and closing."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from httpx import AsyncClient

from anonmsg.bootstrap import Services
from anonmsg.models import User
from anonmsg.page_forms import SendPageForm
from anonmsg.schemas import parse
from anonmsg.storage.database import Database
from tests.conftest import FakeClock
from tests.integration.api_client import said
from tests.integration.conftest import People

SENT, NOT_FOUND = "Message sent successfully", "Message not found"
UNKNOWN_ID = "0123456789abcdef01234567"

SignIn = Callable[[str], Awaitable[None]]


@pytest.fixture
def sign_in(api: AsyncClient, people: People) -> SignIn:
    async def sign_in(username: str) -> None:
        api.cookies.clear()
        api.cookies.set("anonmsg", await people.session(username))

    return sign_in


@pytest.fixture
async def alice(people: People) -> User:
    return await people.verified("Alice")


async def send(api: AsyncClient, content: str, username: str = "alice") -> None:
    said(await api.post("/api/send-message", json={"username": username, "content": content}), 201, SENT)


async def contents(api: AsyncClient) -> list[str]:
    return [message["content"] for message in (await api.get("/api/get-messages")).json()["messages"]]


async def test_a_message_arrives_as_it_was_meant(
    api: AsyncClient, alice: User, sign_in: SignIn, clock: FakeClock
) -> None:
    await send(api, "  hello\r\n{“$ne”: ‘e\u0301’} 👩\u200d🚀 \n", "aLICE")
    await sign_in("alice")

    got = said(await api.get("/api/get-messages"), 200, "Here are your messages")

    message = got["messages"][0]
    assert set(message) == {"id", "content", "createdAt"}
    assert message["content"] == "hello\n{“$ne”: ‘é’} 👩\u200d🚀"
    assert message["createdAt"].endswith("Z")
    assert datetime.fromisoformat(message["createdAt"]) == clock.now
    assert got["nextCursor"] is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "Write a message first"),
        (" \u200b\n", "Write a message first"),
        ("a" * 1001, "Message must be at most 1000 characters"),
        ("a\x00b", "Message must not contain control characters"),
    ],
)
async def test_a_bad_message_is_told_what_is_wrong(api: AsyncClient, alice: User, content: str, sentence: str) -> None:
    answer = await api.post("/api/send-message", json={"username": alice.username, "content": content})

    said(answer, 400, sentence)


async def test_a_message_longer_than_its_recipient_wants_is_refused(
    api: AsyncClient, alice: User, people: People, services: Services
) -> None:
    identity = await services.sessions.identify(await people.session("alice"))
    await services.send_pages.change(identity, parse(SendPageForm, {"most_characters": 60}))

    refused = await api.post("/api/send-message", json={"username": "alice", "content": "a" * 61})
    said(refused, 400, "Message must be at most 60 characters")
    await send(api, "a" * 60)


@pytest.mark.parametrize("username", ["nobody", "", "a b", "x" * 3000, "admin", "../alice"])
async def test_a_message_to_nobody_is_not_found(api: AsyncClient, alice: User, username: str) -> None:
    answer = await api.post("/api/send-message", json={"username": username, "content": "hello"})

    said(answer, 404, "User not found")


async def test_an_inbox_is_closed_and_opened(api: AsyncClient, alice: User, sign_in: SignIn) -> None:
    await sign_in("alice")

    for accepts, sentence in ((False, "Messages are not accepted now"), (True, "Messages are accepted now")):
        switched = await api.post("/api/accept-messages", json={"acceptMessages": accepts})
        assert said(switched, 200, sentence) == {"isAcceptingMessages": accepts, "opensAt": None}
        assert said(await api.get("/api/accept-messages"), 200, sentence) == {
            "isAcceptingMessages": accepts,
            "opensAt": None,
        }


async def test_a_closed_inbox_takes_nothing(api: AsyncClient, alice: User, sign_in: SignIn, database: Database) -> None:
    await sign_in("alice")
    await api.post("/api/accept-messages", json={"acceptMessages": False})

    answer = await api.post("/api/send-message", json={"username": "alice", "content": "hello"})

    said(answer, 403, "User is not accepting messages")
    assert await database["messages"].count_documents({}) == 0


@pytest.mark.parametrize("value", [None, 0, 1, "true", "yes", [], {"$ne": None}])
async def test_only_true_and_false_switch_an_inbox(
    api: AsyncClient, alice: User, sign_in: SignIn, value: object
) -> None:
    await sign_in("alice")

    answer = await api.post("/api/accept-messages", json={"acceptMessages": value})

    said(answer, 400, "acceptMessages must be true or false")


async def test_nobody_signed_in_gets_nothing(api: AsyncClient, alice: User, database: Database) -> None:
    await send(api, "hello")

    for method, path, body in (
        ("GET", "session", None),
        ("GET", "accept-messages", None),
        ("POST", "accept-messages", {"acceptMessages": False}),
        ("GET", "get-messages", None),
        ("DELETE", f"delete-message/{UNKNOWN_ID}", None),
    ):
        said(await api.request(method, f"/api/{path}", json=body), 401, "Not authenticated")
    assert await database["messages"].count_documents({"deleted_at": None}) == 1


async def test_an_empty_inbox_says_so(api: AsyncClient, alice: User, sign_in: SignIn) -> None:
    await sign_in("alice")

    got = said(await api.get("/api/get-messages"), 200, "There are no messages")

    assert got == {"messages": [], "nextCursor": None}


async def test_pages_hold_each_message_once_although_all_came_at_the_same_time(
    api: AsyncClient, alice: User, sign_in: SignIn
) -> None:
    for number in range(7):
        await send(api, f"message {number}")
    await sign_in("alice")

    seen, cursor = [], ""
    for _ in range(3):
        page = (await api.get("/api/get-messages", params={"limit": 3, "cursor": cursor})).json()
        seen += [message["content"] for message in page["messages"]]
        cursor = page["nextCursor"]

    assert cursor is None
    assert seen == [f"message {number}" for number in reversed(range(7))]


async def test_a_cursor_stays_true_while_messages_come_and_go(
    api: AsyncClient, alice: User, sign_in: SignIn, clock: FakeClock
) -> None:
    for number in range(6):
        clock.advance(timedelta(seconds=1))
        await send(api, str(number))
    await sign_in("alice")
    everything = (await api.get("/api/get-messages")).json()["messages"]
    first = (await api.get("/api/get-messages", params={"limit": 2})).json()

    clock.advance(timedelta(seconds=1))
    await send(api, "new")
    for gone in (everything[1], everything[3]):  # the last of the first page, the second of the rest
        said(await api.delete(f"/api/delete-message/{gone['id']}"), 200, "Message deleted")
    rest = (await api.get("/api/get-messages", params={"cursor": first["nextCursor"]})).json()

    assert [message["content"] for message in first["messages"]] == ["5", "4"]
    assert [message["content"] for message in rest["messages"]] == ["3", "1", "0"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("limit=0", "Limit must be a number from 1 to 100"),
        ("limit=-1", "Limit must be a number from 1 to 100"),
        ("limit=101", "Limit must be a number from 1 to 100"),
        ("limit=many", "Limit must be a whole number"),
        ("limit=", "Limit must be a whole number"),
        ("limit=1.5", "Limit must be a whole number"),
        ("limit=" + "9" * 5000, "Limit must be a whole number"),
        ("cursor=%00", "This cursor is not valid"),
        ("cursor=" + "a" * 65, "This cursor is not valid"),
        *((f"cursor={cut}", "This cursor is not valid") for cut in ("x", "abc", "found", "A" * 26, "A" * 28)),
        ("page=2", "There is a field that this does not take"),
    ],
)
async def test_a_page_that_can_not_be_is_told_why(
    api: AsyncClient, alice: User, sign_in: SignIn, query: str, sentence: str
) -> None:
    await sign_in("alice")

    said(await api.get(f"/api/get-messages?{query}"), 400, sentence)


async def test_a_made_up_cursor_finds_nothing(api: AsyncClient, alice: User, sign_in: SignIn) -> None:
    await send(api, "hello")
    await sign_in("alice")

    got = said(await api.get(f"/api/get-messages?cursor={'A' * 27}&limit=100"), 200, "There are no messages")

    assert got["messages"] == []


async def test_a_message_that_can_not_be_read_says_so(
    api: AsyncClient, alice: User, sign_in: SignIn, database: Database
) -> None:
    await send(api, "hello")
    await database["messages"].update_one({}, {"$set": {"content": b"x" * 300}})
    await sign_in("alice")

    assert await contents(api) == ["This message can't be read"]


async def test_a_message_is_deleted_once(api: AsyncClient, alice: User, sign_in: SignIn) -> None:
    await send(api, "hello")
    await sign_in("alice")
    path = f"/api/delete-message/{(await api.get('/api/get-messages')).json()['messages'][0]['id']}"

    said(await api.delete(path), 200, "Message deleted")
    assert await contents(api) == []
    said(await api.delete(path), 404, NOT_FOUND)


async def test_somebody_elses_message_is_not_found(
    api: AsyncClient, alice: User, people: People, sign_in: SignIn, database: Database
) -> None:
    await send(api, "hello")
    message = await database["messages"].find_one({})
    assert message is not None
    await people.verified("mallory")
    await sign_in("mallory")

    said(await api.delete(f"/api/delete-message/{message['_id']}"), 404, NOT_FOUND)
    assert await contents(api) == []
    await sign_in("alice")
    assert await contents(api) == ["hello"]


@pytest.mark.parametrize("message_id", [UNKNOWN_ID, "1", "null", "%00", "%FF", "x" * 500, "[$ne]", "%F0%9F%91%A9"])
async def test_an_unknown_message_is_not_found(api: AsyncClient, alice: User, sign_in: SignIn, message_id: str) -> None:
    await sign_in("alice")

    said(await api.delete(f"/api/delete-message/{message_id}"), 404, NOT_FOUND)
