"""Folders: what is put aside is kept, found under Filtered, and stays out of the inbox everywhere."""

import pytest
from bson import ObjectId
from httpx import AsyncClient

from anonmsg.bootstrap import Services
from anonmsg.models import Folder, User
from anonmsg.rules import PAGE_SIZE
from anonmsg.schemas import MessageForm, parse
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.live_updates import deliver
from anonmsg.storage.changes import MessageShown
from anonmsg.storage.database import BEFORE_FOLDERS, Database
from tests.conftest import CLIENT
from tests.integration.conftest import PASSWORD, People
from tests.integration.state_client import Site, Tab

OLD_KEYS = [("recipient_id", 1), ("deleted_at", 1), ("created_at", -1), ("_id", -1)]


@pytest.fixture
async def ann(people: People, services: Services) -> User:
    """Somebody with one good message and one that was put aside."""
    ann = await people.verified("Ann")
    await send(services, "good")
    await send(services, "spam", "filtered")
    return ann


@pytest.fixture
async def tab(site: Site, people: People, ann: User) -> Tab:
    return await site.tab(await people.session("ann")).connect("/dashboard")


async def send(services: Services, content: str, folder: Folder = "inbox", to: str = "ann") -> None:
    await services.sharing.send(parse(MessageForm, {"username": to, "content": content}), CLIENT, folder)


def shown(tab: Tab) -> tuple[str, list[str]]:
    folder, messages = tab.see(DashboardState, "view", "messages")
    return folder, [row["content"] for row in messages]


async def open_folder(tab: Tab, folder: object) -> tuple[str, list[str]]:
    return shown(await tab.call(DashboardState, "open_view", view=folder))


async def test_each_folder_shows_its_own(tab: Tab) -> None:
    assert shown(tab) == ("inbox", ["good"])
    assert await open_folder(tab, "filtered") == ("filtered", ["spam"])
    assert await open_folder(tab, "inbox") == ("inbox", ["good"])


async def test_refreshing_stays_in_the_folder(tab: Tab, services: Services) -> None:
    await open_folder(tab, "filtered")
    await send(services, "more spam", "filtered")
    await tab.call(DashboardState, "load")

    assert shown(tab) == ("filtered", ["more spam", "spam"])


async def test_older_messages_come_from_the_same_folder(tab: Tab, services: Services) -> None:
    for number in range(PAGE_SIZE):
        await send(services, f"spam {number}", "filtered", to="ann")
    await open_folder(tab, "filtered")
    await tab.call(DashboardState, "load_more")

    assert len(shown(tab)[1]) == PAGE_SIZE + 1
    assert tab.see(DashboardState, "next_cursor") == ""


async def test_deleting_and_undoing_work_in_each_folder(tab: Tab) -> None:
    await open_folder(tab, "filtered")
    (row,) = tab.see(DashboardState, "messages")
    await tab.call(DashboardState, "delete_message", message_id=row["id"])
    gone = shown(tab)
    await tab.call(DashboardState, "undo_last", act_id=tab.see(DashboardState, "undo")["act_id"])

    assert gone == ("filtered", [])
    assert shown(tab) == ("filtered", ["spam"])


async def test_undoing_after_a_change_of_folder_puts_nothing_where_it_does_not_belong(tab: Tab) -> None:
    await open_folder(tab, "filtered")
    (row,) = tab.see(DashboardState, "messages")
    await tab.call(DashboardState, "delete_message", message_id=row["id"])
    await open_folder(tab, "inbox")
    await tab.call(DashboardState, "undo_last", act_id=tab.see(DashboardState, "undo")["act_id"])

    assert shown(tab) == ("inbox", ["good"])
    assert await open_folder(tab, "filtered") == ("filtered", ["spam"])


@pytest.mark.parametrize(("open_one", "expected"), [("inbox", ["new", "good"]), ("filtered", ["new spam", "spam"])])
async def test_what_arrives_shows_by_itself_in_its_own_folder_only(
    tab: Tab, site: Site, services: Services, ann: User, open_one: Folder, expected: list[str]
) -> None:
    await open_folder(tab, open_one)
    await send(services, "new")
    await send(services, "new spam", "filtered")
    folders: tuple[Folder, ...] = ("inbox", "filtered")
    for folder in folders:
        newest = (await services.inbox.list_messages(ann, "", 1, folder)).messages[0]
        await deliver(site.app, MessageShown(newest))

    assert shown(tab) == (open_one, expected)


@pytest.mark.parametrize("folder", ["trash", "", "Inbox", None, 5, {"$ne": "inbox"}, ["inbox"]])
async def test_there_are_no_other_folders(tab: Tab, folder: object) -> None:
    assert await open_folder(tab, folder) == ("inbox", ["good"])


async def test_a_folder_is_for_its_owner_only(site: Site, people: People, ann: User) -> None:
    await people.verified("Eve")
    eve = await site.tab(await people.session("eve")).connect("/dashboard")
    nobody = await site.tab().connect("/dashboard")
    await nobody.call(DashboardState, "open_view", folder="filtered")

    assert await open_folder(eve, "filtered") == ("filtered", [])
    assert shown(nobody) == ("inbox", [])
    assert nobody.see(DashboardState, "status") == "left"


async def test_who_signs_in_after_somebody_else_begins_in_the_inbox(
    site: Site, people: People, ann: User, tab: Tab
) -> None:
    await people.verified("Eve")
    await open_folder(tab, "filtered")
    await tab.leave()
    tab.cookie = await people.session("eve")
    await tab.connect("/dashboard")

    assert shown(tab) == ("inbox", [])


async def test_programs_get_the_inbox_only(api: AsyncClient, ann: User) -> None:
    await api.post("/api/sign-in", json={"identifier": "ann", "password": PASSWORD})
    answer = await api.get("/api/get-messages")

    assert [message["content"] for message in answer.json()["messages"]] == ["good"]


# Messages from before there were folders


async def test_older_messages_are_put_into_the_inbox_once(services: Services, ann: User, database: Database) -> None:
    messages = database["messages"]
    await messages.update_many({}, {"$unset": {"folder": ""}})
    await messages.create_index(OLD_KEYS, name=BEFORE_FOLDERS)
    before = await services.inbox.list_messages(ann, "", 20)

    await database.create_indexes()
    after = await services.inbox.list_messages(ann, "", 20)

    assert before.messages == ()
    assert [message.content for message in after.messages] == ["spam", "good"]
    assert BEFORE_FOLDERS not in await messages.index_information()
    assert "folder" in await messages.index_information()


async def test_without_the_old_index_nothing_is_looked_through(database: Database) -> None:
    messages = database["messages"]
    await messages.insert_one({"_id": ObjectId(), "recipient_id": ObjectId()})

    await database.create_indexes()

    assert await messages.count_documents({"folder": {"$exists": True}}) == 0


async def test_an_interrupted_move_is_finished_by_the_next_start(
    services: Services, ann: User, database: Database
) -> None:
    messages = database["messages"]
    await messages.create_index(OLD_KEYS, name=BEFORE_FOLDERS)
    await messages.update_one({"folder": "inbox"}, {"$unset": {"folder": ""}})

    await database.create_indexes()
    await database.create_indexes()

    assert await messages.count_documents({"folder": "inbox"}) == 1
    assert await messages.count_documents({"folder": "filtered"}) == 1
