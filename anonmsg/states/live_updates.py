"""Pushes changes of the database to the dashboards that are open in this process."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import reflex as rx

from anonmsg.bootstrap import services
from anonmsg.errors import AnonmsgError, Unavailable
from anonmsg.live import audience
from anonmsg.models import Counts, Place
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.private import leave
from anonmsg.storage.changes import (
    AcceptingChanged,
    BulkActsChanged,
    Change,
    HistoryLost,
    MessageHidden,
    MessageShown,
    SessionEnded,
)

log = logging.getLogger(__name__)

Update = Callable[[DashboardState], Awaitable[None] | None]

RECOUNT_SECONDS = 0.5
"""Counting waits so long, so that a hundred changes are counted once."""

MOST_WAITING = 200
"""A page with more updates than this loads anew; that is less work than all of them."""


class Deliveries:
    """Brings updates to tabs, each at its own pace: a slow one delays no other."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[tuple[str, Update]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._counting: set[str] = set()

    def post(self, app: rx.App, tabs: tuple[str, ...], update: Update, owner: str = "") -> None:
        """Have tabs updated, in the order of these calls."""
        for tab in tabs:
            is_idle = tab not in self._waiting
            self._waiting.setdefault(tab, []).append((owner, update))
            if is_idle:
                self._start(self._drain(app, tab))

    def end(self, app: rx.App, tab: str, session_id: str) -> None:
        """Have a tab let go of everything private, because its session is over."""
        self._start(_end_tab(app, tab, session_id))

    def recount(self, app: rx.App, user_id: str) -> None:
        """Have somebody's messages counted soon, once however often this is called until then."""
        if user_id not in self._counting and audience.of_user(user_id):
            self._counting.add(user_id)
            self._start(self._count(app, user_id))

    async def finish(self) -> None:
        """Wait until every tab has what was posted."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Leave everything undone."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._waiting.clear()

    def _start(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._note_end)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("A page could not be updated (%s).", type(error).__name__)

    async def _drain(self, app: rx.App, tab: str) -> None:
        try:
            while updates := self._waiting[tab]:
                self._waiting[tab] = []
                await _update_tab(app, tab, updates)
        finally:
            self._waiting.pop(tab, None)

    async def _count(self, app: rx.App, user_id: str) -> None:
        await asyncio.sleep(RECOUNT_SECONDS)
        self._counting.discard(user_id)
        try:
            owner = await services().inbox.owner(user_id)
            counts = await services().inbox.count(owner)
        except AnonmsgError:
            return  # who is away or gone needs no count; the page says so itself
        self.post(app, audience.of_user(user_id), lambda page: _show_counts(page, counts), user_id)


deliveries = Deliveries()
"""The updates of this process; a process serves one app."""


async def announce(app: rx.App, change: Change) -> None:
    """Have a change shown on every dashboard that it concerns, without waiting for any of them."""
    if isinstance(change, MessageShown):
        owner, message, is_new = change.message.recipient_id, change.message, change.is_new
        deliveries.post(app, audience.of_user(owner), lambda page: page._show(message, is_new=is_new), owner)
        deliveries.recount(app, owner)
    elif isinstance(change, MessageHidden):
        owner, hidden = change.recipient_id, Place(change.created_at, change.message_id)
        deliveries.post(app, audience.of_user(owner), lambda page: page._hide(hidden), owner)
        deliveries.recount(app, owner)
    elif isinstance(change, AcceptingChanged):
        owner, opening = change.user_id, change.opening
        deliveries.post(app, audience.of_user(owner), lambda page: page._show_opening(opening), owner)
    elif isinstance(change, BulkActsChanged):
        show = change.changes_lists
        deliveries.post(app, audience.of_user(change.user_id), lambda page: _note_acts(page, show=show), change.user_id)
        deliveries.recount(app, change.user_id)
    elif isinstance(change, SessionEnded):
        for tab in audience.of_session(change.session_id):
            deliveries.end(app, tab, change.session_id)
    elif isinstance(change, HistoryLost):
        deliveries.post(app, audience.everyone(), _load_anew)


async def deliver(app: rx.App, change: Change) -> None:
    """Show a change as `announce` does, and wait until it is shown."""
    await announce(app, change)
    await deliveries.finish()


def _load_anew(page: DashboardState) -> None:
    page.is_waiting = True


async def _note_acts(page: DashboardState, *, show: bool) -> None:
    if page.status == "ready":
        await page._note_acts(show=show)


def _show_counts(page: DashboardState, counts: Counts) -> None:
    page.counts = dict(counts)


def _is_here(app: rx.App, tab: str) -> bool:
    """Return whether a tab is connected as it was when it was noted; forget it if not."""
    namespace = app.event_namespace
    connection = namespace.token_to_sid.get(tab) if namespace else None
    is_here = connection is not None and connection == audience.connection(tab)
    if not is_here:
        audience.discard(tab)
    return is_here


async def _end_tab(app: rx.App, tab: str, session_id: str) -> None:
    if not _is_here(app, tab):
        return
    async with app.modify_state(rx.BaseStateToken(ident=tab, cls=DashboardState)) as root:
        # It may have come back under the session that took the place of this one.
        if tab in audience.of_session(session_id):
            await leave(root)


async def _update_tab(app: rx.App, tab: str, updates: list[tuple[str, Update]]) -> None:
    if not _is_here(app, tab):
        return
    if len(updates) > MOST_WAITING:
        updates = [("", _load_anew)]
    async with app.modify_state(rx.BaseStateToken(ident=tab, cls=DashboardState)) as root:
        if not _is_here(app, tab):  # it may have gone while another event of it was worked on
            return
        page = await root.get_state(DashboardState)
        try:
            # A session may be over and nobody say so: when it was idle for too long, or before the database tidies.
            if any(owner for owner, _ in updates) and not await services().sessions.is_alive(*audience.session(tab)):
                await leave(root)
                return
        except Unavailable:
            updates = [("", _load_anew)]
        for owner, update in updates:
            # The tab may have changed hands since it was noted; a stranger's page shows nothing of this.
            if not owner or page._user_id == owner:
                if (work := update(page)) is not None:
                    await work
            elif not page._user_id:  # the framework has forgotten a tab that was quiet for long, so it loads anew
                page.is_waiting = True
        await page._refill()
