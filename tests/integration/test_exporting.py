"""The export: complete, exact, safe to open in a spreadsheet, and never complete-looking when it is not."""

import asyncio
import csv
import gc
import io
import json
import re
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from bson import ObjectId
from starlette.routing import Router
from starlette.types import Message as AsgiMessage

from anonmsg import bootstrap, routes
from anonmsg.bootstrap import Services
from anonmsg.cookies import cookie_name
from anonmsg.cursors import encode_cursor
from anonmsg.errors import ExportRunning, NotAuthenticated, PasswordNeeded, Unavailable
from anonmsg.models import BulkAct, Message, User
from anonmsg.page_forms import SendPageForm
from anonmsg.schemas import ConfirmForm, DeleteAccountForm, MessageForm, parse
from anonmsg.services.confirming import CONFIRMED_TTL
from anonmsg.services.exporting import BROKEN_OFF, UNREADABLE, Kind, guard_cell
from anonmsg.storage import messages as stored_messages
from anonmsg.storage.database import Database
from anonmsg.web.exporting import EXPORT_ROUTES
from tests.conftest import CLIENT, FakeClock
from tests.integration.conftest import PASSWORD, People

CONTENTS = (
    "hello",
    "two\nlines\n\nand a third",
    'He said "no", then; left,\twithout a word',
    '=HYPERLINK("http://evil.example")',
    "+1 for you",
    "-1 for me",
    "@SUM(A1)",
    "＝1＋1",
    "\u200b=1+1",
    'nice;=cmd|"/c calc"!A1',
    'nice\n=1+1;"=2+2"',
    "- milk\n- honey",
    "שלום \u202eabc\u202c וגם",
    "🌷 é \u2028 end",
    '],"isComplete":true}',
    "'quoted'",
)
FORMULA = re.compile(r'[\s"\u200b]*[=+\-@＝＋－＠]')


@pytest.fixture
async def ann(people: People, services: Services, clock: FakeClock) -> User:
    ann = await people.verified("Ann")
    await people.verified("Bob")
    await services.sharing.send(parse(MessageForm, {"username": "bob", "content": "only for Bob"}), CLIENT)
    return ann


@pytest.fixture
async def token(services: Services, people: People, ann: User) -> str:
    """A session in which the password was just typed."""
    token = await people.session("ann")
    await confirm(services, token)
    return token


async def confirm(services: Services, token: str) -> None:
    form = parse(ConfirmForm, {"current_password": PASSWORD})
    await services.confirmation.confirm(await services.sessions.identify(token), form)


async def receive(services: Services, clock: FakeClock, *contents: str) -> None:
    for content in contents:
        clock.advance(timedelta(milliseconds=1))
        await services.sharing.send(parse(MessageForm, {"username": "ann", "content": content}), CLIENT)


async def export(services: Services, token: str, kind: Kind) -> str:
    return "".join([piece async for piece in await services.exporting.export(token, kind)])


def rows(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))


async def test_json_holds_exactly_what_is_stored_about_the_person(
    services: Services, token: str, clock: FakeClock, ann: User
) -> None:
    await receive(services, clock, *CONTENTS)
    form = parse(SendPageForm, {"question": "What should I sing?"})
    await services.send_pages.change(await services.sessions.identify(token), form)
    await services.muting.change(ann.id, ("spam", "go away"))

    exported = json.loads(await export(services, token, "json"))

    assert list(exported) == ["exportedAt", "account", "sessions", "messages", "isComplete"]
    assert exported["account"] == {
        "username": "Ann",
        "email": "Ann@example.com",
        "createdAt": ann.created_at.isoformat(timespec="milliseconds"),
        "acceptsMessages": True,
        "page": {
            "title": "",
            "question": "What should I sing?",
            "themes": [],
            "ownPrompts": [],
            "mostCharacters": 1000,
            "accent": "clay",
            "isIndexed": False,
        },
        "opensAt": None,
        "closesAfter": None,
        "mutedWords": ["spam", "go away"],
        "hasCoarseDates": False,
    }
    assert [(one["device"], one["isThisOne"]) for one in exported["sessions"]] == [("Firefox on Linux", True)]
    assert [message["content"] for message in exported["messages"]] == [*reversed(CONTENTS)]
    assert list(exported["messages"][0]) == ["id", "content", "createdAt", "readAt", "folder", "isStarred"]
    assert exported["isComplete"] is True


async def test_messages_that_were_put_aside_are_exported_too(services: Services, token: str) -> None:
    form = parse(MessageForm, {"username": "ann", "content": "buy now"})
    await services.sharing.send(form, CLIENT, "filtered")

    exported = json.loads(await export(services, token, "json"))
    assert [(message["content"], message["folder"]) for message in exported["messages"]] == [("buy now", "filtered")]


async def test_what_is_done_to_all_counts_from_the_moment_when_it_was_asked_for(
    services: Services, token: str, ann: User, clock: FakeClock
) -> None:
    await receive(services, clock, "one", "two")
    newest = encode_cursor((await services.inbox.list_messages(ann, "", 1)).messages[0].place)

    archive = await services.sorting.act_on_all(ann.id, "inbox", "archive", newest)
    archived = json.loads(await export(services, token, "json"))["messages"]
    await services.sorting.undo(ann.id, archive)
    delete = await services.sorting.act_on_all(ann.id, "inbox", "delete", newest)
    deleted = json.loads(await export(services, token, "json"))["messages"]
    await services.sorting.undo(ann.id, delete)
    undone = json.loads(await export(services, token, "json"))["messages"]

    assert {message["folder"] for message in archived} == {"archived"}
    assert deleted == []
    assert {message["folder"] for message in undone} == {"inbox"}


async def test_csv_holds_the_messages_and_reads_back(services: Services, token: str, clock: FakeClock) -> None:
    await receive(services, clock, *CONTENTS)

    head, *found = rows(await export(services, token, "csv"))

    assert head == ["id", "content", "createdAt", "readAt", "folder", "isStarred"]
    assert [row[1] for row in found] == [guard_cell(content) for content in reversed(CONTENTS)]
    assert [row[1] for row in found if row[1] in CONTENTS] == [
        content for content in reversed(CONTENTS) if not re.search(r'(^|[;\n])[\s"\u200b]*[=+\-@＝＋－＠]', content)
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
async def test_no_cell_of_the_csv_is_a_formula_whichever_way_a_spreadsheet_splits_it(
    services: Services, token: str, clock: FakeClock, delimiter: str
) -> None:
    await receive(services, clock, *CONTENTS)

    text = await export(services, token, "csv")

    cells = [cell for row in rows(text, delimiter) for cell in row]
    assert len(cells) > len(CONTENTS)
    assert [cell for cell in cells if FORMULA.match(cell)] == []


@pytest.mark.parametrize("text", ["\n" * 1000, ";" * 1000 + "=", '"' * 1000, "\u200b" * 1000, "=" * 1000])
def test_guarding_takes_no_longer_for_a_hostile_text(text: str) -> None:
    import time

    started = time.process_time()
    for _ in range(100):
        guard_cell(text)

    assert time.process_time() - started < 0.25  # a quadratic one takes seconds


async def test_what_cannot_be_read_says_so(
    services: Services, token: str, clock: FakeClock, ann: User, database: Database
) -> None:
    await receive(services, clock, "readable", "spoiled")
    query = {"recipient_id": ObjectId(ann.id)}
    (newest, _) = await database["messages"].find(query).sort("created_at", -1).to_list()
    await database["messages"].update_one({"_id": newest["_id"]}, {"$set": {"content": b"\x01nonsense"}})

    exported = json.loads(await export(services, token, "json"))["messages"]
    spoiled, readable = rows(await export(services, token, "csv"))[1:]

    assert (exported[0]["content"], exported[0]["note"]) == (None, UNREADABLE)
    assert (exported[1]["content"], "note" in exported[1]) == ("readable", False)
    assert (spoiled[1], readable[1]) == (UNREADABLE, "readable")


async def test_deleted_messages_and_those_of_others_are_not_in_it(
    services: Services, token: str, clock: FakeClock, ann: User
) -> None:
    await receive(services, clock, "kept", "deleted")
    page = await services.inbox.list_messages(ann, "", 1)
    await services.sorting.delete_message(ann.id, page.messages[0].id)

    for kind in ("json", "csv"):
        text = await export(services, token, kind)
        assert "kept" in text
        assert "deleted" not in text
        assert "Bob" not in text


async def test_an_empty_inbox_is_exported_too(services: Services, token: str) -> None:
    assert json.loads(await export(services, token, "json"))["messages"] == []
    assert len(rows(await export(services, token, "csv"))) == 1


async def test_more_than_one_batch_comes_complete_and_in_order(
    services: Services, token: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_messages, "BATCH", 3)
    contents = [f"message {number}" for number in range(20)]
    await receive(services, clock, *contents)

    exported = json.loads(await export(services, token, "json"))["messages"]

    assert [message["content"] for message in exported] == contents[::-1]
    assert [row[1] for row in rows(await export(services, token, "csv"))[1:]] == contents[::-1]


async def test_without_a_fresh_confirmation_there_is_none(
    services: Services, people: People, token: str, clock: FakeClock
) -> None:
    with pytest.raises(PasswordNeeded):
        await services.exporting.export(await people.session("ann"), "json")
    clock.advance(CONFIRMED_TTL)
    with pytest.raises(PasswordNeeded):
        await services.exporting.export(token, "json")
    with pytest.raises(NotAuthenticated):
        await services.exporting.export("nonsense", "json")


async def test_one_at_a_time_and_the_next_when_it_is_done_or_given_up(services: Services, token: str) -> None:
    first = await services.exporting.export(token, "json")
    await anext(first)

    with pytest.raises(ExportRunning):
        await services.exporting.export(token, "csv")
    await first.aclose()

    assert await export(services, token, "csv")


async def test_of_many_that_are_asked_for_together_one_begins(services: Services, token: str) -> None:
    asked = await asyncio.gather(*(services.exporting.export(token, "json") for _ in range(20)), return_exceptions=True)

    begun = [one for one in asked if not isinstance(one, BaseException)]
    assert len(begun) == 1
    assert [type(one) for one in asked if one not in begun] == [ExportRunning] * 19
    with pytest.raises(ExportRunning):
        await services.exporting.export(token, "json")
    assert json.loads("".join([piece async for piece in begun[0]]))["isComplete"] is True
    assert await export(services, token, "csv")


@pytest.mark.parametrize("way", ["closed", "forgotten"])
async def test_one_that_nobody_reads_keeps_no_place(services: Services, token: str, way: str) -> None:
    unread = await services.exporting.export(token, "json")
    if way == "closed":
        await unread.aclose()
    del unread
    gc.collect()
    await asyncio.sleep(0)  # the loop closes what was forgotten

    assert await export(services, token, "csv")


async def test_a_browser_that_is_gone_before_the_first_piece_keeps_no_place(
    services: Services, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def receive() -> AsgiMessage:
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def gone(_: AsgiMessage) -> None:
        raise OSError("gone")

    monkeypatch.setattr(bootstrap, "_running", services)
    path = routes.export_file("json")
    cookie = f"{cookie_name(services.settings)}={token}".encode()
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": [(b"cookie", cookie)]}
    with pytest.raises(OSError, match="gone") as kept:
        await Router(EXPORT_ROUTES)(scope, receive, gone)

    assert await export(services, token, "csv")
    assert kept.tb, "which still holds all that was begun, so that the garbage collector has ended nothing"


async def fail_after(services: Services, monkeypatch: pytest.MonkeyPatch, error: Exception, batches: int = 1) -> None:
    iterate = services.messages.iterate

    async def break_off(recipient_id: str, acts: Sequence[BulkAct]) -> AsyncIterator[Sequence[Message]]:
        number = 0
        async for batch in iterate(recipient_id, acts):
            if number == batches:
                raise error
            yield batch
            number += 1

    monkeypatch.setattr(services.messages, "iterate", break_off)


@pytest.mark.parametrize("kind", ["json", "csv"])
@pytest.mark.parametrize("reason", ["database away", "signed out", "left"])
async def test_what_broke_off_does_not_look_complete(
    services: Services,
    token: str,
    clock: FakeClock,
    ann: User,
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    reason: str,
) -> None:
    monkeypatch.setattr(stored_messages, "BATCH", 2)
    await receive(services, clock, *(f"message {number}" for number in range(6)))
    if reason == "database away":
        await fail_after(services, monkeypatch, Unavailable())
    identity, pieces, text = await services.sessions.identify(token), await services.exporting.export(token, kind), ""

    async def read() -> None:
        nonlocal text
        is_first = True
        async for piece in pieces:
            text += piece
            if is_first and reason == "signed out":
                await services.sessions.sign_out(token)
            if is_first and reason == "left":
                await services.leaving.leave(
                    identity, parse(DeleteAccountForm, {"password": PASSWORD, "word": "delete"})
                )
            is_first = False

    with pytest.raises((Unavailable, NotAuthenticated)):
        await read()
    await services.leaving.finished()

    if kind == "json":
        with pytest.raises(json.JSONDecodeError):
            json.loads(text)
    else:
        assert rows(text)[-1] == [BROKEN_OFF]
