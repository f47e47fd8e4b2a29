"""How often each flow asks the database, and that no question makes it read more than it answers."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from anonmsg.bootstrap import Services
from anonmsg.choice_forms import CloseAfterForm, PauseForm
from anonmsg.errors import NotVerified, UsernameTaken, UserNotFound
from anonmsg.models import COUNT_MAX, FOLDERS, VIEWS, Message, MessagePage, View
from anonmsg.page_forms import SendPageForm
from anonmsg.schemas import (
    ClaimForm,
    ConfirmForm,
    DeleteAccountForm,
    EmailCodeForm,
    MessageForm,
    NewEmailForm,
    NewPasswordForm,
    SignInForm,
    SignUpForm,
    VerifyForm,
    parse,
)
from anonmsg.services.sessions import Identity
from anonmsg.storage import messages as stored_messages
from anonmsg.storage.database import Database
from anonmsg.tokens import hash_token
from tests.conftest import CLIENT, FakeClock, FakeMailer
from tests.integration.command_log import CommandLog
from tests.integration.conftest import PASSWORD, People

BOB = {"username": "bob", "content": "hi"}


async def test_a_picture_of_a_link_asks_once(people: People, logged: Services, log: CommandLog) -> None:
    await people.verified("bob")
    log.clear()

    await logged.pictures.get(logged.pictures.card(await logged.sharing.recipient("bob")), "preview")

    assert len(log.commands) == 1


async def test_checking_a_username_asks_once(logged: Services, log: CommandLog) -> None:
    await logged.accounts.check_username("bob", CLIENT)

    assert log.trips == ["aggregate users"]


async def test_a_name_that_the_site_keeps_is_not_looked_up(logged: Services, log: CommandLog) -> None:
    with pytest.raises(UsernameTaken):
        await logged.accounts.check_username("Admin", CLIENT)

    assert log.trips == []


async def test_signing_up_looks_once_and_writes_once(logged: Services, log: CommandLog) -> None:
    await logged.accounts.sign_up(
        parse(SignUpForm, {"username": "bob", "email": "bob@example.com", "password": PASSWORD}), CLIENT
    )

    assert log.trips == ["aggregate users", "insert registrations"]


async def test_verifying_takes_five_trips(people: People, logged: Services, log: CommandLog) -> None:
    waiting = await people.sign_up("bob")

    await logged.accounts.verify(waiting.registration_id, "bob", waiting.code, CLIENT)

    assert log.trips == [
        "findAndModify registrations",
        "insert keys",
        "insert users",
        "find reserved_names",
        "delete registrations",
    ]


async def test_a_new_code_takes_two_trips(people: People, logged: Services, log: CommandLog, clock: FakeClock) -> None:
    waiting = await people.sign_up("bob")
    clock.advance(timedelta(seconds=60))

    await logged.accounts.resend_code(waiting.registration_id, CLIENT)

    assert log.trips == ["findAndModify registrations", "update registrations"]


async def test_signing_in_looks_writes_and_looks_whether_the_password_is_still_the_same(
    people: People, logged: Services, log: CommandLog
) -> None:
    await people.verified("bob")

    await logged.sessions.sign_in(parse(SignInForm, {"identifier": "bob", "password": PASSWORD}), "Firefox", CLIENT)

    assert log.trips == ["find users", "insert sessions", "find users"]


async def test_a_ticket_is_exchanged_in_three_trips(people: People, logged: Services, log: CommandLog) -> None:
    await people.verified("bob")
    form = parse(SignInForm, {"identifier": "bob", "password": PASSWORD})
    ticket = await logged.sessions.sign_in_with_ticket(form, "Firefox", CLIENT)
    log.clear()

    await logged.sessions.exchange(ticket)

    assert log.trips == ["find sessions", "insert sessions", "findAndModify sessions"]


async def test_confirming_takes_two_trips_and_being_confirmed_none(
    people: People, logged: Services, log: CommandLog
) -> None:
    await people.verified("bob")
    token = await people.session("bob")

    identity = await logged.sessions.identify(token)
    log.clear()
    await logged.confirmation.confirm(identity, parse(ConfirmForm, {"current_password": PASSWORD}))
    assert log.trips == ["find users", "update sessions"]

    identity = await logged.sessions.identify(token)
    log.clear()
    logged.confirmation.require(identity)
    assert log.trips == []


async def sending_trips(services: Services, log: CommandLog) -> list[str]:
    """Return the trips that a sender waits for; tags are written afterwards, some at a time."""
    await services.tagging.finish()
    return [trip for trip in log.trips if not trip.endswith("_tags")]


async def test_sending_takes_two_trips_and_one_more_for_a_key_not_used_lately(
    people: People, logged: Services, log: CommandLog
) -> None:
    await people.verified("bob")
    identity = await logged.sessions.identify(await people.session("bob"))
    log.clear()
    await logged.send_pages.change(identity, parse(SendPageForm, {"title": "What bob chose rides along"}))
    assert log.trips == ["update users"]

    log.clear()
    await logged.sharing.send(parse(MessageForm, BOB), CLIENT)
    assert (await sending_trips(logged, log)) == ["find users", "find keys", "insert messages"]

    log.clear()
    await logged.sharing.send(parse(MessageForm, BOB), CLIENT)
    assert (await sending_trips(logged, log)) == ["find users", "insert messages"]


async def test_muted_words_take_no_trip_more_and_a_counted_message_one(
    people: People, services: Services, logged: Services, log: CommandLog
) -> None:
    bob = await people.verified("bob")
    await services.muting.change(bob.id, ("hate",))
    await logged.sharing.send(parse(MessageForm, BOB), CLIENT)
    log.clear()

    await logged.sharing.send(parse(MessageForm, BOB), CLIENT)
    plain = await sending_trips(logged, log)
    log.clear()
    await logged.sharing.send(parse(MessageForm, {**BOB, "content": "I h a t e you"}), CLIENT)
    muted = await sending_trips(logged, log)
    await services.pausing.close_after(bob.id, parse(CloseAfterForm, {"messages": 2}))
    log.clear()
    await logged.sharing.send(parse(MessageForm, BOB), CLIENT)

    assert plain == muted == ["find users", "insert messages"]
    assert (await sending_trips(logged, log)) == ["find users", "update users", "insert messages"]


async def test_a_key_costs_one_trip_more_and_a_second_try_one_in_all(
    people: People, logged: Services, log: CommandLog
) -> None:
    await people.verified("bob")
    await logged.sharing.send(parse(MessageForm, BOB), CLIENT)
    log.clear()

    await logged.sharing.send(parse(MessageForm, BOB), CLIENT, key="a key")
    assert (await sending_trips(logged, log)) == ["aggregate users", "insert messages", "update send_keys"]

    log.clear()
    await logged.sharing.send(parse(MessageForm, BOB), CLIENT, key="a key")
    assert (await sending_trips(logged, log)) == ["aggregate users"]


async def test_tags_are_written_after_the_answer_one_write_a_kind(
    people: People, logged: Services, log: CommandLog
) -> None:
    await people.verified("bob")
    await logged.sharing.send(parse(MessageForm, BOB), CLIENT)
    await logged.tagging.finish()
    log.clear()

    await logged.sharing.send(parse(MessageForm, BOB), CLIENT, sender_mark="m" * 22)
    await logged.tagging.finish()

    assert log.trips[:2] == ["find users", "insert messages"]
    assert sorted(log.trips[2:]) == ["insert burst_tags", "insert sender_tags"]


async def test_what_cannot_be_a_name_is_not_looked_up(logged: Services, log: CommandLog) -> None:
    with pytest.raises(UserNotFound):
        await logged.sharing.send(parse(MessageForm, {"username": "not a name", "content": "hi"}), CLIENT)

    assert log.trips == []


async def test_opening_the_inbox_takes_three_trips_and_one_more_for_a_key_not_used_lately(
    people: People, services: Services, logged: Services, log: CommandLog
) -> None:
    await people.verified("bob")
    token = await people.session("bob")
    for _ in range(25):
        await services.sharing.send(parse(MessageForm, BOB), CLIENT)

    await open_inbox(logged, token)
    assert log.trips == ["find sessions", "find users", "find messages", "find keys"]

    log.clear()
    await open_inbox(logged, token)
    assert log.trips == ["find sessions", "find users", "find messages"]


async def open_inbox(services: Services, token: str) -> MessagePage:
    identity = await services.sessions.identify(token)
    owner = await services.inbox.owner(identity.user_id)
    return await services.inbox.list_messages(owner, "", 20)


async def test_deleting_undoing_and_switching_take_one_trip_each(
    people: People, services: Services, logged: Services, log: CommandLog
) -> None:
    bob = await people.verified("bob")
    await services.sharing.send(parse(MessageForm, BOB), CLIENT)
    message = (await logged.inbox.list_messages(bob, "", 1)).messages[0]
    token = await people.session("bob")
    log.clear()

    await logged.sessions.identify(token)
    act_id = await logged.sorting.delete_message(bob.id, message.id)
    assert log.trips == ["find sessions", "update messages"]

    log.clear()
    await logged.sorting.undo(bob.id, act_id)
    await logged.inbox.set_accepting(bob.id, False)
    assert log.trips == ["find messages", "update messages", "find messages", "update users"]


async def test_a_hundred_senders_at_once_share_each_trip(people: People, logged: Services, log: CommandLog) -> None:
    await people.verified("bob")

    await asyncio.gather(*(logged.sharing.send(parse(MessageForm, BOB), f"network {n}") for n in range(100)))

    assert log.trips.count("find keys") == 1
    assert log.trips.count("find users") + log.trips.count("insert messages") <= 4


# What the database reads


def plan_stages(plan: Mapping[str, Any]) -> Iterator[str]:
    yield plan["stage"]
    for inner in [*plan.get("inputStages", []), *([plan["inputStage"]] if "inputStage" in plan else [])]:
        yield from plan_stages(inner)


def explainable(command: Mapping[str, Any]) -> dict[str, Any] | None:
    """The command without what belongs to its connection, or None if it asks for nothing."""
    name = next(iter(command))
    if name not in {"find", "findAndModify", "update", "delete", "aggregate"}:
        return None
    kept = {
        "find",
        "filter",
        "sort",
        "limit",
        "projection",
        "hint",
        "findAndModify",
        "query",
        "update",
        "new",
        "remove",
    }
    kept |= {"fields", "updates", "delete", "deletes", "aggregate", "pipeline", "cursor"}
    return {key: value for key, value in command.items() if key in kept}


async def explain(database: Database, command: Mapping[str, Any]) -> dict[str, Any]:
    return await database.raw.command("explain", dict(command), verbosity="executionStats")


async def test_every_question_of_every_flow_is_answered_by_an_index(
    people: People, logged: Services, log: CommandLog, clock: FakeClock, database: Database, mailer: FakeMailer
) -> None:
    await use_everything(logged, mailer, clock)
    questions = [question for command in log.commands if (question := explainable(command))]

    assert {next(iter(question)) for question in questions} == {
        "find",
        "findAndModify",
        "update",
        "delete",
        "aggregate",
    }
    for question in questions:
        for plan in winning_plans(await explain(database, question)):
            stages = set(plan_stages(plan))
            assert stages & {"IXSCAN", "IDHACK"}, question
            assert not stages & {"COLLSCAN", "SORT"} or is_small(question), question


def winning_plans(explained: Any) -> list[Mapping[str, Any]]:
    """Every plan in an explanation, those of an aggregation's parts too."""
    if isinstance(explained, list):
        return [plan for part in explained for plan in winning_plans(part)]
    if not isinstance(explained, Mapping):
        return []
    own = [explained["winningPlan"]] if "winningPlan" in explained else []
    return own + [plan for name, part in explained.items() if name != "winningPlan" for plan in winning_plans(part)]


def is_small(question: Mapping[str, Any]) -> bool:
    """Whether what is sorted are one person's sessions, a handful."""
    return question.get("find") == "sessions"


async def use_everything(services: Services, mailer: FakeMailer, clock: FakeClock) -> None:
    """Every method that a page or the API calls, once."""
    accounts, sessions, inbox = services.accounts, services.sessions, services.inbox
    sign_up = {"username": "Bob", "email": "Bob@Example.com", "password": PASSWORD}
    await accounts.check_username("bob", CLIENT)
    started = await accounts.sign_up(parse(SignUpForm, sign_up), CLIENT)
    clock.advance(timedelta(seconds=60))
    await accounts.resend_code(hash_token(started.token), CLIENT)
    await accounts.find_registration(started.token, "bob")
    await accounts.find_by_password(parse(ClaimForm, {"username": "bob", "password": PASSWORD}), CLIENT)
    for identifier in ("bob", "bob@example.com"):
        with pytest.raises(NotVerified):
            await sessions.sign_in(parse(SignInForm, {"identifier": identifier, "password": PASSWORD}), "", CLIENT)
    user = await accounts.verify_form(parse(VerifyForm, {"username": "bob", "code": mailer.code}), CLIENT)
    ticket = await sessions.sign_in_with_ticket(
        parse(SignInForm, {"identifier": "BOB", "password": PASSWORD}), "", CLIENT
    )
    token = await sessions.exchange(ticket)
    await sessions.sign_in(parse(SignInForm, {"identifier": "bob@example.com", "password": PASSWORD}), "", CLIENT)
    clock.advance(timedelta(hours=1))
    await sessions.identify(token)
    await inbox.owner(user.id)
    for _ in range(3):
        await services.sharing.send(parse(MessageForm, BOB), CLIENT)
    page = await inbox.list_messages(user, "", 1)
    await inbox.list_messages(user, page.next_cursor, 1)
    act_id = await services.sorting.delete_message(user.id, page.messages[0].id)
    await services.sorting.undo(user.id, act_id)
    await inbox.set_accepting(user.id, False)
    await use_settings(services, mailer, token)
    await sessions.sign_out(token)


async def use_settings(services: Services, mailer: FakeMailer, token: str) -> None:
    """Every method behind the settings page, once."""
    identify = services.sessions.identify
    await services.confirmation.confirm(await identify(token), parse(ConfirmForm, {"current_password": PASSWORD}))
    await services.send_pages.change(await identify(token), parse(SendPageForm, {"title": "Hello"}))
    await services.send_pages.page(await identify(token))
    await services.emails.start(await identify(token), parse(NewEmailForm, {"email": "new@example.com"}))
    await services.emails.waiting((await identify(token)).user_id)
    await services.emails.finish(await identify(token), parse(EmailCodeForm, {"code": mailer.code}))
    await services.sessions.list_sessions((await identify(token)).user_id)
    await use_choices(services, await identify(token))
    await services.sessions.end_others(await identify(token))
    async for _ in await services.exporting.export(token, "json"):
        pass
    ticket = await services.passwords.change(
        await identify(token), parse(NewPasswordForm, {"new_password": "another good one"}), ""
    )
    token = await services.sessions.exchange(ticket, token)
    form = parse(DeleteAccountForm, {"password": "another good one", "word": "delete"})
    await services.leaving.leave(await identify(token), form)
    await services.leaving.finished()
    await services.leaving.resume()


async def use_choices(services: Services, identity: Identity) -> None:
    """What a recipient may choose for the inbox."""
    until = (services.clock() + timedelta(hours=1)).isoformat()
    await services.pausing.pause(identity.user_id, parse(PauseForm, {"until": until}))
    await services.pausing.close_after(identity.user_id, parse(CloseAfterForm, {"messages": 3}))
    await services.sharing.send(parse(MessageForm, {**BOB, "content": "hate"}), CLIENT)
    await services.inbox.set_accepting(identity.user_id, True)
    await services.inbox.set_coarse_dates(identity.user_id, True)
    await services.muting.change(identity.user_id, ("hi", "hate"))
    await services.muting.go_through_due()


async def fill(database: Database, clock: FakeClock, recipient_id: str, *, deleted: bool, same_time: bool) -> None:
    """Put 300 messages into each folder, every third starred and half of them read; some deleted, if asked for."""
    rows = [
        {
            "_id": ObjectId(),
            "recipient_id": ObjectId(recipient_id),
            "content": b"",
            "created_at": clock.now - timedelta(0 if same_time else number),
            "read_at": None,
            "deleted_at": clock.now if deleted and (number < 50 or 100 <= number < 150) else None,
            "folder": folder,
            "is_read": number % 2 == 0,
            "is_starred": number % 3 == 0,
        }
        for number in range(300)
        for folder in FOLDERS
    ]
    await database["messages"].insert_many(rows)


@pytest.mark.parametrize("deleted", [False, True], ids=["nothing deleted", "100 deleted in between"])
@pytest.mark.parametrize("same_time", [False, True], ids=["each at its own time", "all in the same moment"])
@pytest.mark.parametrize("view", VIEWS)
async def test_a_page_of_a_list_costs_the_database_no_more_than_its_rows_in_both_directions(
    people: People,
    logged: Services,
    log: CommandLog,
    clock: FakeClock,
    database: Database,
    deleted: bool,
    same_time: bool,
    view: View,
) -> None:
    bob, eve = await people.verified("bob"), await people.verified("eve")
    await fill(database, clock, bob.id, deleted=deleted, same_time=same_time)
    await fill(database, clock, eve.id, deleted=deleted, same_time=same_time)
    cursor, down = "", list[Message]()

    async def check() -> None:
        command = log.commands[0]
        log.clear()
        stats = await explain(database, explainable(command) or {})
        stages = set(plan_stages(stats["queryPlanner"]["winningPlan"]))
        assert "IXSCAN" in stages
        assert not stages & {"SORT", "COLLSCAN"}
        assert stats["executionStats"]["totalDocsExamined"] <= 21
        assert stats["executionStats"]["totalKeysExamined"] <= 21

    log.clear()
    while not down or cursor:
        page = await logged.inbox.list_messages(bob, cursor, 20, view)
        await check()
        cursor = page.next_cursor
        down += page.messages
    up = [down[-1]]
    while newer := await logged.inbox.list_newer(bob, up[0].place, 20, view):
        await check()
        up[:0] = newer

    assert [message.id for message in up] == [message.id for message in down]
    assert len(down) == {"unread": 150, "starred": 300}.get(view, 300) - deleted * {"unread": 50, "starred": 99}.get(
        view, 100
    )


@pytest.mark.parametrize("same_time", [False, True])
async def test_each_part_of_an_export_costs_no_more_than_its_messages_however_many_there_are(
    people: People,
    logged: Services,
    log: CommandLog,
    database: Database,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    same_time: bool,
) -> None:
    monkeypatch.setattr(stored_messages, "BATCH", 20)
    bob = await people.verified("Bob")
    await fill(database, clock, bob.id, deleted=False, same_time=same_time)
    log.clear()

    parts = [part async for part in logged.messages.iterate(bob.id, ())]

    reads = [command for command in log.commands if command.get("find") == "messages"]
    assert len(reads) == len(parts) + (len(parts[-1]) == 20)
    for command in reads:
        stats = await explain(database, explainable(command) or {})
        assert "SORT" not in set(plan_stages(stats["queryPlanner"]["winningPlan"]))
        branches = 2 * len(FOLDERS)  # each looks one further, to be merged in order
        assert stats["executionStats"]["totalDocsExamined"] <= 20 + branches
        assert stats["executionStats"]["totalKeysExamined"] <= 20 + branches
    assert len({message.id for part in parts for message in part}) == await database["messages"].count_documents({})


async def test_counting_looks_at_a_bounded_number_of_messages_however_many_there_are(
    people: People, logged: Services, log: CommandLog, clock: FakeClock, database: Database
) -> None:
    bob = await people.verified("bob")
    await logged.messages.add_many(bob.id, (("hi", clock.now - timedelta(seconds=number)) for number in range(3000)))
    log.clear()

    counts = await logged.inbox.count(bob)
    (command,) = log.commands
    stats = await explain(database, explainable(command) or {})

    assert counts == {"inbox": 1000, "unread": 1000, "starred": 0, "archived": 0, "filtered": 0}
    assert sum(_examined(stats, "totalKeysExamined")) <= 2 * COUNT_MAX + 5


def _examined(found: object, name: str) -> Iterator[int]:
    """Yield every number of this name in an explanation."""
    if isinstance(found, Mapping):
        for key, value in found.items():
            if key == name:
                yield value
            yield from _examined(value, name)
    elif isinstance(found, list):
        for value in found:
            yield from _examined(value, name)
