"""The sections of the settings page about the account as a whole: sessions, export, deletion."""

from collections.abc import Collection
from typing import Any

import reflex as rx

from anonmsg.errors import AnonmsgError, SessionNotFound
from anonmsg.live import audience
from anonmsg.schemas import DeleteAccountForm, SessionForm, parse
from anonmsg.states.private import forget_everything
from anonmsg.states.settings import SettingsSection

END_OTHERS = "end-others"
EXPORT_BUTTONS = {"json": "export-json", "csv": "export-csv"}


class SessionsState(SettingsSection, rx.State):
    """Ends sessions.

    Attributes:
        done: A sentence after it worked.
    """

    done: rx.Field[str] = rx.field("")

    @rx.event
    async def end_session(self, session_id: str):
        """End one of the person's sessions."""
        self._clear_errors()
        self.done = ""
        try:
            identity = await self._owner()
            form = parse(SessionForm, {"session_id": session_id})
            self._services().confirmation.require(identity)
            await self._services().sessions.end(identity.user_id, form.session_id)
            await (await self._page())._reload()
        except AnonmsgError as error:
            if isinstance(error, SessionNotFound):
                await (await self._page())._reload()
            return await self._refuse(error, f"end-{session_id}")
        self.done = "That browser was signed out."
        return None

    @rx.event
    async def end_others(self):
        """End all of the person's sessions but this one."""
        self._clear_errors()
        self.done = ""
        try:
            identity = await self._owner()
            self._services().confirmation.require(identity)
            await self._services().sessions.end_others(identity)
            await (await self._page())._reload()
        except AnonmsgError as error:
            return await self._refuse(error, END_OTHERS)
        self.done = "Every other browser was signed out."
        return None


class ExportState(SettingsSection, rx.State):
    """Lets the page download an export once the password is fresh.

    Attributes:
        press: The unseen button that sends the request for the file.
    """

    press: rx.Field[str] = rx.field("")

    @rx.event
    async def start(self, kind: str):
        """Download everything, or ask for the password first."""
        button = EXPORT_BUTTONS.get(kind)
        if button is None:
            return
        self._clear_errors()
        try:
            self._services().confirmation.require(await self._owner())
        except AnonmsgError as error:
            yield await self._refuse(error, button)
            return
        self.press = f"{button}-file"
        yield
        self.press = ""  # or a page that comes back would press it again


class LeavingState(SettingsSection, rx.State):
    """Deletes the account."""

    @rx.event
    async def submit(self, submitted: dict[str, Any]):
        """Delete the account, and everything in it."""
        self._clear_errors()
        self.busy = True
        yield
        identity, (tab, connection) = None, self._connection()
        try:
            identity = await self._owner()
            form = self._read(DeleteAccountForm, submitted)
            audience.discard(tab)  # this page says goodbye; all others just leave
            await self._services().leaving.leave(identity, form)
        except AnonmsgError as error:
            if identity is not None:
                audience.add(tab, connection, identity.user_id, identity.session_id)
            yield await self._refuse(error)
        else:
            await forget_everything(self)
            (await self._page()).status = "deleted"
        finally:
            self.busy = False

    def _fields(self) -> Collection[str]:
        return DeleteAccountForm.model_fields
