"""Live updates: one change stream a process, handed to whoever shows what changed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from anonmsg.errors import Unavailable
from anonmsg.faults import report
from anonmsg.storage.changes import RETRY_SECONDS, Change, Changes
from anonmsg.storage.database import Database

log = logging.getLogger(__name__)


Deliver = Callable[[Change], Awaitable[None]]


class Audience:
    """Which open pages of this process show whose inbox, by the token of their connection."""

    def __init__(self) -> None:
        self._tabs: dict[str, tuple[str, str, str]] = {}
        self._by_user: dict[str, set[str]] = {}

    def add(self, tab: str, connection: str, user_id: str, session_id: str) -> None:
        """Note that a tab shows a user's inbox under a session, and over which connection it proved that."""
        self.discard(tab)
        self._tabs[tab] = (connection, user_id, session_id)
        self._by_user.setdefault(user_id, set()).add(tab)

    def discard(self, tab: str) -> None:
        """Note that a tab shows nobody's inbox any more."""
        _, user_id, _ = self._tabs.pop(tab, ("", "", ""))
        tabs = self._by_user.get(user_id, set())
        tabs.discard(tab)
        if not tabs:
            self._by_user.pop(user_id, None)

    def of_user(self, user_id: str) -> tuple[str, ...]:
        """Return the tabs that show a user's inbox."""
        return tuple(self._by_user.get(user_id, ()))

    def of_session(self, session_id: str) -> tuple[str, ...]:
        """Return the tabs that are open under a session."""
        return tuple(tab for tab, (_, _, session) in self._tabs.items() if session == session_id)

    def connection(self, tab: str) -> str:
        """Return the connection over which a tab proved whose it is; "" for a tab that shows nothing.

        A tab's name proves nothing: whoever knows it can come back under it over another connection.
        """
        return self._tabs.get(tab, ("", "", ""))[0]

    def session(self, tab: str) -> tuple[str, str]:
        """Return whose inbox a tab shows and under which session; two times "" for a tab that shows nothing."""
        return self._tabs.get(tab, ("", "", ""))[1:]

    def everyone(self) -> tuple[str, ...]:
        """Return all tabs."""
        return tuple(self._tabs)


audience = Audience()
"""The tabs of this process; a process serves one app."""


async def follow(changes: Changes, database: Database, deliver: Deliver) -> None:
    """Hand every change to `deliver` until cancelled; does nothing where the database has no change streams.

    A change that can't be delivered is logged and left: one bad page must not stop the others. A
    stream that ends is opened again, and once it is open pages are told that they may have missed something.
    """
    while True:
        try:
            if not await database.is_replica_set():
                log.warning("The database is not a replica set, so dashboards don't update by themselves.")
                return
            async for change in changes.follow():
                await _hand_over(change, deliver)
        except Unavailable:
            log.warning("The database went away under the live updates; they begin anew.")
        except Exception as error:
            report("Following the changes", error)
        await asyncio.sleep(RETRY_SECONDS)


async def _hand_over(change: Change, deliver: Deliver) -> None:
    try:
        await deliver(change)
    except Exception as error:
        report(f"Delivering a {type(change).__name__}", error)
