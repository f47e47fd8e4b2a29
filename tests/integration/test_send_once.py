"""A message that comes twice with the same key is one message: after a double click, a lost answer, a crash."""

import asyncio
from datetime import timedelta

import pytest
from httpx import AsyncClient, Response

from anonmsg.bootstrap import Services, build_services
from anonmsg.choice_forms import CloseAfterForm
from anonmsg.errors import InboxClosed, TooManyAttempts, Unavailable
from anonmsg.models import User
from anonmsg.schemas import MessageForm, parse
from anonmsg.services.sent_lately import KEPT_TTL, SentLately
from anonmsg.services.sharing import SEND_KEY_TTL
from anonmsg.settings import Settings
from anonmsg.storage.database import DELETED_TTL_SECONDS, Database
from tests.conftest import CLIENT, FakeClock, FakeMailer
from tests.integration.api_client import said
from tests.integration.conftest import SECRETS, People

KEY = "a-key-of-a-form"
SENT = "Message sent successfully"
MOMENT = timedelta(milliseconds=1)


@pytest.fixture
async def bob(people: People) -> User:
    return await people.verified("Bob")


async def send(
    services: Services, content: str = "hi", key: str = KEY, username: str = "bob", network: str = CLIENT
) -> None:
    form = parse(MessageForm, {"username": username, "content": content})
    await services.sharing.send(form, network, key=key)


async def inbox_of(services: Services, user: User) -> list[str | None]:
    return [message.content for message in (await services.inbox.list_messages(user, "", 100)).messages]


async def test_the_same_key_and_text_are_one_message_and_both_tries_succeed(services: Services, bob: User) -> None:
    await send(services)
    await send(services, " hi\r\n", username="BOB")

    assert await inbox_of(services, bob) == ["hi"]


async def test_another_text_another_key_and_no_key_are_other_messages(
    services: Services, bob: User, clock: FakeClock
) -> None:
    for content, key in (("hi", KEY), ("ho", KEY), ("hi", "another"), ("hi", ""), ("hi", "")):
        clock.advance(MOMENT)
        await send(services, content, key)

    assert await inbox_of(services, bob) == ["hi", "hi", "hi", "ho", "hi"]


async def test_the_same_key_for_somebody_else_is_another_message_and_cannot_be_compared(
    services: Services, people: People, bob: User, database: Database
) -> None:
    eve = await people.verified("eve")

    await send(services)
    await send(services, username="eve")

    assert await inbox_of(services, bob) == await inbox_of(services, eve) == ["hi"]
    marks = await database["send_keys"].find().to_list()
    assert len({mark["_id"] for mark in marks}) == 2


@pytest.mark.parametrize("count", [20, pytest.param(150, marks=pytest.mark.evening)])
async def test_of_tries_at_the_same_time_one_is_stored(services: Services, bob: User, count: int) -> None:
    await asyncio.gather(*(send(services, network=f"network {number}") for number in range(count)))

    assert await inbox_of(services, bob) == ["hi"]


async def test_tries_at_the_same_time_fill_an_inbox_that_closes_after_some_only_once(
    services: Services, bob: User
) -> None:
    await services.pausing.close_after(bob.id, parse(CloseAfterForm, {"messages": 2}))

    await asyncio.gather(*(send(services) for _ in range(10)))
    await asyncio.gather(*(send(services, "the last one") for _ in range(10)))  # each hears that it was sent

    assert sorted(await inbox_of(services, bob), key=str) == ["hi", "the last one"]
    with pytest.raises(InboxClosed):
        await send(services, "one too many")


@pytest.mark.parametrize("limit", ["1/minute", "2/minute"])
async def test_a_second_try_of_what_was_sent_succeeds_also_where_the_limit_is_near_or_reached(
    settings: Settings, database: Database, mailer: FakeMailer, clock: FakeClock, bob: User, limit: str
) -> None:
    chosen = settings.model_copy(update={"limits": {"send per client": limit}})
    strict = build_services(chosen, SECRETS, database, mailer, clock, password_cost=4)
    await send(strict)

    await send(strict)
    with pytest.raises(TooManyAttempts):
        await send(strict, "another")
    with pytest.raises(TooManyAttempts):
        await send(strict, key="")

    assert await inbox_of(strict, bob) == ["hi"]


def test_only_some_of_what_was_sent_is_remembered_and_not_for_long(clock: FakeClock) -> None:
    lately = SentLately(most=2)
    for mark in (b"1", b"2", b"2", b"3"):
        lately.note(mark, clock.now)

    known = [lately.holds(mark, clock.now) for mark in (b"1", b"2", b"3")]
    clock.advance(KEPT_TTL)

    assert known == [False, True, True]
    assert not lately.holds(b"3", clock.now)


async def test_after_a_day_it_is_a_new_message_once(services: Services, bob: User, clock: FakeClock) -> None:
    for _ in range(3):
        await send(services)
        clock.advance(SEND_KEY_TTL - MOMENT)
        await send(services)
        clock.advance(MOMENT)
        await asyncio.gather(*(send(services) for _ in range(10)))
        clock.advance(SEND_KEY_TTL)

    assert await inbox_of(services, bob) == ["hi"] * 6


async def test_a_message_that_was_deleted_and_tidied_away_does_not_come_back(
    services: Services, bob: User, clock: FakeClock, database: Database
) -> None:
    await send(services)
    [message] = (await services.inbox.list_messages(bob, "", 1)).messages
    await services.sorting.delete_message(bob.id, message.id)
    await send(services)
    deleted_only = await inbox_of(services, bob)
    clock.advance(timedelta(seconds=DELETED_TTL_SECONDS))
    await database["messages"].delete_many({})  # as the index does by itself
    await send(services)

    assert deleted_only == []
    assert await inbox_of(services, bob) == []


async def test_a_crash_between_message_and_mark_neither_loses_nor_doubles(
    services: Services, bob: User, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    async def crash(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as crashing:
        crashing.setattr(services.sharing._send_keys, "add", crash)
        with pytest.raises(RuntimeError):
            await send(services)
    await send(services)

    assert await inbox_of(services, bob) == ["hi"]
    assert await database["send_keys"].count_documents({}) == 1


async def test_what_is_stored_is_said_to_be_sent_though_its_mark_could_not_be(
    services: Services, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr(services.sharing._send_keys, "add", away)
    await send(services)

    assert await inbox_of(services, bob) == ["hi"]


async def test_a_second_try_succeeds_though_the_inbox_has_closed_since(services: Services, bob: User) -> None:
    await send(services)
    await services.inbox.set_accepting(bob.id, False)

    await send(services)
    with pytest.raises(InboxClosed):
        await send(services, "new")

    assert await inbox_of(services, bob) == ["hi"]


async def test_nothing_readable_is_kept_and_only_for_a_day(
    services: Services, bob: User, database: Database, clock: FakeClock
) -> None:
    await send(services)

    [mark] = await database["send_keys"].find().to_list()
    assert set(mark) == {"_id", "recipient_id", "expires_at"}
    assert len(mark["_id"]) == 32
    assert mark["expires_at"] == clock.now + SEND_KEY_TTL
    assert KEY.encode() not in mark["_id"]
    indexes = await database["send_keys"].index_information()
    assert indexes["ttl"]["expireAfterSeconds"] == 0


# The header of the API


async def post(api: AsyncClient, content: str = "hi", **headers: str) -> Response:
    return await api.post(
        "/api/send-message",
        json={"username": "bob", "content": content},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


async def test_the_api_takes_the_key_as_a_header(api: AsyncClient, services: Services, bob: User) -> None:
    for content in ("hi", "hi", "ho"):
        said(await post(api, content, Idempotency_Key='"8e03978e-40d5-43dd-bc93-6894a57f9324"'), 201, SENT)

    assert sorted(map(str, await inbox_of(services, bob))) == ["hi", "ho"]


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "tab\tbed", "\x7f"])
async def test_a_key_that_is_none_is_refused_and_nothing_is_sent(
    api: AsyncClient, services: Services, bob: User, key: str
) -> None:
    answer = await post(api, Idempotency_Key=key)

    said(answer, 400, "Idempotency-Key must be 1 to 200 visible ASCII characters")
    assert await inbox_of(services, bob) == []


@pytest.mark.parametrize("key", ["!", "~" * 200])
async def test_any_visible_characters_are_a_key(api: AsyncClient, services: Services, bob: User, key: str) -> None:
    for _ in range(2):
        said(await post(api, Idempotency_Key=key), 201, SENT)

    assert await inbox_of(services, bob) == ["hi"]


async def test_twenty_tries_through_the_api_are_one_message(api: AsyncClient, services: Services, bob: User) -> None:
    await asyncio.gather(*(post(api, Idempotency_Key=KEY) for _ in range(20)))

    assert await inbox_of(services, bob) == ["hi"]


async def test_two_keys_in_one_request_are_refused(api: AsyncClient, services: Services, bob: User) -> None:
    answer = await api.post(
        "/api/send-message",
        json={"username": "bob", "content": "hi"},
        headers=[("Idempotency-Key", "one"), ("Idempotency-Key", "two")],
    )

    assert answer.status_code == 400
    assert await inbox_of(services, bob) == []
