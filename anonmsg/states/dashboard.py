"""The dashboard: what a signed-in person does with the messages of a list, and looking for words in it."""

import time

import reflex as rx

from anonmsg import routes
from anonmsg.acts import is_in
from anonmsg.cursors import encode_cursor
from anonmsg.errors import AnonmsgError
from anonmsg.live import audience
from anonmsg.models import Action
from anonmsg.rules import PAGE_SIZE
from anonmsg.schemas import SearchForm, SortingForm, UndoForm, parse
from anonmsg.services.searching import Step
from anonmsg.services.sorting import BULK, SLICE, is_long
from anonmsg.states.long_acts import REPORT_SECONDS, LongActs
from anonmsg.states.message_rows import MessageRow, Undo, brought_back, done_to, done_to_all


class DashboardState(LongActs, rx.State):
    """The list, and what is done with its messages. Each handler asks again whose session it is."""

    @rx.event
    async def delete_message(self, message_id: str):
        """Delete a message, and offer to undo it."""
        await self._act_on("delete", [message_id])

    @rx.event
    async def act_on(self, action: str, message_ids: list[str]):
        """Do something with some messages, and offer to undo it."""
        await self._act_on(action, message_ids)

    @rx.event
    async def arrive(self):
        """Show the newest messages; a page that had only lost its connection, what its reader had before them."""
        has_come_back, self._has_come_back = self._has_come_back, False
        if has_come_back and self.status == "ready":
            yield DashboardState.load_again
            return
        async for _ in self._load():
            yield

    def _note_connection(self, *, is_new_page: bool) -> None:
        """Know whether the page was opened, or is one that was open here before and is connected again."""
        self._has_come_back = not is_new_page and self.router.url.path.rstrip("/") == routes.DASHBOARD

    @rx.event
    async def load_again(self):
        """Show what may have changed and leave the reader where they are; what a page does that waits."""
        async for _ in self._load(is_again=True):
            yield
        if self.query and not self.is_waiting and not self.is_stopped:  # what it holds may have come or gone meanwhile
            self._search, self.is_searching, self.searched = self._search + 1, True, 0
            yield DashboardState.go_through

    @rx.event
    async def choose_all(self):
        """Note what "all" means now: what comes later is not meant."""
        self._all_top = self._found.newest() if self.query else self._top

    @rx.event
    async def act_on_all(self, action: str):
        """Do something with all messages of the list, however many, and offer to undo it."""
        try:
            identity = await self._identify_owner()
            form = parse(SortingForm, {"action": action})
            if not self.messages:
                return None
            if self.query:
                found = self._found.up_to(self._all_top)
                if len(found) > SLICE:
                    self._search, self.is_searching = self._search + 1, False
                    self._asked = form.action, found
                    return DashboardState.go_on
                ids = [place.id for place in found]
                act_id = await self._services().sorting.act_on(identity.user_id, ids, form.action)
                text = done_to(len(ids), form.action)
            else:
                newest = self._all_top or self._top or self.messages[0].place
                also = [row.id for row in self.messages if self._has_left(row) and row.place <= newest]
                act_id = await self._services().sorting.act_on_all(
                    identity.user_id, self.view, form.action, encode_cursor(newest), also
                )
                text = done_to_all(self.view, form.action)
            await self._open(identity, self.view)
        except AnonmsgError as error:
            self._refuse(error)
            return None
        self.undo, self.failure, self._all_top = Undo(act_id, text), "", None
        return None

    def _has_left(self, row: MessageRow) -> bool:
        """Return whether a row still stands in a list to which its message does not belong any more."""
        return not is_in(self.view, row.cell)

    @rx.event
    async def undo_last(self, act_id: str):
        """Take back what was done a moment ago, also before the page was loaded again."""
        try:
            identity = await self._identify_owner()
            form = parse(UndoForm, {"act_id": act_id})
            if is_long(form.act_id):
                self._undoing = form.act_id
                return DashboardState.take_back
            undone = await self._services().blocking.undo(identity.user_id, form.act_id)
            owner = await self._owner()
            if undone and len(undone) <= PAGE_SIZE:
                for message in await self._services().searching.list_stored(owner, undone):
                    self._show(message)
            elif self.query:
                await self._open(identity, self.view)
            else:
                await self._show_again(owner)
        except AnonmsgError as error:
            self.undo = Undo()
            self._refuse(error)
            return None
        self.undo, self.failure = Undo(text=brought_back(0 if form.act_id.startswith(BULK) else len(undone))), ""
        return None

    @rx.event
    async def mark_seen(self, message_ids: list[str]):
        """Note that messages were on the screen for long enough to be read."""
        try:
            identity = await self._identify_owner()
            form = parse(SortingForm, {"action": "mark_read", "message_ids": message_ids})
            meant = self._meant(form.message_ids)
            await self._services().sorting.mark_seen(identity.user_id, meant)
        except AnonmsgError as error:
            self._refuse(error)
            return
        self._show_done("mark_read", meant)

    @rx.event
    async def search(self, query: str):
        """Look for words in the list; an empty query shows the whole list again."""
        try:
            form = parse(SearchForm, {"query": query})
            await self._open(await self._identify_owner(), self.view)
        except AnonmsgError as error:
            self._refuse(error)
            return None
        self.failure = ""
        if not form.query:
            return None
        self.query, self.is_searching, self.messages, self.next_cursor = form.query, True, [], ""
        self._all_top = None
        return DashboardState.go_through

    @rx.event
    async def stop_search(self):
        """Leave it at what was found so far."""
        self._search += 1
        self.is_stopped, self.is_searching = self.is_searching, False

    @rx.event(background=True)
    async def go_through(self):
        """Look through the list for the query; what is found shows while the rest is looked through."""
        try:
            async with self:
                identity = await self._identify_owner()
                owner, query, view, number = await self._owner(), self.query, self.view, self._search
                tab, connection = self._connection()
                is_begun, self._gone_through = self._gone_through == number, number
            if not query or is_begun:
                return
            waiting, said = list[Step](), time.monotonic()
            async for step in self._services().searching.search(owner, view, query):
                waiting.append(step)
                if time.monotonic() - said < REPORT_SECONDS:
                    continue
                async with self:
                    if self._search != number or self._user_id != identity.user_id:
                        return
                    if audience.connection(tab) != connection:  # nobody is there to read it any more
                        self.is_searching = False
                        return
                    self._show_found(waiting)
                waiting, said = [], time.monotonic()
            async with self:
                if self._search == number and self._user_id == identity.user_id:
                    self._show_found(waiting)
                    self.is_searching = False
        except AnonmsgError as error:
            async with self:
                self.is_searching = False
                self._refuse(error)

    def _show_found(self, steps: list[Step]) -> None:
        """Show what was found since the last time; more than one page waits until it is asked for."""
        new = [message for step in steps for message in step.found]
        shown = {row.id for row in self.messages}
        # What was found before and is not shown comes first, when it is asked for.
        room = 0 if self.next_cursor else max(PAGE_SIZE - len(shown), 0)
        for message in [one for one in new if one.id not in shown][:room]:
            self._put(self._row(message))
        self._found.add(message.place for message in new)
        self.searched = steps[-1].searched if steps else self.searched
        self._note_found()

    async def _act_on(self, action: str, message_ids: list[str]) -> None:
        try:
            identity = await self._identify_owner()
            form = parse(SortingForm, {"action": action, "message_ids": message_ids})
            meant = self._meant(form.message_ids)
            act_id = await self._services().sorting.act_on(identity.user_id, meant, form.action)
        except AnonmsgError as error:
            self._refuse(error)
            return
        self._show_done(form.action, meant)
        self.undo, self.failure = Undo(act_id, done_to(len(meant), form.action)), ""
        await self._refill()

    def _show_done(self, action: Action, message_ids: list[str]) -> None:
        """Show at once what was done, as the live updates will on other pages."""
        done = set(message_ids)
        for row in [row for row in self.messages if row.id in done]:
            changed = row.after(action)
            if changed is None:
                self._hide(row.place)
            else:
                self._show_row(changed)
