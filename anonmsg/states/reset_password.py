"""The page behind a mailed link, where somebody chooses a new password."""

from collections.abc import Collection
from typing import Any

import reflex as rx

from anonmsg import routes
from anonmsg.errors import AnonmsgError, ResetNotFound
from anonmsg.schemas import ResetForm
from anonmsg.states.forms import FormState
from anonmsg.states.notice import Notice
from anonmsg.states.password_check import PasswordCheck
from anonmsg.states.visitor import Visitor


class ResetPasswordState(PasswordCheck, FormState, Visitor, rx.State):
    """Changes the password of whoever holds the link. Only `submit` uses the link up.

    Attributes:
        is_loaded: Whether it is known yet if the link still works.
        is_over: Whether it does not.
    """

    is_loaded: rx.Field[bool] = rx.field(False)
    is_over: rx.Field[bool] = rx.field(False)
    _is_done: bool = False

    @rx.event
    async def load(self):
        """Find out whether the link still works."""
        self.reset()
        try:
            self.is_over = not await self._services().recovery.is_open(self._name_in_address())
        except AnonmsgError as error:
            self.failure = str(error)
        else:
            self.is_loaded = True

    @rx.event
    async def submit(self, submitted: dict[str, Any]):
        """Choose the new password; a second press while the first one succeeds does nothing."""
        if self._is_done:
            return
        self._clear_errors()
        self.busy = True
        yield
        try:
            form = self._read(ResetForm, submitted, token=self._name_in_address())
            await self._services().recovery.reset(form, self._client())
        except AnonmsgError as error:
            self.is_over = self.is_over or isinstance(error, ResetNotFound)
            yield self._show(error)
        else:
            self._is_done = True
            (await self.get_state(Notice))._say("Your password was changed. Sign in with the new one.", routes.SIGN_IN)
            yield rx.redirect(routes.SIGN_IN, replace=True)  # the link is of no more use in the history
        finally:
            self.busy = False

    def _fields(self) -> Collection[str]:
        return ("password",)
