"""The sections of the settings page about the inbox: muted words, and how times are shown."""

from collections.abc import Collection
from typing import Any

import reflex as rx

from anonmsg.choice_forms import CoarseDatesForm, MutedForm
from anonmsg.errors import AnonmsgError
from anonmsg.schemas import parse
from anonmsg.states.settings import SettingsSection


class MutedState(SettingsSection, rx.State):
    """Changes the muted words.

    Attributes:
        done: A sentence after it worked.
    """

    done: rx.Field[str] = rx.field("")

    @rx.event
    async def submit(self, submitted: dict[str, Any]):
        """Keep the words; the inbox is gone through for new ones in the background."""
        self._clear_errors()
        self.done, self.busy = "", True
        yield
        try:
            identity = await self._owner()
            form = self._read(MutedForm, submitted)
            owner = await self._services().muting.change(identity.user_id, form.words())
        except AnonmsgError as error:
            yield await self._refuse(error)
        else:
            (await self._page())._show_inbox(owner, is_typed=True)
            self.done = "Saved."
        finally:
            self.busy = False

    @rx.event
    async def look(self):
        """Show how far the inbox has been gone through."""
        try:
            identity = await self._owner()
            (await self._page())._show_inbox(await self._services().inbox.owner(identity.user_id), is_typed=True)
        except AnonmsgError as error:
            await self._refuse(error)

    def _fields(self) -> Collection[str]:
        return MutedForm.model_fields


class DatesState(SettingsSection, rx.State):
    """Chooses how times are shown.

    Attributes:
        done: A sentence after it worked.
    """

    done: rx.Field[str] = rx.field("")

    @rx.event
    async def set_coarse(self, coarse_dates: bool):
        """Hide the exact times of messages, or show them again."""
        self._clear_errors()
        self.done = ""
        try:
            identity = await self._owner()
            form = parse(CoarseDatesForm, {"coarse_dates": coarse_dates})
            await self._services().inbox.set_coarse_dates(identity.user_id, form.coarse_dates)
        except AnonmsgError as error:
            return await self._refuse(error)
        (await self._page()).has_coarse_dates = form.coarse_dates
        self.done = "Saved."
        return None
