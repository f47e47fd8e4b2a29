"""The sender's side: what a link tells, and what arrives."""

from dataclasses import asdict

import pytest

from anonmsg.bootstrap import Services
from anonmsg.errors import InboxClosed, UserNotFound
from anonmsg.models import PageSettings, User
from anonmsg.schemas import MessageForm, parse
from anonmsg.storage.database import Database
from tests.conftest import CLIENT
from tests.integration.conftest import People


async def send(services: Services, username: str, content: str = "hi") -> None:
    await services.sharing.send(parse(MessageForm, {"username": username, "content": content}), CLIENT)


async def contents(services: Services, user: User) -> list[str | None]:
    page = await services.inbox.list_messages(user, "", 100)
    return [message.content for message in page.messages]


@pytest.mark.parametrize("spelling", ["Bob", "bob", "BOB"])
async def test_a_link_works_in_any_case(services: Services, people: People, spelling: str) -> None:
    bob = await people.verified("Bob")

    recipient = await services.sharing.recipient(spelling)
    await send(services, spelling)

    assert recipient == bob
    assert await contents(services, bob) == ["hi"]


@pytest.mark.parametrize(
    "name", ["nobody", "", "b", "a" * 21, "bob ", "bob\n", "ｂob", "b.b", "$ne", "x" * 100_000, "\x00"]
)
async def test_a_link_of_nobody_is_told_so(services: Services, people: People, database: Database, name: str) -> None:
    await people.verified("bob")

    with pytest.raises(UserNotFound):
        await services.sharing.recipient(name)
    with pytest.raises(UserNotFound):
        await send(services, name)

    assert await database["messages"].count_documents({}) == 0


async def test_who_has_not_verified_has_no_link(services: Services, people: People) -> None:
    await people.sign_up("bob")

    with pytest.raises(UserNotFound):
        await send(services, "bob")


async def test_a_closed_inbox_takes_nothing_until_it_is_opened_again(services: Services, people: People) -> None:
    bob = await people.verified("bob")
    await services.inbox.set_accepting(bob.id, False)

    with pytest.raises(InboxClosed):
        await send(services, "bob", "too early")
    assert not (await services.sharing.recipient("bob")).accepts_messages
    await services.inbox.set_accepting(bob.id, True)
    await send(services, "bob", "in time")

    assert await contents(services, bob) == ["in time"]


@pytest.mark.parametrize(
    "text",
    ["x", "a\nb\tc", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "é" * 1000, "\U0001f600" * 1000, "<b>{$where}</b>"],
)
async def test_a_message_arrives_as_it_was_written(services: Services, people: People, text: str) -> None:
    bob = await people.verified("bob")

    await send(services, "bob", text)

    assert await contents(services, bob) == [text]


async def test_the_same_message_may_come_twice(services: Services, people: People) -> None:
    bob = await people.verified("bob")

    await send(services, "bob")
    await send(services, "bob")

    assert await contents(services, bob) == ["hi", "hi"]


async def test_a_message_reaches_its_recipient_only(services: Services, people: People) -> None:
    bob, eve = await people.verified("bob"), await people.verified("eve")

    await send(services, "bob", "for bob")

    assert await contents(services, bob) == ["for bob"]
    assert await contents(services, eve) == []


async def test_what_a_link_tells_about_a_person_is_little(services: Services, people: People) -> None:
    await people.verified("bob")

    told = asdict(await services.sharing.recipient("bob"))

    nothing = (None, (), False, {}, asdict(PageSettings()))
    assert {name for name, value in told.items() if value not in nothing} == {
        "id",
        "username",
        "accepts_messages",
        "created_at",
    }
    assert told["acts"] == ()
