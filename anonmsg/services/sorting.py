"""Sorting: what an owner does with messages, one, some, or all of a view, and how it is taken back."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from anonmsg.acts import Cell, applied, cell_of
from anonmsg.clock import Clock
from anonmsg.cursors import decode_cursor
from anonmsg.errors import MessageNotFound, TooManyChanges, UndoIsOver
from anonmsg.models import Action, BulkAct, LongAct, Message, User, View

UNDO_TTL = timedelta(seconds=10)
UNDO_GRACE = timedelta(seconds=5)
"""A click at the last moment may take a while on a slow network; the promise is kept."""

SLICE = 500
DUE_AT_ONCE = 10
SLICES_A_TURN = 20
"""After so many slices of one person's act those of others have their turn."""

LONG, BULK = "many-", "all-"
"""How the ids of acts on many messages begin, and those of bulk acts."""


class Users(Protocol):
    """The verified people."""

    async def get_by_id(self, user_id: str) -> User | None: ...


class Messages(Protocol):
    """The stored messages, to look at."""

    async def list_by_ids(self, recipient_id: str, message_ids: Sequence[str]) -> list[Message]: ...


class Updates(Protocol):
    """The stored messages, to change."""

    async def update_many(
        self,
        recipient_id: str,
        message_ids: Sequence[str],
        action: Action,
        act_id: str,
        now: datetime,
        *,
        is_silent: bool = False,
    ) -> int: ...
    async def update_cell(self, recipient_id: str, message_ids: Sequence[str], cell: Cell, now: datetime) -> None: ...
    async def update_seen(self, recipient_id: str, message_ids: Sequence[str], now: datetime) -> int: ...
    async def undo(self, recipient_id: str, act_id: str, after: datetime, *, is_silent: bool = False) -> list[str]: ...
    async def settle(self, recipient_id: str, act: BulkAct, now: datetime) -> int: ...


class BulkActs(Protocol):
    """What is being done to all messages of a view."""

    async def add(self, user_id: str, act: BulkAct) -> bool: ...
    async def get(self, user_id: str, act_id: str) -> BulkAct | None: ...
    async def delete_undone(self, user_id: str, act_id: str, after: datetime) -> bool: ...
    async def update_kept(self, user_id: str, message_ids: Sequence[str]) -> bool: ...
    async def update_settling(self, user_id: str, act_id: str) -> BulkAct | None: ...
    async def list_due(self, made_before: datetime, limit: int) -> list[tuple[str, BulkAct]]: ...
    async def delete(self, user_id: str, act_id: str) -> None: ...


class LongActs(Protocol):
    """How far acts on many chosen messages are."""

    async def add(self, user_id: str, act: LongAct, done_before: datetime) -> bool: ...
    async def update_progress(self, user_id: str, act_id: str, at: datetime, done: int) -> bool: ...
    async def update_done(self, user_id: str, act_id: str, at: datetime) -> bool: ...
    async def update_undoing(
        self, user_id: str, act_id: str, now: datetime, done_after: datetime
    ) -> LongAct | None: ...
    async def delete(self, user_id: str, act_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an act on many messages is.

    Attributes:
        act_id: By which `undo_many` takes it back, also while it goes on.
        done: How many messages were changed so far.
        is_taken_back: Whether somebody has taken it back meanwhile; then nothing of it is left.
    """

    act_id: str
    done: int
    is_taken_back: bool = False


def is_long(act_id: str) -> bool:
    """Return whether an act is one on many messages, which takes a while to take back."""
    return act_id.startswith(LONG)


class Sorting:
    """Changes what a signed-in person received. Each call carries that person's id."""

    def __init__(
        self,
        users: Users,
        messages: Messages,
        updates: Updates,
        acts: BulkActs,
        long_acts: LongActs,
        clock: Clock,
        make_id: Callable[[], str],
    ) -> None:
        self._users = users
        self._messages = messages
        self._updates = updates
        self._acts = acts
        self._long_acts = long_acts
        self._clock = clock
        self._make_id = make_id

    async def act_on(self, user_id: str, message_ids: Sequence[str], action: Action, act_id: str = "") -> str:
        """Do something with messages at once and return the id of this act, by which `undo` takes it back.

        Args:
            user_id: Whose messages.
            message_ids: Which of them.
            action: What to do.
            act_id: The id that the act gets, "" for any.

        Raises:
            MessageNotFound: If the person has none of them.
            TooManyChanges: If bulk acts wait, and these are too many to be treated apart.
        """
        now, act_id, done = self._clock(), act_id or self._make_id(), 0
        if action != "delete":
            await self._take_out_of_bulk(user_id, message_ids)
        for start in range(0, len(message_ids), SLICE):
            began, some = time.monotonic(), message_ids[start : start + SLICE]
            done += await self._updates.update_many(user_id, some, action, act_id, now)
            if start + SLICE < len(message_ids):
                await asyncio.sleep(time.monotonic() - began)  # others want the database too
        if not done:
            raise MessageNotFound
        return act_id

    async def delete_message(self, user_id: str, message_id: str) -> str:
        """Delete one message, as `act_on` does."""
        return await self.act_on(user_id, [message_id], "delete")

    async def act_on_many(
        self, user_id: str, batches: Iterable[Sequence[str]], count: int, action: Action
    ) -> AsyncGenerator[Progress]:
        """Do something with many messages, and yield how far it is.

        The first comes before anything is done, so that whoever asked for it can take it back from then on. Open
        dashboards are not told of each message; they show the list anew at the end.

        Args:
            user_id: Whose messages.
            batches: Which of them, at most `SLICE` at once.
            count: How many they are together.
            action: What to do.

        Raises:
            TooManyChanges: If bulk acts wait, which would have to be done first, or many such acts are under way.
        """
        now = self._clock()
        user = await self._users.get_by_id(user_id)
        act = LongAct(LONG + self._make_id(), action, count, now, now)
        is_first = action == "delete" or not (user and user.acts)
        if not is_first or not await self._long_acts.add(user_id, act, now - UNDO_TTL - UNDO_GRACE):
            raise TooManyChanges
        done = 0
        yield Progress(act.id, done)
        for batch in batches:
            began = time.monotonic()
            done += await self._updates.update_many(user_id, batch, action, act.id, self._clock(), is_silent=True)
            if not await self._long_acts.update_progress(user_id, act.id, self._clock(), done):
                break
            yield Progress(act.id, done)
            await asyncio.sleep(time.monotonic() - began)  # others want the database too
        if await self._long_acts.update_done(user_id, act.id, self._clock()):
            return
        # What was done after the last look of whoever takes it back goes back too.
        async for _ in self._bring_back(user_id, act):
            pass
        yield Progress(act.id, 0, is_taken_back=True)

    async def undo_many(self, user_id: str, act_id: str) -> AsyncGenerator[int]:
        """Take back an act on many messages, also one that goes on, and yield how many are back so far.

        Raises:
            UndoIsOver: If there was no such act, or the time is over.
        """
        now = self._clock()
        act = await self._long_acts.update_undoing(user_id, act_id, now, now - UNDO_TTL - UNDO_GRACE)
        if act is None:
            raise UndoIsOver
        async for count in self._bring_back(user_id, act):
            yield count

    async def _bring_back(self, user_id: str, act: LongAct) -> AsyncGenerator[int]:
        count, began_at = 0, act.began_at - timedelta(seconds=1)
        while some := await self._updates.undo(user_id, act.id, began_at, is_silent=True):
            began, count = time.monotonic(), count + len(some)
            yield count
            now = self._clock()  # who hears nothing for long takes it for interrupted
            await self._long_acts.update_undoing(user_id, act.id, now, now - UNDO_TTL - UNDO_GRACE)
            await asyncio.sleep(time.monotonic() - began)
        await self._long_acts.delete(user_id, act.id)

    async def act_on_all(self, user_id: str, view: View, action: Action, newest: str, also: Sequence[str] = ()) -> str:
        """Do something with all messages of a view, however many, and return the id of this act.

        Args:
            user_id: Whose messages.
            view: Where they are.
            action: What to do.
            newest: The cursor of the newest message that was on the screen; later ones are left alone.
            also: Ids of messages that are not in the view any more and are meant too, because the screen shows them.

        Raises:
            MessageNotFound: If the cursor marks none.
            TooManyChanges: If so many acts wait that lists would get slow.
        """
        place = decode_cursor(newest)
        if place is None:
            raise MessageNotFound
        act = BulkAct(BULK + self._make_id(), action, view, place, self._clock())
        if not await self._acts.add(user_id, act):
            raise TooManyChanges
        if also:
            with contextlib.suppress(MessageNotFound):  # they were deleted elsewhere
                await self.act_on(user_id, also, action, act.id)
        return act.id

    async def mark_seen(self, user_id: str, message_ids: Sequence[str]) -> None:
        """Note that messages were on the screen for long enough to be read.

        Raises:
            TooManyChanges: If bulk acts wait that depend on it, and these are too many to be treated apart.
        """
        user = await self._users.get_by_id(user_id)
        if user and any(act.action == "mark_unread" or act.view == "unread" for act in user.acts):
            await self._take_out_of_bulk(user_id, message_ids)
        await self._updates.update_seen(user_id, message_ids, self._clock())

    async def undo(self, user_id: str, act_id: str) -> list[str]:
        """Take back what was done a moment ago; return the ids of the messages, none for a bulk act.

        Raises:
            UndoIsOver: If there was no such act, or the time is over.
        """
        undone, done_after = list[str](), self._clock() - UNDO_TTL - UNDO_GRACE
        while some := await self._updates.undo(user_id, act_id, done_after):
            undone += some
            await asyncio.sleep(0)
        is_bulk = act_id.startswith(BULK) and await self._acts.delete_undone(user_id, act_id, done_after)
        if not undone and not is_bulk:
            raise UndoIsOver
        return undone

    async def settle_due(self) -> None:
        """Do for good what can't be undone any more, in turns. What was interrupted goes on where it was."""
        while due := await self._acts.list_due(self._clock() - UNDO_TTL - UNDO_GRACE, DUE_AT_ONCE):
            for user_id, act in due:
                await self._settle(user_id, act.id)

    async def _settle(self, user_id: str, act_id: str) -> None:
        """Do a part of an act for good, and forget the act if that was the last."""
        act = await self._acts.update_settling(user_id, act_id)
        for _ in range(SLICES_A_TURN):
            if act is None:
                return
            began = time.monotonic()
            if not await self._updates.settle(user_id, act, self._clock()):
                await self._acts.delete(user_id, act_id)
                return
            await asyncio.sleep(time.monotonic() - began)  # likewise
            act = await self._acts.get(user_id, act_id)

    async def _take_out_of_bulk(self, user_id: str, message_ids: Sequence[str]) -> None:
        """Finish for some messages what is being done to all, so that what is done to them now comes after it."""
        user = await self._users.get_by_id(user_id)
        if user is None or not user.acts:
            return
        if len(message_ids) > SLICE:  # before anything is done, for that could not be undone
            raise TooManyChanges
        cells: dict[Cell, list[str]] = {}
        for message in await self._messages.list_by_ids(user_id, message_ids):
            changed = applied(user.acts, message)
            if changed is not None:
                cells.setdefault(cell_of(changed), []).append(message.id)
        kept = [message_id for ids in cells.values() for message_id in ids]
        if kept and not await self._acts.update_kept(user_id, kept):
            raise TooManyChanges
        for cell, ids in cells.items():
            await self._updates.update_cell(user_id, ids, cell, self._clock())
