"""Many at once on one inbox: whatever was acknowledged is there exactly once, unless its owner took it away."""

import asyncio
import json
import random
from collections import Counter
from datetime import timedelta

import pytest

from anonmsg import bootstrap
from anonmsg.bootstrap import Services
from anonmsg.clock import utc_now
from anonmsg.cursors import encode_cursor
from anonmsg.errors import ExportRunning, MessageNotFound, TooManyChanges
from anonmsg.models import Action, User, View
from anonmsg.schemas import ConfirmForm, MessageForm, parse
from anonmsg.services.sorting import UNDO_GRACE, UNDO_TTL
from anonmsg.settings import Settings
from anonmsg.storage.database import Database
from tests.conftest import CLIENT, FakeMailer
from tests.integration.conftest import PASSWORD, SECRETS, People

SENDERS, TABS = 50, 5
FOLDERS: tuple[View, ...] = ("inbox", "archived", "filtered")


class Crowd:
    """Fifty senders, five tabs and an export, all at work on Bob's inbox.

    Attributes:
        sent: Every acknowledged message.
        deleted: Those that a tab deleted and did not bring back.
        touched: Those that a tab ever deleted, perhaps for a moment.
    """

    def __init__(self, services: Services, bob: User, token: str, seconds: float) -> None:
        self.services, self.bob, self.token = services, bob, token
        self.sent: set[str] = set()
        self.deleted: set[str] = set()
        self.touched: set[str] = set()
        self.exports = 0
        self._until = asyncio.get_running_loop().time() + seconds

    def goes_on(self) -> bool:
        return asyncio.get_running_loop().time() < self._until

    async def send(self, sender: int) -> None:
        number = 0
        while self.goes_on():
            number += 1
            content = f"{sender} writes {number}"
            await self.services.sharing.send(parse(MessageForm, {"username": "bob", "content": content}), CLIENT)
            self.sent.add(content)
            await asyncio.sleep(random.random() / 10)

    async def sort(self) -> None:
        """Take some messages away or elsewhere, and bring every second act back."""
        while self.goes_on():
            owner = await self.services.inbox.owner(self.bob.id)
            page = await self.services.inbox.list_messages(owner, "", 20, random.choice(FOLDERS))
            chosen = random.sample(page.messages, min(3, len(page.messages)))
            action: Action = random.choice(["delete", "delete", "archive", "restore", "star"])
            texts = {message.id: message.content or "" for message in chosen}
            if action == "delete":
                self.touched |= set(texts.values())
            try:
                act_id = await self.services.sorting.act_on(self.bob.id, list(texts), action)
                deletion = {"$elemMatch": {"act": act_id, "deleted_at": {"$exists": True}}}
                query = {"before": deletion, "deleted_at": {"$ne": None}}
                mine = [str(one["_id"]) async for one in self.services.database["messages"].find(query, {"_id": 1})]
                back = await self.services.sorting.undo(self.bob.id, act_id) if random.random() < 0.5 else []
                self.deleted |= {texts[message_id] for message_id in mine if message_id not in back}
            except (MessageNotFound, TooManyChanges):
                pass  # another tab was quicker
            await asyncio.sleep(0.02)

    async def sort_all(self) -> None:
        """Archive everything now and then, and bring it back now and then."""
        while self.goes_on():
            owner = await self.services.inbox.owner(self.bob.id)
            page = await self.services.inbox.list_messages(owner, "", 1, "inbox")
            if page.messages:
                newest = encode_cursor(page.messages[0].place)
                try:
                    act_id = await self.services.sorting.act_on_all(self.bob.id, "inbox", "archive", newest)
                    if random.random() < 0.5:
                        await self.services.sorting.undo(self.bob.id, act_id)
                except TooManyChanges:
                    pass
            await asyncio.sleep(0.5)

    async def export(self) -> None:
        while self.goes_on():
            before = set(self.sent)
            try:
                pieces = [piece async for piece in await self.services.exporting.export(self.token, "json")]
            except ExportRunning:
                continue
            exported = Counter(message["content"] for message in json.loads("".join(pieces))["messages"])
            assert before - self.touched <= exported.keys()
            assert set(exported.values()) == {1}
            self.exports += 1
            await asyncio.sleep(0.2)

    async def settle(self) -> None:
        while self.goes_on():
            await self.services.sorting.settle_due()
            await asyncio.sleep(1)


async def contents(services: Services, bob: User, view: View) -> list[str]:
    owner, cursor, found = await services.inbox.owner(bob.id), "", list[str]()
    while True:
        page = await services.inbox.list_messages(owner, cursor, 100, view)
        found += [message.content or "" for message in page.messages]
        cursor = page.next_cursor
        if not cursor:
            return found


@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=pytest.mark.evening)])
async def test_every_acknowledged_message_is_there_exactly_once(
    settings: Settings, database: Database, mailer: FakeMailer, seconds: float
) -> None:
    offset = timedelta(0)
    quiet = settings.model_copy(update={"rate_limits": "off"})
    services = bootstrap.build_services(quiet, SECRETS, database, mailer, lambda: utc_now() + offset, password_cost=4)
    people = People(services, mailer)
    bob = await people.verified("bob")
    token = await people.session("bob")
    await services.confirmation.confirm(
        await services.sessions.identify(token), parse(ConfirmForm, {"current_password": PASSWORD})
    )
    crowd = Crowd(services, bob, token, seconds)

    async with asyncio.TaskGroup() as group:
        for number in range(SENDERS):
            group.create_task(crowd.send(number))
        for _ in range(TABS):
            group.create_task(crowd.sort())
        for work in (crowd.sort_all(), crowd.export(), crowd.settle()):
            group.create_task(work)
    shown = {view: await contents(services, bob, view) for view in FOLDERS}
    offset = UNDO_TTL + UNDO_GRACE
    await services.sorting.settle_due()
    settled = {view: await contents(services, bob, view) for view in FOLDERS}

    everything = Counter(content for found in shown.values() for content in found)
    assert len(crowd.sent) > 100
    assert crowd.exports
    assert set(everything.values()) == {1}
    assert everything.keys() == crowd.sent - crowd.deleted
    assert settled == shown
