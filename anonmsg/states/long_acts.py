"""What a person does with so many messages that it takes a while: it goes on by itself, and can be taken back."""

import time

import reflex as rx

from anonmsg.errors import AnonmsgError
from anonmsg.models import Action, User
from anonmsg.services.sessions import Identity
from anonmsg.services.sorting import SLICE, UNDO_TTL, Progress
from anonmsg.states.found_places import Found
from anonmsg.states.message_rows import Undo, doing_to, done_to, stopped_in
from anonmsg.states.pausing import PausableInbox

REPORT_SECONDS = 0.15
"""So often something long says how far it is."""


class LongActs(PausableInbox, rx.State, mixin=True):
    """Acts on many messages. The page can be used meanwhile, or closed.

    Attributes:
        progress: How far it is, "" while nothing goes on.
    """

    progress: rx.Field[str] = rx.field("")
    _asked: tuple[Action, Found] | None = None
    _undoing: str = ""
    _offered: Undo | None = None

    @rx.event(background=True)
    async def go_on(self):
        """Do to many messages what was asked for."""
        try:
            async with self:
                identity = await self._identify_owner()
                asked, self._asked = self._asked, None
            if asked is None:
                return
            action, found = asked
            step, said, sorting = Progress("", 0), 0.0, self._services().sorting
            async for step in sorting.act_on_many(identity.user_id, found.batches(SLICE), len(found), action):
                is_beginning = step.done <= SLICE
                if is_beginning or time.monotonic() - said > REPORT_SECONDS:
                    said = time.monotonic()
                    async with self:
                        await self._show_step(identity, step, action, len(found))
            async with self:
                self.progress = ""
                if self._user_id != identity.user_id or step.is_taken_back:
                    return
                if self.undo.act_id == step.act_id:
                    self.undo = Undo(step.act_id, done_to(step.done, action))
                if not self.query:
                    await self._open(identity, self.view)
        except AnonmsgError as error:
            async with self:
                self._stop(error)

    @rx.event(background=True)
    async def take_back(self):
        """Take back what was done to many messages, or is being done."""
        try:
            async with self:
                identity = await self._identify_owner()
                act_id, self._undoing = self._undoing, ""
                if not act_id:
                    return
                self.undo, self.failure, self.progress = Undo(), "", "Bringing them back…"
            said = time.monotonic()
            async for count in self._services().sorting.undo_many(identity.user_id, act_id):
                if time.monotonic() - said > REPORT_SECONDS:
                    said = time.monotonic()
                    async with self:
                        self.progress = f"Bringing them back… {count:,} so far"
            async with self:
                self.progress = ""
                if self._user_id == identity.user_id:
                    await self._open(identity, self.view)
        except AnonmsgError as error:
            async with self:
                self._stop(error)

    async def _show_step(self, identity: Identity, step: Progress, action: Action, count: int) -> None:
        if self._user_id != identity.user_id or step.is_taken_back:  # somebody else may use this tab now
            return
        if not step.done:
            self.undo, self.failure = Undo(step.act_id, doing_to(count, action), is_pending=True), ""
        elif self.query:  # what is done first is the newest, which the list shows
            await self._open(identity, self.view)
        self.progress = f"{step.done:,} of {count:,}"

    def _show_owner(self, owner: User) -> None:
        super()._show_owner(owner)
        offer = self._offer(owner)
        if offer is not None and offer != self._offered:
            self._offered = self.undo = offer

    def _offer(self, owner: User) -> Undo | None:
        """Return what can be taken back of acts on many messages that were asked for here or elsewhere."""
        now = self._services().clock()
        for act in reversed(owner.long_acts):
            if act.is_interrupted(now):
                return Undo(act.id, stopped_in(act))
            if act.stage == "doing":
                return Undo(act.id, doing_to(act.count, act.action), is_pending=True)
            if act.stage == "done" and act.at > now - UNDO_TTL:
                return Undo(act.id, done_to(act.done, act.action))
        return None

    def _stop(self, error: AnonmsgError) -> None:
        self.undo, self.progress = Undo(), ""
        self._refuse(error)
