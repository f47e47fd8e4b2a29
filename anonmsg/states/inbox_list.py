"""The list on the dashboard: which view is open, what of it is loaded, and what changes in it by itself."""

from collections.abc import AsyncIterator

import reflex as rx

from anonmsg import routes
from anonmsg.acts import applied, is_in
from anonmsg.cursors import decode_cursor, encode_cursor
from anonmsg.errors import AnonmsgError
from anonmsg.live import audience
from anonmsg.matching import holds, search_words
from anonmsg.models import VIEWS, BulkAct, LongAct, Message, MessagePage, Opening, Place, User, View
from anonmsg.rules import PAGE_SIZE
from anonmsg.schemas import AcceptMessagesForm, ViewForm, parse
from anonmsg.services.sessions import Identity
from anonmsg.states.found_places import Found
from anonmsg.states.message_rows import WINDOW, MessageRow, Undo, cursor_of, place_above, to_row
from anonmsg.states.private_page import PrivatePage

NO_NUMBER = -1


class InboxList(PrivatePage, rx.State, mixin=True):
    """What is on the dashboard, and how it is read. Each handler asks again whose session it is.

    Attributes:
        accepts_messages: Whether the inbox is open now.
        opens_at: When it opens by itself (ISO 8601, UTC), "" if it does not.
        remaining: After how many more messages it closes, `NO_NUMBER` if after none.
        view: The list that is open.
        messages: The part of it that is loaded, at most `WINDOW`.
        next_cursor: Where older ones go on, "" at the end.
        has_newer: Whether newer ones were let go, or came while they were.
        arrived: How many messages have come to this list since it was opened.
        came: How many messages have come to the inbox since the page was opened, whichever list is open.
        counts: How many messages each view holds, up to a bound.
        undo: What can be taken back.
        query: What the list was searched for, "" for the whole list.
        is_searching: Whether the search goes on.
        searched: How many messages were looked at.
        is_stopped: Whether it was ended before it had looked at everything.
        found: How many of them hold the words.
    """

    username: rx.Field[str] = rx.field("")
    share_link: rx.Field[str] = rx.field("")
    accepts_messages: rx.Field[bool] = rx.field(False)
    opens_at: rx.Field[str] = rx.field("")
    remaining: rx.Field[int] = rx.field(NO_NUMBER)
    view: rx.Field[View] = rx.field("inbox")
    messages: rx.Field[list[MessageRow]] = rx.field(default_factory=list)
    next_cursor: rx.Field[str] = rx.field("")
    has_newer: rx.Field[bool] = rx.field(False)
    arrived: rx.Field[int] = rx.field(0)
    came: rx.Field[int] = rx.field(0)
    counts: rx.Field[dict[View, int]] = rx.field(default_factory=dict)
    undo: rx.Field[Undo] = rx.field(default_factory=Undo)
    query: rx.Field[str] = rx.field("")
    is_searching: rx.Field[bool] = rx.field(False)
    is_stopped: rx.Field[bool] = rx.field(False)
    searched: rx.Field[int] = rx.field(0)
    found: rx.Field[int] = rx.field(0)
    _acts: tuple[BulkAct, ...] = ()
    _long_acts: tuple[LongAct, ...] = ()
    _is_coarse: bool = False
    _shown_as: tuple[object, ...] = ()
    _top: Place | None = None
    _all_top: Place | None = None
    _found: Found = Found()
    _search: int = 0
    _gone_through: int = 0
    _has_come_back: bool = False

    @rx.event
    async def load(self):
        """Show the newest messages. Also what *Refresh* does."""
        async for _ in self._load():
            yield

    async def _load(self, *, is_again: bool = False) -> AsyncIterator[None]:
        """Show the list, where the reader is if it is shown again, and then how many messages there are."""
        try:
            identity = await self._identify_owner()
            # First listen, then read: a message that comes in between is shown by whichever is later.
            audience.add(*self._connection(), identity.user_id, identity.session_id)
            owner = await self._services().inbox.owner(identity.user_id)
            await (self._show_again(owner) if is_again else self._show_list(owner, self.view))
        except AnonmsgError as error:
            self._refuse(error)
            self.is_waiting = self.is_waiting or (is_again and self.status == "ready")
            return
        self.status, self.failure, self.is_waiting = "ready", "", False
        yield
        try:
            self.counts = dict(await self._services().inbox.count(owner))
        except AnonmsgError as error:
            self._refuse(error)

    @rx.event
    async def load_more(self):
        """Show the next older messages below."""
        try:
            owner = await self._owner()
            if self.query:
                await self._show_more_found(owner)
            if self.query or not self.next_cursor:
                return
            page = await self._services().inbox.list_messages(owner, self._cursor(), PAGE_SIZE, self.view)
        except AnonmsgError as error:
            self._refuse(error)
            return
        shown = {row.id for row in self.messages}
        rows = self.messages + [self._row(message) for message in page.messages if message.id not in shown]
        self.has_newer = self.has_newer or len(rows) > WINDOW
        self.messages, self.next_cursor, self.failure = rows[-WINDOW:], self._hidden(page.next_cursor), ""

    @rx.event
    async def load_newer(self):
        """Show the next newer messages above, which were let go."""
        try:
            owner = await self._owner()
            if self.query:
                await self._show_newer_found(owner)
            if self.query or not self.messages:
                return
            # One more than fits tells whether there are others.
            newer = await self._services().inbox.list_newer(owner, self.messages[0].place, PAGE_SIZE + 1, self.view)
        except AnonmsgError as error:
            self._refuse(error)
            return
        self.has_newer, self.failure = len(newer) > PAGE_SIZE, ""
        rows = [self._row(message) for message in newer[-PAGE_SIZE:]] + self.messages
        self._note_top(rows[0])
        if len(rows) > WINDOW:
            self.next_cursor = self._hidden(cursor_of(rows[WINDOW - 1]))
        self.messages = rows[:WINDOW]

    @rx.event
    async def open_view(self, view: str):
        """Show another list, from its beginning."""
        try:
            form = parse(ViewForm, {"view": view})
            await self._open(await self._identify_owner(), form.view)
        except AnonmsgError as error:
            self._refuse(error)
            return
        self.failure = ""

    @rx.event
    async def show_newest(self):
        """Show the list from its beginning, if that was let go."""
        if self.has_newer:
            return type(self).load
        return None

    @rx.event
    async def set_accepting(self, accepts_messages: bool):
        """Open or close the inbox."""
        try:
            identity = await self._identify_owner()
            form = parse(AcceptMessagesForm, {"acceptMessages": accepts_messages})
            await self._services().inbox.set_accepting(identity.user_id, form.accept_messages)
        except AnonmsgError as error:
            self._refuse(error)
            return
        self._show_opening(Opening(form.accept_messages))
        self.failure = ""

    async def _identify_owner(self) -> Identity:
        """Return whose session this is; what was loaded for somebody else in the same tab is forgotten first.

        Raises:
            NotAuthenticated: If it is nobody's.
        """
        identity = await self._identify()
        if self._user_id not in {"", identity.user_id}:
            self.reset()
        return identity

    async def _owner(self) -> User:
        owner = await self._services().inbox.owner((await self._identify_owner()).user_id)
        self._note_owner(owner)
        return owner

    def _note_owner(self, owner: User) -> None:
        """Know what lists depend on beside the messages."""
        self._acts, self._long_acts, self._is_coarse = owner.acts, owner.long_acts, owner.has_coarse_dates

    def _known(self) -> tuple[object, ...]:
        """Return what lists are shown by."""
        return self._acts, tuple((act.id, act.stage) for act in self._long_acts), self._is_coarse

    async def _open(self, identity: Identity, view: View) -> User:
        """Show a list from its beginning, and what is known of its owner."""
        return await self._show_list(await self._services().inbox.owner(identity.user_id), view)

    async def _show_list(self, owner: User, view: View) -> User:
        page = await self._services().inbox.list_messages(owner, "", PAGE_SIZE, view)
        self._show_owner(owner)
        if self.query or view != self.view:
            self._all_top = None
        self._end_search()
        self.view = view
        self._show_first(page)
        return owner

    async def _show_again(self, owner: User) -> None:
        """Show the list as it is by now and leave the reader where they are, unless nothing is left from there on."""
        if self.query:
            await self._show_found_again(owner)
            return
        start = ""
        if self.has_newer:
            start = encode_cursor(place_above(self.messages[0].place)) if self.messages else self._cursor()
        inbox, count = self._services().inbox, max(len(self.messages), PAGE_SIZE)
        page = await inbox.list_messages(owner, start, count, self.view)
        if start and not page.messages:
            await self._show_list(owner, self.view)
            return
        read = await self._read_just_now(owner, page)
        self._show_owner(owner)
        self.messages = [self._row(message) for message in page.messages]
        self.next_cursor, self.has_newer = self._hidden(page.next_cursor), bool(start)
        for message in read:
            self._put(self._row(message))
        self._cut_end()
        if self.messages:
            self._note_top(self.messages[0])

    async def _read_just_now(self, owner: User, page: MessagePage) -> list[Message]:
        """Return what stands among the unread ones because it was read there, and is not listed any more."""
        if self.view != "unread":
            return []
        listed = {message.id for message in page.messages}
        ids = [row.id for row in self.messages if row.id not in listed]
        return await self._services().searching.list_found(owner, "inbox", ids)

    async def _note_acts(self, *, show: bool) -> None:
        """Know the bulk acts that wait by now and how dates are told, and show the list so if it was shown otherwise.

        Where that can't be read now, the page asks again.
        """
        try:
            owner = await self._owner()
            if show and self._known() != self._shown_as:
                await self._show_again(owner)
        except AnonmsgError as error:
            self._refuse(error)
            self.is_waiting = True

    async def _refill(self) -> None:
        """Show more of a list whose rows are all gone, while it has others: it only looks empty."""
        if self.messages or not (self.next_cursor or self.has_newer):
            return
        try:
            owner = await self._owner()
            if self.query:
                await self._show_more_found(owner)
            else:
                await self._show_again(owner)
        except AnonmsgError as error:
            self._refuse(error)

    def _show_first(self, page: MessagePage) -> None:
        self.messages = [self._row(message) for message in page.messages]
        self.next_cursor, self.has_newer = self._hidden(page.next_cursor), False
        self._top = self.messages[0].place if self.messages else None

    def _note_top(self, row: MessageRow) -> None:
        """Know the newest message that was on the screen: what is done to all is not meant for later ones."""
        self._top = max(self._top, row.place) if self._top else row.place

    async def _show_more_found(self, owner: User) -> None:
        """Show the next found ones below; those that are gone meanwhile were not found."""
        rows: list[MessageRow] = []
        while not rows and (some := self._found.older_than(self._end(), PAGE_SIZE)):
            rows = await self._found_rows(owner, some)
        self._show_part(self.messages + rows, slice(-WINDOW, None))

    async def _show_newer_found(self, owner: User) -> None:
        start = self.messages[0].place if self.messages else None
        rows = await self._found_rows(owner, self._found.newer_than(start, PAGE_SIZE))
        self._show_part(rows + self.messages, slice(WINDOW))

    async def _show_found_again(self, owner: User) -> None:
        shown = [row.place for row in self.messages]
        self._show_part(await self._found_rows(owner, shown), slice(WINDOW))
        self._show_owner(owner)
        await self._refill()

    async def _found_rows(self, owner: User, places: list[Place]) -> list[MessageRow]:
        found = await self._services().searching.list_found(owner, self.view, [place.id for place in places])
        self._found.discard(set(places) - {message.place for message in found})
        return [self._row(message) for message in found]

    def _show_part(self, rows: list[MessageRow], kept: slice) -> None:
        self.messages, self.failure = rows[kept], ""
        self._note_found()

    def _end(self) -> Place | None:
        return self.messages[-1].place if self.messages else None

    def _note_found(self) -> None:
        """Say how many were found, and whether there are more than are shown, below and above."""
        self.found = len(self._found)
        more = self._found.older_than(self._end(), 1)
        self.next_cursor = (
            self._hidden(cursor_of(self.messages[-1]) if self.messages else "") or "found" if more else ""
        )
        newest = self._found.newest()
        self.has_newer = bool(self.messages) and newest is not None and newest > self.messages[0].place

    def _end_search(self) -> None:
        """Forget a search; one that is under way ends by itself."""
        self._search += 1
        self.query, self.is_searching, self.is_stopped, self.searched, self.found = "", False, False, 0, 0
        self._found = Found()

    def _show_owner(self, owner: User) -> None:
        self._user_id, self.username = owner.id, owner.username
        self._note_owner(owner)
        self._shown_as = self._known()
        self.share_link = f"{self._services().settings.site_url}{routes.send_page(owner.username)}"
        self._show_opening(owner.opening)

    def _show_opening(self, opening: Opening) -> None:
        now = self._services().clock()
        opens_at = opening.opens_next(now)
        self.accepts_messages = opening.is_open(now)
        self.opens_at = opens_at.isoformat(timespec="milliseconds") if opens_at else ""
        self.remaining = NO_NUMBER if opening.remaining is None or opens_at else opening.remaining

    def _row(self, message: Message, *, is_new: bool = False) -> MessageRow:
        # What came after all were chosen stays new, or it would look as if it were chosen too.
        is_late = self._all_top is not None and message.place > self._all_top
        return to_row(message, is_new=is_new or is_late, is_coarse=self._is_coarse)

    def _hidden(self, cursor: str) -> str:
        """Return a cursor as the page may know it, which tells when a message came."""
        return self._services().veil.hide_cursor(cursor) if self._is_coarse else cursor

    def _cursor(self) -> str:
        return self._services().veil.reveal_cursor(self.next_cursor)

    def _meant(self, message_ids: list[str]) -> list[str]:
        """Return the ids of messages by what the page knows them by."""
        return [self._services().veil.reveal_id(message_id) for message_id in message_ids]

    # What live updates do

    def _show(self, stored: Message, *, is_new: bool = False) -> None:
        """Show a message that has come or changed."""
        message = applied(self._acts, stored)
        if message is None:
            self._hide(stored.place)
            return
        row = self._row(message, is_new=is_new)
        if is_new:
            self._count_one(row)
            self.arrived += self._belongs(row)
            self.came += is_in("inbox", row.cell)
        self._show_row(row)

    def _show_row(self, row: MessageRow) -> None:
        """Show a row where it belongs; from elsewhere it goes, unless it was read just now."""
        at = next((number for number, other in enumerate(self.messages) if other.id == row.id), None)
        if at is None:
            if self._belongs(row):
                (self._insert_found if self.query else self._insert)(row)
        elif self._belongs(row) or (self.view == "unread" and row.folder == "inbox"):
            self.messages[at] = row
        else:
            self._hide(row.place)

    def _belongs(self, row: MessageRow) -> bool:
        words = search_words(self.query)
        return is_in(self.view, row.cell) and (not words or holds(row.content, words))

    def _insert(self, row: MessageRow) -> None:
        """Put a row in its place, unless that is above or below what is loaded."""
        end = decode_cursor(self._cursor())
        if end and row.place < end:
            return
        if self.has_newer and (not self.messages or row.place > self.messages[0].place):
            return
        self._put(row)
        self._note_top(row)
        self._cut_end()

    def _cut_end(self) -> None:
        """Let the rows at the end go, as far as there are too many."""
        if len(self.messages) > WINDOW:
            self.messages = self.messages[:WINDOW]
            self.next_cursor = self._hidden(cursor_of(self.messages[-1]))

    def _insert_found(self, row: MessageRow) -> None:
        """Add a row to what was found, and show it if it stands among what is shown."""
        waits = bool(self.next_cursor) or (self.is_searching and bool(self.messages))
        is_below = waits and (not self.messages or row.place < self.messages[-1].place)
        is_above = self.has_newer and row.place > self.messages[0].place
        self._found.add([row.place])
        if not is_below and not is_above:
            self._put(row)
            self.messages = self.messages[:WINDOW]
        self._note_found()

    def _put(self, row: MessageRow) -> None:
        older = sum(other.place < row.place for other in self.messages)
        self.messages.insert(len(self.messages) - older, row)

    def _count_one(self, row: MessageRow) -> None:
        self.counts = {view: self.counts.get(view, 0) + is_in(view, row.cell) for view in VIEWS}

    def _hide(self, place: Place) -> None:
        """Take a message out of the list."""
        self.messages = [row for row in self.messages if row.id != place.id]
        if self.query:
            self._found.discard([place])
            self._note_found()
