"""Defending an inbox: blocking a message's sender, and clearing a burst, from the dashboard."""

import reflex as rx

from anonmsg.errors import AnonmsgError
from anonmsg.schemas import SortingForm, parse
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.message_rows import Undo, done_to
from anonmsg.states.visitor import Visitor

SENDER_BLOCKED = "Sender blocked, message deleted"


class DefenceState(Visitor, rx.State):
    """The dialog about where a message came from; it never says from where.

    Attributes:
        is_open: Whether the dialog is open.
        stamp: Changes whenever it is opened anew.
        burst: How many messages came with this one in a burst, 0 if there was none.
        failure: A sentence when something did not work.
    """

    is_open: rx.Field[bool] = rx.field(False)
    stamp: rx.Field[int] = rx.field(0)
    burst: rx.Field[int] = rx.field(0)
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
            burst = await self._services().blocking.burst_of(identity.user_id, meant)
        except AnonmsgError as error:
            page._refuse(error)
            return
        self._message_id, self.burst, self.failure = meant, len(burst), ""
        self.is_open, self.stamp = True, self.stamp + 1

    @rx.event
    async def block_sender(self):
        """Put aside what the sender writes from now on, and delete this message."""
        page = await self.get_state(DashboardState)
        try:
            identity = await page._identify_owner()
            act_id = await self._services().blocking.block_sender(identity.user_id, self._message_id)
        except AnonmsgError as error:
            self.failure = str(error)
            return
        page._hide(self._message_id)
        page.undo = Undo(act_id, SENDER_BLOCKED)
        self.close()

    @rx.event
    async def delete_burst(self):
        """Delete all messages of the burst."""
        page = await self.get_state(DashboardState)
        try:
            identity = await page._identify_owner()
            act_id, count = await self._services().blocking.delete_burst(identity.user_id, self._message_id)
            await page._open(identity, page.view)
        except AnonmsgError as error:
            self.failure = str(error)
            return
        page.undo = Undo(act_id, done_to(count, "delete"))
        self.close()

    @rx.event
    def close(self):
        """Do nothing about it."""
        self.is_open, self._message_id, self.burst, self.failure = False, "", 0, ""
