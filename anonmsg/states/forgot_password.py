"""The page where somebody asks for a link to choose a new password."""

from collections.abc import Collection
from typing import Any

import reflex as rx

from anonmsg.errors import AnonmsgError
from anonmsg.schemas import ForgotForm
from anonmsg.states.forms import FormState
from anonmsg.states.visitor import Visitor

SENT = "If that address has an account, a mail is on its way"


class ForgotPasswordState(FormState, Visitor, rx.State):
    """Has a link mailed, and says the same whether there is an account or not.

    Attributes:
        sent: A sentence after something was asked for.
    """

    sent: rx.Field[str] = rx.field("")

    @rx.event
    async def load(self):
        """Open the page anew."""
        self.reset()

    @rx.event
    async def submit(self, submitted: dict[str, Any]):
        """Ask for a link."""
        self._clear_errors()
        self.sent, self.busy = "", True
        yield
        try:
            await self._services().recovery.request(self._read(ForgotForm, submitted), self._client())
        except AnonmsgError as error:
            yield self._show(error)
        else:
            self.sent = SENT
        finally:
            self.busy = False

    def _fields(self) -> Collection[str]:
        return ForgotForm.model_fields
