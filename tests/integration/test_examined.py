"""What the database looks at to answer a question: no more than it answers, also while acts on all wait."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from bson import ObjectId

from anonmsg.bootstrap import Services
from anonmsg.cursors import encode_cursor
from anonmsg.models import FOLDERS, VIEWS, Action, Message, User, View
from anonmsg.services.sorting import UNDO_GRACE, UNDO_TTL
from anonmsg.storage.database import Database
from tests.conftest import FakeClock
from tests.integration.command_log import CommandLog
from tests.integration.conftest import People
from tests.integration.test_round_trips import _examined, explain, explainable, fill, plan_stages

COUNT = 300
OVER = UNDO_TTL + UNDO_GRACE


@pytest.fixture
async def bob(people: People) -> User:
    return await people.verified("bob")


async def looked_at(database: Database, log: CommandLog) -> list[tuple[int, int]]:
    """Return how many keys and documents each noted question looks at, and forget them."""
    questions = [question for command in log.commands if (question := explainable(command))]
    log.clear()
    stats = [await explain(database, question) for question in questions]
    return [(max(_examined(one, "totalKeysExamined")), max(_examined(one, "totalDocsExamined"))) for one in stats]


async def test_settling_looks_at_no_message_that_was_acted_on_before(
    logged: Services, log: CommandLog, bob: User, clock: FakeClock, database: Database
) -> None:
    await logged.messages.add_many(bob.id, (("hi", clock.now - timedelta(seconds=n)) for n in range(COUNT)))
    ids = [message.id for message in (await logged.inbox.list_messages(bob, "", COUNT)).messages]
    await logged.sorting.act_on(bob.id, ids[: COUNT // 2], "star")
    await logged.sorting.act_on(bob.id, ids[COUNT // 2 :], "delete")
    clock.advance(timedelta(minutes=30))
    newest = encode_cursor((await logged.inbox.list_messages(bob, "", 1)).messages[0].place)
    await logged.sorting.act_on_all(bob.id, "archived", "star", newest)
    await logged.sorting.act_on(bob.id, [ids[0]], "delete")
    clock.advance(OVER)
    log.clear()

    await logged.sorting.settle_due()

    log.commands = [command for command in log.commands if "messages" in command.values()]
    looked = await looked_at(database, log)
    assert looked
    assert max(keys for keys, _ in looked) <= 2
    assert max(documents for _, documents in looked) <= 1
