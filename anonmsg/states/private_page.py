"""What pages have in common that only somebody who is signed in may see."""

import reflex as rx

from anonmsg.errors import AnonmsgError, NotAuthenticated
from anonmsg.live import audience
from anonmsg.states.visitor import Visitor


class PrivatePage(Visitor, rx.State, mixin=True):
    """A page with something of somebody's on it, which goes when the session is over.

    Attributes:
        status: "" (nothing known yet), "ready" or "left" (signed out, so the page has to go); pages may have more.
        failure: A sentence when something did not work.
        is_waiting: Whether the page waits for the database to come back.
    """

    status: rx.Field[str] = rx.field("")
    failure: rx.Field[str] = rx.field("")
    is_waiting: rx.Field[bool] = rx.field(False)
    _user_id: str = ""

    def _refuse(self, error: AnonmsgError) -> None:
        """Say what went wrong; somebody who is not signed in is shown nothing but sign-in."""
        if isinstance(error, NotAuthenticated):
            self._leave()
        else:
            self.failure = str(error)
            self.is_waiting = self.status != "ready"

    def _leave(self) -> None:
        """Forget everything private, because the session is over."""
        audience.discard(self.router.session.client_token)
        self.reset()
        self.status = "left"
