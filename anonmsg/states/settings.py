"""The settings page: whose it is, and what it shows; each section of it has a state of its own for its actions."""

import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from math import ceil

import reflex as rx

from anonmsg import routes
from anonmsg.errors import AnonmsgError, NotAuthenticated, PasswordNeeded
from anonmsg.live import audience
from anonmsg.models import Block, Muting, PageSettings, Session, User
from anonmsg.services.sessions import Identity
from anonmsg.states.forms import FormState
from anonmsg.states.notice import Notice
from anonmsg.states.page_row import PageRow, to_page_row
from anonmsg.states.private_page import PrivatePage
from anonmsg.states.visitor import Visitor

NOT_EXPORTED = "Nothing was downloaded. Please confirm that it is you, and try again."


@dataclasses.dataclass(frozen=True)
class SessionRow:
    """A browser that is signed in, as the page shows it.

    Attributes:
        created_at: ISO 8601, UTC; so is `last_seen_at`.
        is_this: Whether it is the one that looks at the page.
    """

    id: str
    device: str
    created_at: str
    last_seen_at: str
    is_this: bool


@dataclasses.dataclass(frozen=True)
class BlockRow:
    """A blocked sender, as the page shows it.

    Attributes:
        excerpt: The beginning of the message for which it was blocked.
        blocked_at: ISO 8601, UTC.
    """

    id: str
    excerpt: str
    blocked_at: str


def to_row(session: Session, this_id: str) -> SessionRow:
    """Return the row that shows a session."""
    return SessionRow(
        id=session.id,
        device=session.device,
        created_at=session.created_at.isoformat(timespec="milliseconds"),
        last_seen_at=session.last_seen_at.isoformat(timespec="milliseconds"),
        is_this=session.id == this_id,
    )


def say_progress(muting: Muting) -> str:
    """Return how far an inbox has been gone through for muted words."""
    searched = f"{muting.searched:,} {'message' if muting.searched == 1 else 'messages'}"
    if not muting.is_done:
        return f"Going through your inbox: {searched} so far."
    return f"Your inbox was gone through: {searched}, {muting.moved:,} moved to Filtered."


class SettingsState(PrivatePage, rx.State):
    """What is on the settings page. Everything private of the page is here, so that it is forgotten in one place.

    Attributes:
        status: As of every private page, or "deleted" once the account is.
        send_page: What the form about the send page is filled with.
        page_stamp: Changes whenever that form has to be filled anew.
        new_email: The address that waits for its code, "" if none.
        code_seconds: How long the cool-down for another code takes, counted from `code_stamp`.
        muted: The muted words, one a line.
        muted_stamp: Changes whenever their field has to be filled anew.
        is_muting: Whether the inbox is being gone through for them.
        progress: How far that is, or what came of it; "" if nothing had to be done.
        blocks: The blocked senders, the newest first.
        asks: The button whose action waits for the password, "" if none does.
        ask_stamp: Changes whenever the password is asked for again.
        press: The button that the page presses by itself, because the password was right.
    """

    username: rx.Field[str] = rx.field("")
    email: rx.Field[str] = rx.field("")
    new_email: rx.Field[str] = rx.field("")
    send_page: rx.Field[PageRow] = rx.field(default_factory=PageRow)
    page_stamp: rx.Field[int] = rx.field(0)
    code_seconds: rx.Field[int] = rx.field(0)
    code_stamp: rx.Field[int] = rx.field(0)
    sessions: rx.Field[list[SessionRow]] = rx.field(default_factory=list)
    muted: rx.Field[str] = rx.field("")
    muted_stamp: rx.Field[int] = rx.field(0)
    is_muting: rx.Field[bool] = rx.field(False)
    progress: rx.Field[str] = rx.field("")
    has_coarse_dates: rx.Field[bool] = rx.field(False)
    blocks: rx.Field[list[BlockRow]] = rx.field(default_factory=list)
    asks: rx.Field[str] = rx.field("")
    ask_stamp: rx.Field[int] = rx.field(0)
    press: rx.Field[str] = rx.field("")

    @rx.event
    async def load(self):
        """Show what is stored now."""
        await self._reset_sections()
        try:
            await self._load()
        except AnonmsgError as error:
            self._refuse(error)
            return
        was_refused = self.router.url.query_parameters.get("export") == "refused"
        self.failure = NOT_EXPORTED if was_refused else ""

    @rx.event
    async def say_farewell(self):
        """Go home, because the account is deleted and the browser has forgotten its cookie."""
        if self.status != "deleted":
            return None
        self.reset()
        (await self.get_state(Notice))._say("Your account and everything in it was deleted.", routes.HOME)
        return rx.redirect(routes.HOME, replace=True)

    @rx.event
    def cancel_confirm(self):
        """Do without what the password was asked for."""
        self.asks = ""

    async def _load(self) -> None:
        identity = await self._identify()
        if self._user_id not in {"", identity.user_id}:
            self.reset()
        self._user_id = identity.user_id
        # First listen, then read: a session that ends in between takes the page with it.
        audience.add(*self._connection(), identity.user_id, identity.session_id)
        emails = self._services().emails
        self.email = await emails.present(identity.user_id)
        change = await emails.waiting(identity.user_id)
        self.new_email = change.email if change else ""
        if change:
            self._cool_down(emails.cooldown_left(change))
        sessions = await self._services().sessions.list_sessions(identity.user_id)
        rows = [to_row(session, identity.session_id) for session in sessions]
        self.sessions = sorted(rows, key=lambda row: not row.is_this)
        self._show_inbox(await self._services().inbox.owner(identity.user_id))
        self._show_blocks(await self._services().blocking.list_blocks(identity.user_id))
        self._fill(await self._services().send_pages.page(identity))
        self.username = identity.username
        self.status, self.is_waiting = "ready", False

    def _show_inbox(self, owner: User, *, is_typed: bool = False) -> None:
        """Show what was chosen for the inbox; in a field that holds it already somebody may be typing."""
        muted, muting = "\n".join(owner.muted), owner.muting
        if muted != self.muted:
            self.muted, self.muted_stamp = muted, self.muted_stamp + (not is_typed)
        self.is_muting = muting is not None and not muting.is_done
        self.progress = say_progress(muting) if muting else ""
        self.has_coarse_dates = owner.has_coarse_dates

    def _show_blocks(self, blocks: Sequence[Block]) -> None:
        self.blocks = [
            BlockRow(block.id, block.excerpt, block.blocked_at.isoformat(timespec="milliseconds")) for block in blocks
        ]

    def _fill(self, page: PageSettings) -> None:
        """Fill the form about the send page, unless it is filled so: somebody may be typing in it."""
        row = to_page_row(page)
        if row != self.send_page:
            self.send_page, self.page_stamp = row, self.page_stamp + 1

    async def _reload(self) -> None:
        try:
            await self._load()
        except AnonmsgError as error:
            self._refuse(error)

    def _cool_down(self, left: timedelta) -> None:
        self.code_seconds = ceil(left.total_seconds())
        self.code_stamp += 1

    def _ask(self, button: str) -> None:
        """Ask for the password; the button is pressed again when it was right."""
        self.asks, self.press = button, ""
        self.ask_stamp += 1

    async def _reset_sections(self) -> None:
        for section in SettingsSection.__subclasses__():
            (await self.get_state(section)).reset()


class SettingsSection(FormState, Visitor, rx.State, mixin=True):
    """What the sections share: asking whose session it is, and for the password where that is needed."""

    async def _page(self) -> SettingsState:
        return await self.get_state(SettingsState)

    async def _owner(self) -> Identity:
        """Return whose session this is, asked anew each time.

        Raises:
            NotAuthenticated: If it is nobody's, or not that of whom the page was made for.
        """
        identity = await self._identify()
        if (await self._page())._user_id not in {"", identity.user_id}:
            raise NotAuthenticated
        return identity

    async def _refuse(self, error: AnonmsgError, button: str = "") -> list[rx.event.EventSpec]:
        """Show what went wrong, ask for the password, or let the page go.

        Args:
            error: What went wrong.
            button: The id of the button that is pressed again when the password was right.
        """
        page = await self._page()
        if isinstance(error, PasswordNeeded):
            page._ask(button)
            return []
        if isinstance(error, NotAuthenticated):
            await self._leave()
            return []
        return self._show(error)

    async def _leave(self) -> None:
        page = await self._page()
        await page._reset_sections()
        page._leave()
