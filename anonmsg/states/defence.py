"""Defending an inbox: blocking a message's sender, and clearing a burst, from the dashboard."""

import reflex as rx

from anonmsg.errors import AnonmsgError, NotAuthenticated
from anonmsg.schemas import SortingForm, parse
from anonmsg.services.sessions import Identity
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.message_rows import Undo
from anonmsg.states.visitor import Visitor

SENDER_BLOCKED = "Sender blocked, message deleted"
BURST_DELETED = "Burst deleted"


class DefenceState(Visitor, rx.State):
    """The dialog about where a message came from; it never says from where.

    Attributes:
        is_open: Whether the dialog is open.
        stamp: Changes whenever it is opened anew.
        can_block: Whether the message's sender can be told from others.
        is_burst: Whether the message came with many others.
        failure: A sentence when something did not work.
    """

    is_open: rx.Field[bool] = rx.field(False)
    stamp: rx.Field[int] = rx.field(0)
    can_block: rx.Field[bool] = rx.field(False)
    is_burst: rx.Field[bool] = rx.field(False)
    failure: rx.Field[str] = rx.field("")
    _message_id: str = ""

    @rx.event
    async def ask_about(self, message_id: str):
        """Ask what to do about whoever sent a message."""
        page = await self.get_state(DashboardState)
        try:
            identity = await page._identify_owner()
            form = parse(SortingForm, {"action": "delete", "message_ids": [message_id]})
            (meant,) = page._meant(form.message_ids)
            defence = await self._services().blocking.look(identity.user_id, meant)
        except AnonmsgError as error:
            page._refuse(error)
            return
        self._message_id, self.failure = meant, ""
        self.can_block, self.is_burst = defence.can_block, defence.is_burst
        self.is_open, self.stamp = True, self.stamp + 1

    @rx.event
    async def block_sender(self):
        """Put aside what the sender writes from now on, and delete this message."""
        page = await self.get_state(DashboardState)
        try:
            identity = await self._owner(page)
            act_id = await self._services().blocking.block_sender(identity.user_id, self._message_id)
        except AnonmsgError as error:
            self._refuse(page, error)
            return
        for row in [row for row in page.messages if row.id == self._message_id]:
            page._hide(row.place)
        page.undo, page.failure = Undo(act_id, SENDER_BLOCKED), ""
        self.reset()

    @rx.event
    async def delete_burst(self):
        """Delete all messages of the burst."""
        page = await self.get_state(DashboardState)
        try:
            identity = await self._owner(page)
            act_id = await self._services().blocking.delete_burst(identity.user_id, self._message_id)
            await page._show_again(await self._services().inbox.owner(identity.user_id))
        except AnonmsgError as error:
            self._refuse(page, error)
            return
        page.undo, page.failure = Undo(act_id, BURST_DELETED), ""
        self.reset()

    @rx.event
    def close(self):
        """Do nothing about it."""
        self.reset()

    async def _owner(self, page: DashboardState) -> Identity:
        """Return whose session this is; a dialog that somebody else has opened in this tab is forgotten first.

        Raises:
            NotAuthenticated: If it is nobody's.
        """
        opened_by = page._user_id
        identity = await page._identify_owner()
        if opened_by not in {"", identity.user_id}:
            self.reset()
        return identity

    def _refuse(self, page: DashboardState, error: AnonmsgError) -> None:
        """Say in the dialog what went wrong, for it hides the page; who is not signed in is shown nothing."""
        if isinstance(error, NotAuthenticated):
            self.reset()
            page._refuse(error)
        else:
            self.failure = str(error)
