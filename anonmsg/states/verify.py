"""The page where the mailed code makes an account of a sign-up."""

from collections.abc import Collection
from datetime import timedelta
from math import ceil
from typing import Any

import reflex as rx

from anonmsg import routes
from anonmsg.errors import AnonmsgError, TooManyAttempts, UsernameTaken
from anonmsg.models import User
from anonmsg.schemas import ClaimForm, VerifyForm
from anonmsg.states.forms import FormState
from anonmsg.states.notice import Notice
from anonmsg.states.registration import BrowserRegistration
from anonmsg.states.sign_in import SignInState
from anonmsg.states.username_check import UsernameCheck
from anonmsg.states.visitor import Visitor


class VerifyState(UsernameCheck, FormState, Visitor, rx.State):
    """Checks codes and sends new ones.

    Attributes:
        username: The name in the address.
        is_loaded: Whether it is known yet what this browser has to be asked for.
        is_own: Whether this browser signed up; another one is asked for the password too.
        needs_other_name: Whether somebody was quicker with the name.
        resend_seconds: How long the cool-down still takes, counted from `resend_stamp`.
        resend_stamp: Changes whenever the cool-down starts again.
        sent: A sentence after a new code was sent.
        no_mail: Whether this site only writes its mails to files, which a newcomer has to know.
    """

    username: rx.Field[str] = rx.field("")
    is_loaded: rx.Field[bool] = rx.field(False)
    is_own: rx.Field[bool] = rx.field(True)
    needs_other_name: rx.Field[bool] = rx.field(False)
    resend_seconds: rx.Field[int] = rx.field(0)
    resend_stamp: rx.Field[int] = rx.field(0)
    sent: rx.Field[str] = rx.field("")
    no_mail: rx.Field[bool] = rx.field(False)
    _is_done: bool = False

    @rx.event
    async def load(self):
        """Find out whether this browser signed up."""
        self.reset()
        self.username = self._name_in_address()
        self.no_mail = self._services().settings.mail_choice == "outbox"
        try:
            if await self._is_signed_in():
                return rx.redirect(routes.DASHBOARD, replace=True)
            token = (await self.get_state(BrowserRegistration)).token
            own = await self._services().accounts.find_registration(token, self.username)
        except AnonmsgError as error:
            self.failure = str(error)
            return None
        self.is_own, self.is_loaded = own is not None, True
        if own:
            self._cool_down(self._services().accounts.cooldown_left(own))
        return None

    @rx.event
    async def submit(self, submitted: dict[str, Any]):
        """Check the code; the first correct one makes the account."""
        if self._is_done:
            return
        self._clear_errors()
        self.sent, self.busy = "", True
        self.username = self.username or self._name_in_address()
        yield
        try:
            user = await self._verify(submitted)
        except AnonmsgError as error:
            self.needs_other_name = self.needs_other_name or isinstance(error, UsernameTaken)
            yield self._show(error)
        else:
            self._is_done = True
            (await self.get_state(BrowserRegistration)).token = ""
            (await self.get_state(Notice))._say("Account verified successfully", routes.SIGN_IN)
            (await self.get_state(SignInState))._newcomer = user.username
            yield rx.redirect(routes.SIGN_IN)
        finally:
            self.busy = False

    @rx.event
    async def resend_code(self, password: str, hint: str):
        """Mail a new code.

        Args:
            password: What is in the password field of a browser that did not sign up, else "".
            hint: The registration's id from the mailed link, or "".
        """
        self._clear_errors()
        self.sent, self.username = "", self.username or self._name_in_address()
        try:
            registration_id = await self._registration_id({"password": password, "hint": hint})
            self._cool_down(await self._services().accounts.resend_code(registration_id, self._client()))
        except AnonmsgError as error:
            if isinstance(error, TooManyAttempts):
                self._cool_down(error.retry_after)
            return self._show(error)
        self.sent = "A new code is on its way. The old one no longer works."
        return rx.set_focus("code")

    def _fields(self) -> Collection[str]:
        return ("code", *(() if self.is_own else ("password",)), *(("username",) if self.needs_other_name else ()))

    async def _verify(self, submitted: dict[str, Any]) -> User:
        name = {} if self.needs_other_name else {"username": self.username}
        form = self._read(VerifyForm, submitted, registration="", **name)
        registration_id = await self._registration_id(submitted)
        return await self._services().accounts.verify(registration_id, form.username, form.code, self._client())

    async def _registration_id(self, submitted: object) -> str:
        """Return which sign-up is meant: this browser's own, else one whose password was given.

        Raises:
            RegistrationNotFound: If there is none.
            IncorrectPassword: If the password is none of theirs.
        """
        accounts = self._services().accounts
        token = (await self.get_state(BrowserRegistration)).token
        own = await accounts.find_registration(token, self.username)
        self.is_own = own is not None
        if own is None:
            claim = self._read(ClaimForm, submitted, username=self.username)
            own = await accounts.find_by_password(claim, self._client())
        return own.id

    def _cool_down(self, left: timedelta) -> None:
        self.resend_seconds = ceil(left.total_seconds())
        self.resend_stamp += 1
