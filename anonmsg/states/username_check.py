"""The live check whether a username can be had."""

import reflex as rx

from anonmsg.bootstrap import services
from anonmsg.errors import AnonmsgError
from anonmsg.schemas import UsernameForm, parse


class UsernameCheck(rx.State, mixin=True):
    """Answers while the person types.

    Attributes:
        name_verdict: What is said under the field, "" for nothing.
        name_is_free: Whether that is good news.
    """

    name_verdict: rx.Field[str] = rx.field("")
    name_is_free: rx.Field[bool] = rx.field(False)

    @rx.event(supersedes=True)
    async def check_username(self, username: str):
        """Say whether `username` is free; a newer call cancels an older one, so no stale answer shows."""
        self.name_verdict, self.name_is_free = "", False
        if not username:
            return
        self.name_verdict = "Checking…"
        yield
        try:
            form = parse(UsernameForm, {"username": username})
            client = services().buckets.of(self.router.session.client_ip)
            await services().accounts.check_username(form.username, client)
        except AnonmsgError as error:
            self.name_verdict = str(error)
        else:
            self.name_verdict, self.name_is_free = "Username is unique", True
