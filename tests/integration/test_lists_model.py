"""Whatever is done to an inbox in whichever order, its lists show what plain reasoning says, settled or not."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anonmsg.acts import CELLS, Cell, after, is_in
from anonmsg.bootstrap import Services
from anonmsg.cursors import encode_cursor
from anonmsg.errors import MessageNotFound, TooManyChanges
from anonmsg.models import COUNT_MAX, VIEWS, Action, Place, User, View
from anonmsg.services.sorting import UNDO_GRACE, UNDO_TTL
from anonmsg.storage.bulk_acts import MOST_PENDING
from anonmsg.storage.message_updates import CHANGED_BY
from tests.conftest import FakeClock
from tests.integration.conftest import People

ACTIONS: tuple[Action, ...] = ("delete", "archive", "restore", "star", "unstar", "mark_read", "mark_unread")
PAGE = 4
OVER = UNDO_TTL + UNDO_GRACE


@dataclass
class Kept:
    """What is known of a message: how it was left, and which acts on all it has come under since."""

    place: Place
    cell: Cell
    acts: dict[str, tuple[View, Action]] = field(default_factory=dict)
    is_deleted: bool = False
    before: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each act changed, and what that was before it."""

    def change(self, act_id: str, action: Action) -> None:
        """Come under an act on this message, which is there."""
        changed = after(action, self.cell)
        self.before[act_id] = {
            name: getattr(self.cell, name) for name in CHANGED_BY[action] if hasattr(self.cell, name)
        }
        self.cell, self.is_deleted = changed or self.cell, changed is None

    def undo(self, act_id: str) -> None:
        """Get back what an act changed, and only that."""
        was = self.before.pop(act_id)
        self.cell, self.is_deleted = replace(self.cell, **was), self.is_deleted and bool(was)

    def shown(self) -> Cell | None:
        cell = None if self.is_deleted else self.cell
        for view, action in self.acts.values():
            if cell is not None and is_in(view, cell):
                cell = after(action, cell)
        return cell


@dataclass(frozen=True)
class Step:
    """Something that happens: how, to which view or messages, and how far back."""

    kind: str
    view: View
    action: Action
    numbers: frozenset[int]


steps = st.builds(
    Step,
    st.sampled_from(["all", "all", "all", "some", "some", "undo", "undo earlier", "wait", "wait", "arrive"]),
    st.sampled_from(VIEWS),
    st.sampled_from(ACTIONS),
    st.frozensets(st.integers(0, 11), min_size=1, max_size=4),
)


class Model:
    """An inbox beside what plain reasoning says of it."""

    def __init__(self, services: Services, owner: User, clock: FakeClock) -> None:
        self.services, self.owner, self.clock = services, owner, clock
        self.start = clock.now - timedelta(days=1)
        self.kept: list[Kept] = []
        self.done: list[tuple[str, datetime, bool]] = []
        self.waiting: dict[str, datetime] = {}

    async def fill(self, cells: list[Cell]) -> None:
        for number, cell in enumerate(cells):
            await self.arrive(number // 3)
            kept = self.kept[-1]
            kept.cell = cell
            change = {"folder": cell.folder, "is_starred": cell.is_starred, "is_read": cell.is_read}
            await self.services.database["messages"].update_one(
                {"_id": ObjectId(kept.place.id)},
                {"$set": {**change, "read_at": self.start if cell.is_read else None}},
            )

    async def arrive(self, minute: int) -> None:
        # Often at the same time as others, never before them: an act on all takes along what is older than its newest.
        at = max([self.start + timedelta(minutes=minute), *(one.place.created_at for one in self.kept)])
        message = await self.services.messages.add(self.owner.id, "hi", at)
        self.kept.append(Kept(message.place, Cell("inbox", is_starred=False, is_read=False)))

    async def take(self, step: Step) -> None:
        if step.kind == "all":
            await self.act_on_all(step.view, step.action, self.chosen(step)[0].place)
        elif step.kind == "some":
            await self.act_on(self.chosen(step), step.action)
        elif step.kind == "arrive":
            await self.arrive(min(step.numbers))
        elif step.kind == "wait":
            self.clock.advance(timedelta(seconds=6))
            await self.services.sorting.settle_due()
        elif self.done:
            await self.undo(*self.done[-1 if step.kind == "undo" else min(step.numbers) % len(self.done)])

    def chosen(self, step: Step) -> list[Kept]:
        return [self.kept[number % len(self.kept)] for number in sorted(step.numbers)]

    async def act_on_all(self, view: View, action: Action, newest: Place) -> None:
        waiting = sum(self.clock.now - made < OVER for made in self.waiting.values())
        try:
            act_id = await self.services.sorting.act_on_all(self.owner.id, view, action, encode_cursor(newest))
        except TooManyChanges:
            assert waiting == MOST_PENDING
            return
        self.done.append((act_id, self.clock.now, True))
        self.waiting[act_id] = self.clock.now
        for one in self.kept:
            if one.place <= newest:
                one.acts[act_id] = (view, action)

    async def act_on(self, some: list[Kept], action: Action) -> None:
        ids = [one.place.id for one in some]
        try:
            act_id = await self.services.sorting.act_on(self.owner.id, ids, action)
        except MessageNotFound:
            assert all(one.is_deleted or one.shown() is None for one in some)
            return
        self.done.append((act_id, self.clock.now, False))
        for one in {id(one): one for one in some if not one.is_deleted}.values():
            cell = one.shown()
            if cell is not None and action != "delete":
                one.cell, one.acts = cell, {}
            one.change(act_id, action)

    async def undo(self, act_id: str, made_at: datetime, of_all: bool) -> None:
        meant = [one for one in self.kept if act_id in one.before]
        can_be = self.clock.now - made_at < OVER and (act_id in self.waiting if of_all else bool(meant))
        try:
            undone = await self.services.sorting.undo(self.owner.id, act_id)
        except MessageNotFound:
            assert not can_be
            return
        assert can_be
        assert sorted(undone) == sorted(one.place.id for one in meant)
        self.waiting.pop(act_id, None)
        for one in self.kept:
            one.acts.pop(act_id, None)
        for one in meant:
            one.undo(act_id)

    async def check(self) -> None:
        owner = await self.services.inbox.owner(self.owner.id)
        counts = await self.services.inbox.count(owner)
        for view in VIEWS:
            meant = [one.place for one in self.kept if (cell := one.shown()) is not None and is_in(view, cell)]
            expected = sorted(meant, reverse=True)
            assert await self.down(owner, view) == expected, view
            assert await self.up(owner, view) == expected, view
            assert counts[view] == min(len(expected), COUNT_MAX), view

    async def down(self, owner: User, view: View) -> list[Place]:
        found, cursor = list[Place](), ""
        while not found or cursor:
            page = await self.services.inbox.list_messages(owner, cursor, PAGE, view)
            found += [message.place for message in page.messages]
            cursor = page.next_cursor
            if not cursor:
                break
            assert len(page.messages) == PAGE
        return found

    async def up(self, owner: User, view: View) -> list[Place]:
        place, found = Place(self.start - timedelta(days=1), "0" * 24), list[Place]()
        while newer := await self.services.inbox.list_newer(owner, place, PAGE, view):
            found[:0] = [message.place for message in newer]
            place = found[0]
        return found


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(cells=st.lists(st.sampled_from(CELLS), min_size=1, max_size=12), script=st.lists(steps, max_size=8))
async def test_lists_in_both_directions_and_counts_are_what_plain_reasoning_says(
    services: Services, people: People, clock: FakeClock, cells: list[Cell], script: list[Step]
) -> None:
    bob = await services.users.get_by_username("bob") or await people.verified("bob")
    await services.database["users"].update_many({}, {"$unset": {"acts": ""}})
    await services.database["messages"].delete_many({})
    model = Model(services, bob, clock)
    await model.fill(cells)

    for step in script:
        await model.take(step)
        await model.check()
    clock.advance(OVER)
    await services.sorting.settle_due()

    await model.check()
    assert (await services.inbox.owner(model.owner.id)).acts == ()
