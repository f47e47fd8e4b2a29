"""The dashboard: a signed-in person's inbox."""

import dataclasses

import reflex as rx

from anonmsg import routes
from anonmsg.errors import AnonmsgError, NotAuthenticated
from anonmsg.live import audience
from anonmsg.models import Folder, Message, MessagePage, User
from anonmsg.schemas import PAGE_SIZE, AcceptMessagesForm, parse
from anonmsg.services.sessions import Identity
from anonmsg.states.visitor import Visitor


@dataclasses.dataclass(frozen=True)
class MessageRow:
    """A message as the page shows it.

    Attributes:
        content: The text, "" if it can't be read.
        created_at: ISO 8601, UTC.
    """

    id: str
    content: str
    created_at: str
    is_readable: bool


def to_row(message: Message) -> MessageRow:
    """Return the row that shows a message."""
    return MessageRow(
        id=message.id,
        content=message.content or "",
        created_at=message.created_at.isoformat(timespec="milliseconds"),
        is_readable=message.content is not None,
    )


class DashboardState(Visitor, rx.State):
    """What is on the dashboard. Each handler asks again whose session it is.

    Attributes:
        status: "" (nothing known yet), "ready" or "left" (signed out, so the page has to go).
        failure: A sentence when something did not work.
        is_waiting: Whether the page waits for the database to come back.
        deleted_id: The message whose deletion can be undone.
        folder: The folder that is open.
    """

    status: rx.Field[str] = rx.field("")
    username: rx.Field[str] = rx.field("")
    share_link: rx.Field[str] = rx.field("")
    accepts_messages: rx.Field[bool] = rx.field(False)
    folder: rx.Field[Folder] = rx.field("inbox")
    messages: rx.Field[list[MessageRow]] = rx.field(default_factory=list)
    next_cursor: rx.Field[str] = rx.field("")
    deleted_id: rx.Field[str] = rx.field("")
    failure: rx.Field[str] = rx.field("")
    is_waiting: rx.Field[bool] = rx.field(False)
    _user_id: str = ""
    _last_loaded: tuple[str, str] = ("", "")

    @rx.event
    async def load(self):
        """Show the newest messages. Also what *Refresh* does, and a page that waits for the database."""
        try:
            identity = await self._identify_owner()
            # First listen, then read: a message that comes in between is shown by whichever is later.
            audience.add(*self._connection(), identity.user_id, identity.session_id)
            owner = await self._services().inbox.owner(identity.user_id)
            page = await self._services().inbox.list_messages(identity.user_id, "", PAGE_SIZE, self.folder)
        except AnonmsgError as error:
            self._refuse(error)
            return
        self._show_owner(identity, owner)
        self.messages = [to_row(message) for message in page.messages]
        self._note_end(page)
        self.status, self.failure, self.is_waiting = "ready", "", False

    @rx.event
    async def load_more(self):
        """Show the next older messages below."""
        try:
            identity = await self._identify_owner()
            page = await self._services().inbox.list_messages(
                identity.user_id, self.next_cursor, PAGE_SIZE, self.folder
            )
        except AnonmsgError as error:
            self._refuse(error)
            return
        shown = {row.id for row in self.messages}
        self.messages += [to_row(message) for message in page.messages if message.id not in shown]
        self._note_end(page)
        self.failure = ""

    @rx.event
    async def open_folder(self, folder: str):
        """Show another folder."""
        try:
            identity = await self._identify_owner()
            opened: Folder = "filtered" if folder == "filtered" else "inbox"
            page = await self._services().inbox.list_messages(identity.user_id, "", PAGE_SIZE, opened)
        except AnonmsgError as error:
            self._refuse(error)
            return
        self.folder, self.failure = opened, ""
        self.messages = [to_row(message) for message in page.messages]
        self._note_end(page)

    @rx.event
    async def delete_message(self, message_id: str):
        """Delete a message, and offer to undo it."""
        try:
            identity = await self._identify_owner()
            await self._services().inbox.delete_message(identity.user_id, message_id)
        except AnonmsgError as error:
            self._refuse(error)
            return
        self._hide(message_id)
        self.deleted_id, self.failure = message_id, ""

    @rx.event
    async def undo_delete(self, message_id: str):
        """Bring back a message that was deleted a moment ago."""
        try:
            identity = await self._identify_owner()
            message = await self._services().inbox.undo_delete(identity.user_id, message_id)
        except AnonmsgError as error:
            self.deleted_id = ""
            self._refuse(error)
            return
        self._insert(message)
        self.deleted_id, self.failure = "", ""

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
        self.accepts_messages, self.failure = form.accept_messages, ""

    async def _identify_owner(self) -> Identity:
        """Return whose session this is; what was loaded for somebody else in the same tab is forgotten first.

        Raises:
            NotAuthenticated: If it is nobody's.
        """
        identity = await self._identify()
        if self._user_id not in {"", identity.user_id}:
            self.reset()
        return identity

    def _refuse(self, error: AnonmsgError) -> None:
        """Say what went wrong; somebody who is not signed in is shown nothing but sign-in."""
        if isinstance(error, NotAuthenticated):
            self._leave()
        else:
            self.failure = str(error)
            self.is_waiting = self.status != "ready"

    def _leave(self) -> None:
        """Forget everything private, because the session is over."""
        audience.discard(self.router.session.client_token)
        self.reset()
        self.status = "left"

    def _show_owner(self, identity: Identity, owner: User) -> None:
        self._user_id, self.username = identity.user_id, owner.username
        self.share_link = f"{self._services().settings.site_url}{routes.send_page(owner.username)}"
        self.accepts_messages = owner.accepts_messages

    def _insert(self, message: Message) -> None:
        """Put a message in its place, unless it is there, or belongs elsewhere or below what has been loaded."""
        if message.folder != self.folder or any(row.id == message.id for row in self.messages):
            return
        row = to_row(message)
        place = (row.created_at, row.id)
        if place >= self._last_loaded:
            newer = sum((other.created_at, other.id) > place for other in self.messages)
            self.messages.insert(newer, row)

    def _note_end(self, page: MessagePage) -> None:
        """Remember how far down has been loaded, also when those rows are deleted later."""
        last = to_row(page.messages[-1]) if page.next_cursor else None
        self._last_loaded = (last.created_at, last.id) if last else ("", "")
        self.next_cursor = page.next_cursor

    def _hide(self, message_id: str) -> None:
        self.messages = [row for row in self.messages if row.id != message_id]
