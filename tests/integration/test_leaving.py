"""Deleting an account: nothing is left, whenever it is interrupted, and the name rests for a while."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from anonmsg.bootstrap import Services
from anonmsg.errors import (
    AnonmsgError,
    IncorrectPassword,
    InvalidInput,
    NotAuthenticated,
    TooManyAttempts,
    Unavailable,
    UsernameTaken,
    UserNotFound,
)
from anonmsg.models import User
from anonmsg.schemas import DeleteAccountForm, ForgotForm, MessageForm, NewEmailForm, SignUpForm, parse
from anonmsg.services.leaving import RESERVED_TTL
from anonmsg.storage import traces
from anonmsg.storage.database import INDEXES, Database
from anonmsg.storage.reserved_names import ReservedNameRepository
from anonmsg.storage.traces import OWNED_BY, TraceRepository
from anonmsg.storage.users import UserRepository
from tests.conftest import CLIENT, FakeClock, FakeMailer
from tests.integration.api_client import everything_in
from tests.integration.conftest import PASSWORD, People

NOT_OWNED = {
    "users": "removed last",
    "keys": "removed first",
    "messages": "removed in batches",
    "registrations": "belong to nobody yet, and are gone within a day",
    "reserved_names": "what stays: a name and a date",
    "meta": "about the site",
}
"""Collections that are not wiped together, and why. A new collection is either in `OWNED_BY` or needs a thought."""

Leave = Callable[[], Awaitable[None]]


@pytest.fixture
async def ann(people: People, services: Services, clock: FakeClock) -> User:
    ann = await people.verified("Ann")
    await people.verified("Bob")
    for number, username in enumerate(("ann", "ann", "bob")):
        message = parse(MessageForm, {"username": username, "content": f"to {username}"})
        await services.sharing.send(message, CLIENT, key=f"key-{number}", sender_mark="m" * 22)
        await services.tagging.finish()
    return ann


@pytest.fixture
def leave(services: Services, people: People, ann: User) -> Leave:
    async def leave() -> None:
        identity = await services.sessions.identify(await people.session("ann"))
        await services.leaving.leave(identity, form())

    return leave


def form(password: str = PASSWORD, word: str = "delete") -> DeleteAccountForm:
    return parse(DeleteAccountForm, {"password": password, "word": word})


def belongs_to(user: User, stored: dict[str, list[dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """Return every document in which the user's id is."""
    return [(name, one) for name, found in stored.items() for one in found if ObjectId(user.id) in one.values()]


def test_every_collection_is_either_wiped_or_has_a_reason_not_to_be() -> None:
    assert set(OWNED_BY) | set(NOT_OWNED) == set(INDEXES)
    assert not set(OWNED_BY) & set(NOT_OWNED)


async def test_everything_of_the_person_goes_and_nothing_of_anybody_else(
    services: Services, leave: Leave, ann: User, people: People, database: Database, clock: FakeClock
) -> None:
    from anonmsg.schemas import ConfirmForm

    token = await people.session("ann")
    await services.confirmation.confirm(
        await services.sessions.identify(token), parse(ConfirmForm, {"current_password": PASSWORD})
    )
    await services.emails.start(
        await services.sessions.identify(token), parse(NewEmailForm, {"email": "new@example.org"})
    )
    await services.recovery.request(parse(ForgotForm, {"email": "ann@example.com"}), CLIENT)
    await services.recovery.finish()
    before = await everything_in(database)
    assert {name for name, _ in belongs_to(ann, before)} >= {*OWNED_BY, "users", "keys", "messages"}

    await leave()
    await services.leaving.finished()

    after = await everything_in(database)
    assert belongs_to(ann, after) == []
    assert after["reserved_names"] == [{"_id": "ann", "expires_at": clock.now + RESERVED_TTL}]
    for name in INDEXES.keys() - {"reserved_names"}:
        assert after[name] == [one for one in before[name] if ObjectId(ann.id) not in one.values()]


@pytest.mark.parametrize("owner_does", ["reset the password", "sign out everywhere else", "change the password"])
@pytest.mark.parametrize("step", ["_passwords.verify", "_sessions.get_by_id"])
async def test_a_deletion_that_the_owner_overtakes_deletes_nothing(
    services: Services,
    people: People,
    ann: User,
    mailer: FakeMailer,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    owner_does: str,
) -> None:
    """A thief's deletion may have begun before, and comparing a password takes a while."""
    from anonmsg.schemas import ConfirmForm, NewPasswordForm, ResetForm

    thief, token = await services.sessions.identify(await people.session("ann")), await people.session("ann")
    owner = await services.sessions.identify(token)
    await services.confirmation.confirm(owner, parse(ConfirmForm, {"current_password": PASSWORD}))
    owner = await services.sessions.identify(token)
    await services.recovery.request(parse(ForgotForm, {"email": "ann@example.com"}), CLIENT)
    await services.recovery.finish()
    link = mailer.mails[-1].link.rpartition("/")[2]

    async def overtake() -> None:
        if owner_does == "reset the password":
            reset = parse(ResetForm, {"token": link, "password": "the owner's new one"})
            await services.recovery.reset(reset, CLIENT)
        elif owner_does == "change the password":
            change = parse(NewPasswordForm, {"new_password": "the owner's new one"})
            await services.passwords.change(owner, change, "")
        else:
            await services.sessions.end_others(owner)

    room, name = step.split(".")
    slow: Any = getattr(services.confirmation, room)
    method = getattr(slow, name)

    with monkeypatch.context() as patch:

        async def overtaken(*arguments: Any) -> Any:
            patch.undo()
            answer = await method(*arguments) if step == "_passwords.verify" else None
            await overtake()
            return answer if step == "_passwords.verify" else await method(*arguments)

        patch.setattr(slow, name, overtaken)
        with pytest.raises(NotAuthenticated):
            await services.leaving.leave(thief, form())

    assert await services.inbox.owner(ann.id)


async def test_a_deletion_whose_password_is_replaced_at_the_last_moment_deletes_nothing(
    services: Services, people: People, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = await services.sessions.identify(await people.session("ann"))
    update = services.users.update_leaving

    async def overtaken(*arguments: Any) -> Any:
        await services.users.update_password(ann.id, "another one")
        return await update(*arguments)

    monkeypatch.setattr(services.users, "update_leaving", overtaken)
    with pytest.raises(NotAuthenticated):
        await services.leaving.leave(identity, form())

    assert await services.inbox.owner(ann.id)


async def test_at_once_nobody_is_there_and_nothing_can_be_read(
    services: Services, leave: Leave, ann: User, people: People, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(TraceRepository, "delete_messages", never)
    token = await people.session("ann")

    await leave()

    with pytest.raises(UserNotFound):
        await services.sharing.recipient("ann")
    with pytest.raises(UserNotFound):
        await services.sharing.send(parse(MessageForm, {"username": "ann", "content": "too late"}), CLIENT)
    for identifier in ("ann", "ann@example.com"):
        with pytest.raises(UserNotFound):
            await people.session(identifier)
    with pytest.raises(NotAuthenticated):
        await services.sessions.identify(token)
    with pytest.raises(NotAuthenticated):
        await services.inbox.owner(ann.id)
    with pytest.raises(NotAuthenticated):
        await services.emails.present(ann.id)
    with pytest.raises(NotAuthenticated):
        await services.inbox.set_accepting(ann.id, True)
    assert not await services.users.update_password(ann.id, "x")
    assert await services.users.update_email(ann.id, "x@example.com") is None
    assert await database["keys"].count_documents({"_id": ObjectId(ann.id)}) == 0
    messages = (await services.inbox.list_messages(ann, "", 20)).messages
    assert [message.content for message in messages] == [None, None]
    (marked,) = await database["users"].find({"username_key": "ann"}).to_list()
    assert set(marked) == {"_id", "username", "username_key", "accepts_messages", "created_at", "leaving_at"}
    await services.leaving.close()


async def test_another_password_deletes_nothing_and_tries_are_counted(
    services: Services, ann: User, people: People, database: Database
) -> None:
    identity = await services.sessions.identify(await people.session("ann"))
    before = await everything_in(database)

    tries = await asyncio.gather(
        *(services.leaving.leave(identity, form(f"guess number {n}")) for n in range(20)), return_exceptions=True
    )

    assert sum(isinstance(one, IncorrectPassword) for one in tries) == 5
    assert sum(isinstance(one, TooManyAttempts) for one in tries) == 15
    assert await everything_in(database) == before


@pytest.mark.parametrize("word", ["", "delet", "yes", None, 5, {"$ne": ""}, "delete me"])
def test_without_the_word_nobody_means_it(word: Any) -> None:
    with pytest.raises(InvalidInput):
        form(word=word)


@pytest.mark.parametrize("word", ["delete", " Delete ", "DELETE"])
def test_the_word_counts_in_any_case(word: str) -> None:
    assert form(word=word)


async def test_a_mail_says_goodbye(
    services: Services, leave: Leave, mailer: FakeMailer, caplog: pytest.LogCaptureFixture
) -> None:
    await leave()

    assert (mailer.mails[-1].to, mailer.mails[-1].subject) == ("Ann@example.com", "Your account was deleted")
    mailer.failure = "No mails today."
    assert "ann@" not in caplog.text.lower()


STEPS: list[tuple[type, str]] = [
    (UserRepository, "delete_key"),
    (TraceRepository, "delete_small"),
    (TraceRepository, "delete_messages"),
    (ReservedNameRepository, "add"),
    (UserRepository, "delete_leaving"),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("repository", "step"), STEPS, ids=[step for _, step in STEPS])
async def test_a_deletion_that_was_interrupted_at_any_step_is_finished_later(
    services: Services,
    leave: Leave,
    ann: User,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    repository: type,
    step: str,
    when: str,
) -> None:
    works = getattr(repository, step)

    async def break_off(*arguments: Any) -> None:
        if when == "after":
            await works(*arguments)
        raise Unavailable

    with monkeypatch.context() as broken:
        broken.setattr(repository, step, break_off)
        with contextlib.suppress(Unavailable):
            await leave()
        await services.leaving.finished()
        with pytest.raises(UserNotFound):
            await services.sharing.recipient("ann")
        with pytest.raises(UsernameTaken):
            await services.accounts.check_username("Ann", CLIENT)

    await services.leaving.resume()

    after = await everything_in(database)
    assert belongs_to(ann, after) == []
    assert [one["_id"] for one in after["reserved_names"]] == ["ann"]
    assert [user["username"] for user in after["users"]] == ["Bob"]


async def test_two_processes_that_finish_the_same_deletion_do_no_harm(
    services: Services, leave: Leave, ann: User, database: Database
) -> None:
    user = await services.users.update_leaving(ann.id, services.leaving._clock())
    assert user is not None

    await asyncio.gather(*(services.leaving._clear(user) for _ in range(3)))
    await services.leaving._clear(user)

    assert belongs_to(ann, await everything_in(database)) == []
    assert await database["reserved_names"].count_documents({}) == 1


async def test_many_messages_go_in_batches(
    services: Services, leave: Leave, ann: User, database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "BATCH", 10)
    await services.messages.add_many(ann.id, ((f"message {n}", clock.now) for n in range(95)))

    await leave()
    await services.leaving.finished()

    assert await database["messages"].count_documents({}) == 1


# The name


async def test_the_name_is_reserved_for_thirty_days_and_free_after(
    services: Services, leave: Leave, people: People, clock: FakeClock, ann: User
) -> None:
    await leave()
    await services.leaving.finished()
    sign_up = parse(SignUpForm, {"username": "ANN", "email": "other@example.com", "password": PASSWORD})

    clock.advance(RESERVED_TTL - timedelta(milliseconds=1))
    with pytest.raises(UsernameTaken):
        await services.accounts.check_username("aNN", CLIENT)
    with pytest.raises(UsernameTaken):
        await services.accounts.sign_up(sign_up, CLIENT)
    clock.advance(timedelta(milliseconds=1))
    await services.accounts.check_username("ann", CLIENT)

    assert (await people.verified("ANN", "other@example.com")).id != ann.id


async def test_the_address_is_free_at_once(services: Services, leave: Leave, people: People) -> None:
    await leave()

    assert await people.verified("Anna", "ann@example.com")


async def test_a_sign_up_that_waits_for_its_code_does_not_get_the_name_but_may_take_another(
    services: Services, leave: Leave, people: People, database: Database
) -> None:
    waiting = await people.sign_up("Zoe")
    await people.verified("zoe", "other@example.com")
    identity = await services.sessions.identify(await people.session("zoe"))
    await services.leaving.leave(identity, form())
    await services.leaving.finished()

    for _ in range(7):
        with pytest.raises(UsernameTaken):
            await services.accounts.verify(waiting.registration_id, "Zoe", waiting.code, CLIENT)
    user = await services.accounts.verify(waiting.registration_id, "Zoe2", waiting.code, CLIENT)

    assert user.username == "Zoe2"
    keys = {key["_id"] for key in await database["keys"].find().to_list()}
    assert keys == {one["_id"] for one in await database["users"].find().to_list()}


async def test_whoever_verifies_while_somebody_leaves_never_gets_the_name(
    services: Services, people: People, database: Database
) -> None:
    for number in range(10):
        name = f"race{number}"
        waiting = await people.sign_up(name, f"first{number}@example.com")
        await people.verified(name, f"second{number}@example.com")
        identity = await services.sessions.identify(await people.session(name))

        async def leave(who: Any = identity) -> None:
            await services.leaving.leave(who, form())
            await services.leaving.finished()

        tries: list[Any] = [
            services.accounts.verify(waiting.registration_id, name, waiting.code, CLIENT) for _ in range(5)
        ]
        done = await asyncio.gather(leave(), *tries, return_exceptions=True)

        assert {type(one) for one in done[1:]} == {UsernameTaken}
        assert done[0] is None
        assert await database["users"].count_documents({"username_key": name}) == 0


async def test_somebody_who_left_and_tries_again_is_told_they_are_not_signed_in(
    services: Services, people: People, ann: User
) -> None:
    identity = await services.sessions.identify(await people.session("ann"))
    await services.leaving.leave(identity, form())

    with pytest.raises(AnonmsgError) as refused:
        await services.leaving.leave(identity, form())

    assert isinstance(refused.value, NotAuthenticated)
    await services.leaving.finished()


async def test_an_address_that_cannot_be_read_keeps_nobody_from_leaving(
    services: Services, leave: Leave, ann: User, database: Database, mailer: FakeMailer
) -> None:
    await database["users"].update_one({"_id": ObjectId(ann.id)}, {"$set": {"email": b"\x01nonsense"}})
    sent = len(mailer.mails)

    await leave()
    await services.leaving.finished()

    assert belongs_to(ann, await everything_in(database)) == []
    assert len(mailer.mails) == sent


async def test_a_message_that_was_on_its_way_while_the_others_went_goes_too(
    services: Services, leave: Leave, ann: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    (late,) = await database["messages"].find({"recipient_id": ObjectId(ann.id)}).limit(1).to_list()
    reserve = ReservedNameRepository.add

    async def deliver_late(*arguments: Any) -> None:
        await database["messages"].insert_one({**late, "_id": ObjectId()})
        await reserve(*arguments)

    monkeypatch.setattr(ReservedNameRepository, "add", deliver_late)
    await leave()
    await services.leaving.finished()

    assert belongs_to(ann, await everything_in(database)) == []
