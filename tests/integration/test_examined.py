"""What the database looks at to answer a question: no more than it answers, also while acts on all wait."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from anonmsg.bootstrap import Services
from anonmsg.cursors import encode_cursor
from anonmsg.models import FOLDERS, VIEWS, Action, User, View
from anonmsg.services.sorting import UNDO_GRACE, UNDO_TTL
from anonmsg.storage.database import Database
from anonmsg.storage.messages import BATCH
from tests.conftest import FakeClock
from tests.integration.api_client import connect
from tests.integration.command_log import CommandLog
from tests.integration.conftest import PASSWORD, People
from tests.integration.test_round_trips import _examined, explain, explainable, fill

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


async def act_on_all(services: Services, user: User, clock: FakeClock, acts: Sequence[tuple[View, Action]]) -> User:
    """Act on all of some lists, each as it is shown by then from its middle on; return the owner as stored now."""
    for view, action in acts:
        owner = await services.inbox.owner(user.id)
        listed = (await services.inbox.list_messages(owner, "", COUNT, view)).messages
        await services.sorting.act_on_all(user.id, view, action, encode_cursor(listed[len(listed) // 3].place))
        clock.advance(timedelta(milliseconds=1))
    return await services.inbox.owner(user.id)


PAGE = 20
MOST_AHEAD = 2
"""Of each range that is merged with others one more is looked at than is shown."""

WAITING: list[list[tuple[View, Action]]] = [
    [("inbox", "archive")],
    [("unread", "mark_read")],
    [("inbox", "mark_unread"), ("archived", "delete")],
    [("inbox", "archive"), ("archived", "restore"), ("filtered", "restore")],
    [("unread", "archive"), ("archived", "mark_unread"), ("inbox", "delete"), ("filtered", "mark_read")],
]

STARRED: list[list[tuple[View, Action]]] = [
    [("inbox", "star")],
    [("starred", "delete")],
    [("starred", "unstar"), ("inbox", "mark_unread")],
    [("unread", "archive"), ("starred", "archive"), ("archived", "star")],
]


def named(acts: Sequence[tuple[View, Action]]) -> str:
    return ", ".join(f"{action} {view}" for view, action in acts)


async def costs_of_pages(services: Services, log: CommandLog, owner: User, view: View) -> list[list[tuple[int, int]]]:
    """Go through a list; return what each question of each page looked at."""
    cursor, costs, log.commands = "", list[list[tuple[int, int]]](), []
    while not costs or cursor:
        cursor = (await services.inbox.list_messages(owner, cursor, PAGE, view)).next_cursor
        costs.append(await looked_at(services.database, log))
    return costs


@pytest.mark.parametrize("acts", WAITING, ids=named)
@pytest.mark.parametrize("view", ["inbox", "unread", "archived", "filtered"])
async def test_while_acts_on_all_wait_each_question_of_a_page_costs_no_more_than_its_rows(
    logged: Services, log: CommandLog, bob: User, clock: FakeClock, acts: list[tuple[View, Action]], view: View
) -> None:
    await fill(logged.database, clock, bob.id, deleted=True, same_time=False)
    owner = await act_on_all(logged, bob, clock, acts)

    costs = await costs_of_pages(logged, log, owner, view)

    assert costs
    assert max(max(one) for page in costs for one in page) <= PAGE + 1 + MOST_AHEAD
    assert max(map(len, costs)) <= len(FOLDERS) * (1 + len(acts))


@pytest.mark.parametrize("acts", [*WAITING, *STARRED], ids=named)
@pytest.mark.parametrize("view", VIEWS)
async def test_stars_are_looked_for_among_what_else_lies_there(
    logged: Services, log: CommandLog, bob: User, clock: FakeClock, acts: list[tuple[View, Action]], view: View
) -> None:
    """No index tells the starred of one folder, or those that are not: others between them are passed over."""
    await fill(logged.database, clock, bob.id, deleted=True, same_time=False)
    owner = await act_on_all(logged, bob, clock, acts)

    costs = await costs_of_pages(logged, log, owner, view)

    folders, between = len(FOLDERS), 2
    assert max(max(one) for page in costs for one in page) <= folders * between * (PAGE + 1)


async def test_a_page_of_the_api_costs_no_more_than_its_rows(
    logged: Services, log: CommandLog, bob: User, clock: FakeClock
) -> None:
    await fill(logged.database, clock, bob.id, deleted=True, same_time=False)
    async with connect(logged) as client:
        await client.post("/api/sign-in", json={"identifier": "bob", "password": PASSWORD})
        log.clear()
        answer = await client.get("/api/get-messages")

    looked = await looked_at(logged.database, log)
    assert answer.status_code == 200
    assert looked
    assert max(max(one) for one in looked) <= PAGE + 1


async def test_each_part_of_an_export_costs_no_more_than_its_rows(
    logged: Services, log: CommandLog, bob: User, clock: FakeClock
) -> None:
    await fill(logged.database, clock, bob.id, deleted=True, same_time=False)
    await anext(logged.messages.iterate(bob.id))
    log.clear()

    exported = [message.id async for part in logged.messages.iterate(bob.id) for message in part]

    looked = await looked_at(logged.database, log)
    assert len(exported) == 600
    assert len(looked) == 600 // BATCH + 1
    assert max(keys for keys, _ in looked) <= BATCH + 2 * len(FOLDERS)
    assert max(documents for _, documents in looked) <= BATCH + len(FOLDERS)


async def test_finding_a_burst_costs_no_more_than_what_came_from_there(
    logged: Services, log: CommandLog, bob: User, clock: FakeClock
) -> None:
    for number in range(100):
        message = await logged.messages.add(bob.id, f"{number}", clock.now)
        logged.tagging.note(bob.id, message.id, b"", "a flooder" if number % 4 == 0 else f"somebody {number}")
    await logged.tagging.finish()
    log.clear()

    found = await logged.blocking.burst_of(bob.id, (await logged.inbox.list_messages(bob, "", 100)).messages[3].id)

    log.commands = [command for command in log.commands if "burst_tags" in command.values()]
    looked = await looked_at(logged.database, log)
    assert len(found) == 25
    assert [documents for _, documents in looked] == [1, 25]
    assert max(keys for keys, _ in looked) <= 25 + 2
