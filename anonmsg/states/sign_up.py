"""The sign-up page."""

from collections.abc import Collection
from typing import Any

import reflex as rx

from anonmsg import routes
from anonmsg.errors import AnonmsgError
from anonmsg.schemas import SignUpForm
from anonmsg.states.forms import FormState
from anonmsg.states.notice import Notice
from anonmsg.states.password_check import PasswordCheck
from anonmsg.states.registration import BrowserRegistration
from anonmsg.states.username_check import UsernameCheck
from anonmsg.states.visitor import Visitor


class SignUpState(UsernameCheck, PasswordCheck, FormState, Visitor, rx.State):
    """Takes a new account and mails its code."""

    _is_done: bool = False

    @rx.event
    async def load(self):
        """Open the page anew; people who are signed in have no use for it."""
        self.reset()
        try:
            if await self._is_signed_in():
                return rx.redirect(routes.DASHBOARD, replace=True)
        except AnonmsgError as error:
            self.failure = str(error)
        return None

    @rx.event
    async def submit(self, submitted: dict[str, Any]):
        """Sign up; a second press while the first one succeeds does nothing."""
        if self._is_done:
            return
        self._clear_errors()
        self.busy = True
        yield
        try:
            form = self._read(SignUpForm, submitted)
            started = await self._services().accounts.sign_up(form, self._client())
        except AnonmsgError as error:
            yield self._show(error)
        else:
            self._is_done = True
            (await self.get_state(BrowserRegistration)).token = started.token
            (await self.get_state(Notice))._say(
                "User registered successfully. Please verify your email", routes.verify_page(started.username)
            )
            yield rx.redirect(routes.verify_page(started.username))
        finally:
            self.busy = False

    def _fields(self) -> Collection[str]:
        return SignUpForm.model_fields
