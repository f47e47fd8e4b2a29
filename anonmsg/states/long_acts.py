"""What a person does with so many messages that it takes a while: it goes on by itself, and can be taken back."""

import time

import reflex as rx

from anonmsg.errors import AnonmsgError
from anonmsg.models import INTERRUPTED_AFTER, Action, User
from anonmsg.services.sessions import Identity
from anonmsg.services.sorting import SLICE, UNDO_TTL, Progress
from anonmsg.states.found_places import Found
from anonmsg.states.message_rows import Undo, brought_back, doing_to, done_to, so_far, stopped_in
from anonmsg.states.pausing import PausableInbox
from anonmsg.storage.long_acts import LONG_TTL

REPORT_SECONDS = 0.15
"""So often something long says how far it is."""

BRINGING = "Bringing them back…"

LOOK_SECONDS = int(INTERRUPTED_AFTER.total_seconds())
"""So often a page looks whether an act was interrupted: nobody is left who could tell it."""


class LongActs(PausableInbox, rx.State, mixin=True):
    """Acts on many messages. The page can be used meanwhile, or closed.

    Attributes:
        progress: How far it is, "" while nothing goes on.
        interrupted: Acts that stopped halfway, wherever they were asked for, as long as they can be taken back.
        is_unfinished: Whether an act is not done, here or elsewhere, so that the page looks what becomes of it.
    """

    progress: rx.Field[str] = rx.field("")
    interrupted: rx.Field[list[Undo]] = rx.field(default_factory=list)
    is_unfinished: rx.Field[bool] = rx.field(False)
    _asked: tuple[Action, Found] | None = None
    _undoing: str = ""
    _taken_back: str = ""
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
                    await self._show_again(await self._services().inbox.owner(identity.user_id))
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
                self.undo, self.failure, self.progress = Undo(text=BRINGING), "", BRINGING
                self._taken_back = act_id
                self.interrupted = [one for one in self.interrupted if one.act_id != act_id]
            said, count = time.monotonic(), 0
            async for count in self._services().sorting.undo_many(identity.user_id, act_id):
                if time.monotonic() - said > REPORT_SECONDS:
                    said = time.monotonic()
                    async with self:
                        self.progress = f"{BRINGING} {count:,} so far"
            async with self:
                self.progress = ""
                if self._user_id != identity.user_id:
                    return
                self.undo = self.undo if self.undo.act_id else Undo(text=brought_back(count))
                if self.query:
                    await self._open(identity, self.view)
                else:
                    await self._show_again(await self._services().inbox.owner(identity.user_id))
        except AnonmsgError as error:
            async with self:
                self._stop(error)

    @rx.event
    async def look_at_acts(self):
        """See what became of an act that was not done, for the server that did it may have stopped."""
        await self._note_acts(show=True)

    async def _show_step(self, identity: Identity, step: Progress, action: Action, count: int) -> None:
        if self._user_id != identity.user_id or step.is_taken_back:  # somebody else may use this tab now
            return
        if not step.done:
            self.undo, self.failure = Undo(step.act_id, doing_to(count, action), is_pending=True), ""
            self.is_unfinished = True
        elif self.query:  # what is done first is the newest, which the list shows
            await self._open(identity, self.view)
        self.progress = so_far(step.done, count, action)

    def _show_owner(self, owner: User) -> None:
        super()._show_owner(owner)
        offer = self._offer(owner)
        if offer is not None and offer != self._offered:
            self._offered = self.undo = offer

    def _known(self) -> tuple[object, ...]:
        return *super()._known(), tuple(self.interrupted)

    def _note_owner(self, owner: User) -> None:
        super()._note_owner(owner)
        now = self._services().clock()
        acts = [act for act in owner.long_acts if act.stage != "done" and act.began_at > now - LONG_TTL]
        self.is_unfinished = bool(acts)
        # What is being taken back here is heard of until it is over.
        stopped = [act for act in acts if act.is_interrupted(now) and act.id != self._taken_back]
        self.interrupted = [Undo(act.id, stopped_in(act)) for act in stopped]
        if self.undo.act_id in {act.id for act in stopped}:
            self.undo = Undo()

    def _offer(self, owner: User) -> Undo | None:
        """Return what can be taken back of acts on many messages that were asked for here or elsewhere."""
        now = self._services().clock()
        for act in reversed(owner.long_acts):
            if act.is_interrupted(now):
                continue
            if act.stage == "doing":
                return Undo(act.id, doing_to(act.count, act.action), is_pending=True)
            if act.stage == "done" and act.at > now - UNDO_TTL:
                return Undo(act.id, done_to(act.done, act.action))
        return None

    def _stop(self, error: AnonmsgError) -> None:
        self.undo, self.progress, self._taken_back = Undo(), "", ""
        self._refuse(error)
