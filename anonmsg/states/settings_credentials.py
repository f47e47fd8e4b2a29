"""The sections of the settings page that change password and address."""

from collections.abc import Collection
from typing import Any

import reflex as rx

from anonmsg.errors import AnonmsgError, EmailChangeNotFound, EmailTaken, TooManyAttempts
from anonmsg.schemas import EmailCodeForm, NewEmailForm, NewPasswordForm
from anonmsg.states.notice import Notice
from anonmsg.states.password_check import PasswordCheck
from anonmsg.states.settings import SettingsSection

CHANGE_PASSWORD = "change-password"
CHANGE_EMAIL = "change-email"
RESEND = "resend-email-code"


class PasswordState(PasswordCheck, SettingsSection, rx.State):
    """Changes the password and hands the browser a ticket for its new session cookie.

    Attributes:
        ticket: Good for one exchange within a minute; the page makes it at once.
    """

    ticket: rx.Field[str] = rx.field("")

    @rx.event
    async def submit(self, submitted: dict[str, Any]):
        """Change the password."""
        self._clear_errors()
        self.ticket, self.busy = "", True
        yield
        try:
            identity = await self._owner()
            form = self._read(NewPasswordForm, submitted)
            self.ticket = await self._services().passwords.change(identity, form, self._device())
        except AnonmsgError as error:
            yield await self._refuse(error, CHANGE_PASSWORD)
        else:
            (await self.get_state(Notice))._say("Your password was changed")
        finally:
            self.busy = bool(self.ticket)  # the page goes on working until it has exchanged the ticket

    @rx.event
    async def exchange_failed(self):
        """The browser could not exchange its ticket."""
        self.ticket, self.busy = "", False
        self.failure = "Your password was changed. Please sign in again with the new one."

    def _fields(self) -> Collection[str]:
        return NewPasswordForm.model_fields


class EmailState(SettingsSection, rx.State):
    """Mails a code to a new address, and takes it.

    Attributes:
        sent: A sentence after another code was sent.
    """

    sent: rx.Field[str] = rx.field("")

    @rx.event
    async def submit(self, submitted: dict[str, Any]):
        """Mail a code to a new address."""
        self._clear_errors()
        self.busy = True
        yield
        try:
            identity = await self._owner()
            form = self._read(NewEmailForm, submitted)
            await self._services().emails.start(identity, form)
            await (await self._page())._reload()
        except AnonmsgError as error:
            yield await self._refuse(error, CHANGE_EMAIL)
        else:
            yield rx.set_focus("code")
        finally:
            self.busy = False

    @rx.event
    async def submit_code(self, submitted: dict[str, Any]):
        """Take the code that was mailed to the new address."""
        self._clear_errors()
        self.sent, self.busy = "", True
        yield
        page = await self._page()
        try:
            identity = await self._owner()
            form = self._read(EmailCodeForm, submitted)
            await self._services().emails.finish(identity, form)
            await page._reload()
        except AnonmsgError as error:
            if isinstance(error, EmailTaken | EmailChangeNotFound):
                page.new_email = ""
            yield await self._refuse(error)
        else:
            self.sent = "Your email address was changed"
        finally:
            self.busy = False

    @rx.event
    async def resend_code(self):
        """Mail another code."""
        self._clear_errors()
        self.sent = ""
        page = await self._page()
        try:
            await self._services().emails.resend_code(await self._owner())
            await page._reload()
        except AnonmsgError as error:
            if isinstance(error, TooManyAttempts):
                page._cool_down(error.retry_after)
            return await self._refuse(error, RESEND)
        self.sent = "A new code is on its way. The old one no longer works."
        return rx.set_focus("code")

    @rx.event
    async def use_another(self):
        """Ask for another new address; the code that was mailed stays good until another one is."""
        self._clear_errors()
        self.sent = ""
        (await self._page()).new_email = ""

    def _fields(self) -> Collection[str]:
        return ("email", "code")
