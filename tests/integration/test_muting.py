"""Muted words: what comes goes to Filtered, what is there is gone through, and nobody who writes learns of it."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from httpx import AsyncClient

from anonmsg import bootstrap
from anonmsg.bootstrap import Services
from anonmsg.choice_forms import MutedForm
from anonmsg.errors import NotAuthenticated
from anonmsg.models import User, View
from anonmsg.schemas import MessageForm, parse
from anonmsg.services import muting as muting_module
from anonmsg.storage.database import Database
from tests.conftest import CLIENT, FakeClock, FakeMailer
from tests.integration.conftest import People


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


async def send(services: Services, content: str) -> None:
    await services.sharing.send(parse(MessageForm, {"username": "ann", "content": content}), CLIENT)


async def fill(services: Services, clock: FakeClock, ann: User, contents: Iterable[str]) -> None:
    await services.messages.add_many(ann.id, [(content, clock()) for content in contents])


async def mute(services: Services, ann: User, *words: str) -> User:
    return await services.muting.change(ann.id, parse(MutedForm, {"muted": "\n".join(words)}).words())


async def contents(services: Services, ann: User, view: View = "inbox") -> set[str | None]:
    page = await services.inbox.list_messages(await services.inbox.owner(ann.id), "", 1000, view)
    return {message.content for message in page.messages}


async def test_a_muted_message_lies_under_filtered_and_no_other_does(services: Services, ann: User) -> None:
    await mute(services, ann, "hate", "go away")

    for content in ("I h4te you", "GO  AWAY!", "that is great", "goaway"):
        await send(services, content)

    assert await contents(services, ann, "filtered") == {"I h4te you", "GO  AWAY!"}
    assert await contents(services, ann) == {"that is great", "goaway"}


async def test_the_sender_gets_the_same_answer(api: AsyncClient, services: Services, ann: User) -> None:
    await mute(services, ann, "hate")

    answers = [
        await api.post("/api/send-message", json={"username": "ann", "content": content})
        for content in ("I hate you", "I like you")
    ]

    said = [(one.status_code, one.content, sorted(set(one.headers) - {"date"})) for one in answers]
    assert said[0] == said[1]
    assert answers[0].status_code == 201


async def test_a_link_does_not_tell_what_is_muted(services: Services, ann: User) -> None:
    await mute(services, ann, "hate")

    assert "hate" not in repr(await services.sharing.recipient("ann"))
    assert (await services.sharing.recipient("ann")).muted == ()
    assert "hate" not in repr(await services.inbox.owner(ann.id))


async def test_words_are_stored_sealed_and_come_back(services: Services, ann: User, database: Database) -> None:
    await mute(services, ann, "hate", "сука 🌷")
    stored = await database["users"].find_one({"_id": ObjectId(ann.id)})

    assert stored
    assert b"hate" not in stored["muted"]
    assert (len(stored["muted"]) - 29) % 256 == 0  # version, nonce and tag; the rest is padded
    assert (await services.inbox.owner(ann.id)).muted == ("hate", "сука 🌷")


async def test_words_of_somebody_else_can_not_be_read(services: Services, people: People, database: Database) -> None:
    ann, bob = await people.verified("Ann"), await people.verified("Bob")
    await mute(services, ann, "hate")
    stored = await database["users"].find_one({"_id": ObjectId(ann.id)})
    assert stored
    await database["users"].update_one({"_id": ObjectId(bob.id)}, {"$set": {"muted": stored["muted"]}})

    assert (await services.inbox.owner(bob.id)).muted == ()
    await services.sharing.send(parse(MessageForm, {"username": "bob", "content": "hate"}), CLIENT)
    assert await contents(services, bob) == {"hate"}


async def test_an_account_that_is_gone_mutes_nothing(services: Services) -> None:
    with pytest.raises(NotAuthenticated):
        await services.muting.change("0" * 24, ("hate",))


# What is there already


async def test_what_is_there_is_gone_through_but_what_is_starred_or_archived(
    services: Services, clock: FakeClock, ann: User
) -> None:
    await fill(services, clock, ann, ["hate 1", "hate starred", "hate archived", "fine"])
    page = await services.inbox.list_messages(ann, "", 10)
    ids = {message.content: message.id for message in page.messages}
    await services.sorting.act_on(ann.id, [ids["hate starred"]], "star")
    await services.sorting.act_on(ann.id, [ids["hate archived"]], "archive")

    before = await mute(services, ann, "hate")
    await services.muting.go_through_due()

    assert before.muting
    assert not before.muting.is_done
    muting = (await services.inbox.owner(ann.id)).muting
    assert muting
    assert (muting.searched, muting.moved, muting.is_done) == (3, 1, True)
    assert await contents(services, ann, "filtered") == {"hate 1"}
    assert await contents(services, ann) == {"hate starred", "fine"}
    assert await contents(services, ann, "archived") == {"hate archived"}


async def test_many_slices_find_everything_once(
    services: Services, clock: FakeClock, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(muting_module, "SLICE", 7)
    await fill(services, clock, ann, [f"hate {n}" if n % 3 == 0 else f"fine {n}" for n in range(100)])

    await mute(services, ann, "hate")
    await services.muting.go_through_due()

    muting = (await services.inbox.owner(ann.id)).muting
    assert muting
    assert (muting.searched, muting.moved, muting.is_done) == (100, 34, True)
    assert len(await contents(services, ann)) == 66


async def test_what_was_interrupted_goes_on_where_it_was(
    services: Services, clock: FakeClock, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(muting_module, "SLICE", 10)
    await fill(services, clock, ann, [f"hate {n}" for n in range(50)])
    await mute(services, ann, "hate")
    moved = services.muting._updates.update_filtered

    async def fail_later(user_id: str, ids: Any) -> int:
        if (await services.inbox.owner(ann.id)).muting.searched >= 20:  # pyright: ignore[reportOptionalMemberAccess]
            raise asyncio.CancelledError
        return await moved(user_id, ids)

    monkeypatch.setattr(services.muting._updates, "update_filtered", fail_later)
    with pytest.raises(asyncio.CancelledError):
        await services.muting.go_through_due()
    halfway = (await services.inbox.owner(ann.id)).muting
    monkeypatch.undo()
    await services.muting.go_through_due()

    assert halfway
    assert (halfway.searched, halfway.is_done) == (20, False)
    muting = (await services.inbox.owner(ann.id)).muting
    assert muting
    assert (muting.searched, muting.moved, muting.is_done) == (50, 50, True)


async def test_the_running_app_goes_through_by_itself(
    services: Services, mailer: FakeMailer, clock: FakeClock, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "SETTLE_INTERVAL", timedelta(milliseconds=10))
    await fill(services, clock, ann, ["hate"])
    await mute(services, ann, "hate")

    moved = asyncio.Event()
    update = services.muting._lists.update_progress

    async def note(*arguments: Any) -> bool:
        done = await update(*arguments)
        moved.set()
        return done

    monkeypatch.setattr(services.muting._lists, "update_progress", note)
    works = bootstrap._works(services, mailer)
    (work,) = (work for work in works if work[1] == services.muting.go_through_due)
    task = asyncio.create_task(bootstrap._again_and_again(*work))
    await asyncio.wait_for(moved.wait(), 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert await contents(services, ann) == set()
    assert await contents(services, ann, "filtered") == {"hate"}


async def test_taking_a_word_off_moves_nothing_and_a_message_moved_back_stays(
    services: Services, clock: FakeClock, ann: User
) -> None:
    await fill(services, clock, ann, ["hate 1", "spam 1"])
    await mute(services, ann, "hate")
    await services.muting.go_through_due()
    page = await services.inbox.list_messages(ann, "", 10, "filtered")
    await services.sorting.act_on(ann.id, [page.messages[0].id], "restore")

    after = await mute(services, ann, "hate", "spam")
    await services.muting.go_through_due()

    assert after.muting
    assert after.muting.words == ("spam",)
    assert await contents(services, ann) == {"hate 1"}
    assert (await mute(services, ann)).muting is None
    await services.muting.go_through_due()
    assert await contents(services, ann, "filtered") == {"spam 1"}


async def test_a_second_list_before_the_first_is_done_forgets_no_word(
    services: Services, clock: FakeClock, ann: User
) -> None:
    await fill(services, clock, ann, ["hate", "spam", "fine"])
    await mute(services, ann, "hate")

    await mute(services, ann, "hate", "spam")
    await services.muting.go_through_due()

    assert await contents(services, ann, "filtered") == {"hate", "spam"}


async def test_it_waits_while_something_is_done_to_a_whole_view(
    services: Services, clock: FakeClock, ann: User
) -> None:
    await fill(services, clock, ann, ["hate", "fine"])
    newest = (await services.inbox.list_messages(ann, "", 1)).next_cursor
    act = await services.sorting.act_on_all(ann.id, "inbox", "archive", newest)
    await mute(services, ann, "hate")

    await services.muting.go_through_due()
    waiting = (await services.inbox.owner(ann.id)).muting
    await services.sorting.undo(ann.id, act)
    await services.muting.go_through_due()

    assert waiting
    assert not waiting.is_done
    assert await contents(services, ann, "filtered") == {"hate"}


async def test_two_processes_count_no_message_twice(services: Services, clock: FakeClock, ann: User) -> None:
    await fill(services, clock, ann, [f"hate {n}" for n in range(450)])
    await mute(services, ann, "hate")

    await asyncio.gather(*(services.muting.go_through_due() for _ in range(3)))
    await services.muting.go_through_due()

    muting = (await services.inbox.owner(ann.id)).muting
    assert muting
    assert muting.is_done
    assert muting.searched <= 450
    assert len(await contents(services, ann, "filtered")) == 450


async def test_a_leaving_person_takes_the_words_along(services: Services, ann: User, database: Database) -> None:
    await mute(services, ann, "hate")

    await services.users.update_leaving(ann.id, services.clock())

    left = await database["users"].find_one({"_id": ObjectId(ann.id)})
    assert left
    assert not {"muted", "muting", "opens_at", "remaining"} & set(left)
    await services.muting.go_through_due()
