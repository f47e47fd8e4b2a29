"""The sign-in page."""

from collections.abc import Collection
from typing import Any

import reflex as rx

from anonmsg import routes
from anonmsg.errors import AnonmsgError, NotVerified
from anonmsg.rules import is_username
from anonmsg.schemas import SignInForm
from anonmsg.states.forms import FormState
from anonmsg.states.visitor import Visitor


class SignInState(FormState, Visitor, rx.State):
    """Checks a password and hands the browser a ticket for its session cookie.

    Attributes:
        ticket: Good for one exchange within a minute; the page makes it at once.
        next_page: Where to go then.
        verify_page: Where a sign-up that waits for its code goes on, "" if that is not known.
    """

    ticket: rx.Field[str] = rx.field("")
    next_page: rx.Field[str] = rx.field(routes.DASHBOARD)
    verify_page: rx.Field[str] = rx.field("")
    _newcomer: str = ""

    @rx.event
    async def load(self):
        """Open the page anew; people who are signed in go straight on, and newcomers need not type their name again."""
        newcomer = self._newcomer
        self.reset()
        self.next_page = routes.inside(self.router.url.query_parameters.get("next", ""))
        try:
            if await self._is_signed_in():
                return rx.redirect(self.next_page, replace=True)
        except AnonmsgError as error:
            self.failure = str(error)
        return [rx.set_value("identifier", newcomer), rx.set_focus("password")] if newcomer else None

    @rx.event
    async def submit(self, submitted: dict[str, Any]):
        """Sign in."""
        self._clear_errors()
        self.ticket = self.verify_page = ""
        self.busy = True
        yield
        try:
            form = self._read(SignInForm, submitted)
            self.ticket = await self._services().sessions.sign_in_with_ticket(form, self._device(), self._client())
        except AnonmsgError as error:
            if isinstance(error, NotVerified):
                self.verify_page = self._verify_page(submitted)
            yield self._show(error)
        finally:
            self.busy = bool(self.ticket)  # the page goes on working until it has exchanged the ticket

    @rx.event
    async def exchange_failed(self):
        """The browser could not exchange its ticket."""
        self.ticket, self.busy = "", False
        self.failure = "Signing in didn't work. Check your connection and try again."

    def _fields(self) -> Collection[str]:
        return SignInForm.model_fields

    @staticmethod
    def _verify_page(submitted: dict[str, Any]) -> str:
        """Return where the code is entered; an address does not tell the name, and must not."""
        identifier = str(submitted.get("identifier", "")).strip()
        return routes.verify_page(identifier) if is_username(identifier) else ""
