"""An inbox that is larger than the one at which the best-known app of this kind stops for ever."""

from datetime import timedelta

from anonmsg.bootstrap import Services
from anonmsg.schemas import MessageForm, parse
from tests.conftest import CLIENT, FakeClock
from tests.integration.conftest import People

LIMIT_ELSEWHERE = 64_117
"""Where an array of messages inside the user reaches MongoDB's 16 MB for a document."""


async def test_an_inbox_of_more_than_64117_messages_takes_and_shows_the_next_one(
    services: Services, people: People, clock: FakeClock
) -> None:
    user = await people.verified("ada")
    start = clock() - timedelta(days=1)
    await services.messages.add_many(
        user.id, ((f"Message {number}", start + timedelta(milliseconds=number)) for number in range(LIMIT_ELSEWHERE))
    )

    for text in ("one more", "and another"):
        await services.sharing.send(parse(MessageForm, {"username": "ADA", "content": text}), CLIENT)
        clock.advance(timedelta(seconds=1))
    page = await services.inbox.list_messages(user, "", 3)

    assert [message.content for message in page.messages] == [
        "and another",
        "one more",
        f"Message {LIMIT_ELSEWHERE - 1}",
    ]
