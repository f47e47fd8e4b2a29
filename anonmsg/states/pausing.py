"""Pausing the inbox from the dashboard: until a moment, or after some messages."""

import reflex as rx

from anonmsg.choice_forms import CloseAfterForm, PauseForm
from anonmsg.errors import AnonmsgError, InvalidInput
from anonmsg.schemas import parse
from anonmsg.states.inbox_list import InboxList


class PausableInbox(InboxList, rx.State, mixin=True):
    """How the inbox closes and opens by itself. Each handler asks again whose session it is.

    Attributes:
        pause_error: What is wrong with the moment or number that was chosen.
    """

    pause_error: rx.Field[str] = rx.field("")

    @rx.event
    async def pause(self, until: str):
        """Close the inbox until a moment."""
        self.pause_error = ""
        try:
            identity = await self._identify_owner()
            await self._services().pausing.pause(identity.user_id, parse(PauseForm, {"until": until}))
            self._show_opening((await self._owner()).opening)
        except AnonmsgError as error:
            self._refuse_pause(error)

    @rx.event
    async def close_after(self, messages: int):
        """Let the inbox close after some more messages."""
        self.pause_error = ""
        try:
            identity = await self._identify_owner()
            await self._services().pausing.close_after(identity.user_id, parse(CloseAfterForm, {"messages": messages}))
            self._show_opening((await self._owner()).opening)
        except AnonmsgError as error:
            self._refuse_pause(error)

    @rx.event
    async def look_again(self):
        """See whether the inbox is open by now; what the page does when a pause should be over."""
        try:
            self._show_opening((await self._owner()).opening)
        except AnonmsgError as error:
            self._refuse(error)

    def _refuse_pause(self, error: AnonmsgError) -> None:
        if isinstance(error, InvalidInput):
            self.pause_error = str(error)
        else:
            self._refuse(error)
