"""Pushes changes of the database to the dashboards that are open in this process."""

import asyncio
from collections.abc import Callable

import reflex as rx

from anonmsg.live import audience
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.private import leave
from anonmsg.storage.changes import AcceptingChanged, Change, HistoryLost, MessageHidden, MessageShown, SessionEnded

Update = Callable[[DashboardState], None]


async def deliver(app: rx.App, change: Change) -> None:
    """Show a change on every dashboard that it concerns."""
    if isinstance(change, MessageShown):
        owner, message = change.message.recipient_id, change.message
        await _update(app, audience.of_user(owner), lambda page: page._insert(message), owner)
    elif isinstance(change, MessageHidden):
        owner, hidden = change.recipient_id, change.message_id
        await _update(app, audience.of_user(owner), lambda page: page._hide(hidden), owner)
    elif isinstance(change, AcceptingChanged):
        owner, accepts = change.user_id, change.accepts_messages
        await _update(app, audience.of_user(owner), lambda page: setattr(page, "accepts_messages", accepts), owner)
    elif isinstance(change, SessionEnded):
        ended = change.session_id
        await asyncio.gather(*(_end_tab(app, tab, ended) for tab in audience.of_session(ended)))
    elif isinstance(change, HistoryLost):
        await _update(app, audience.everyone(), lambda page: setattr(page, "is_waiting", True))


async def _update(app: rx.App, tabs: tuple[str, ...], update: Update, owner: str = "") -> None:
    await asyncio.gather(*(_update_tab(app, tab, update, owner) for tab in tabs))


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


async def _update_tab(app: rx.App, tab: str, update: Update, owner: str) -> None:
    if not _is_here(app, tab):
        return
    async with app.modify_state(rx.BaseStateToken(ident=tab, cls=DashboardState)) as root:
        page = await root.get_state(DashboardState)
        # The tab may have changed hands since it was noted; a stranger's page shows nothing of this.
        if not owner or page._user_id == owner:
            update(page)
        elif not page._user_id:  # the framework has forgotten a tab that was quiet for long, so it loads anew
            page.is_waiting = True
