"""Presenting: how somebody's send page looks, and what it asks."""

from typing import Protocol

from anonmsg.errors import NotAuthenticated
from anonmsg.models import PageSettings, User
from anonmsg.page_forms import SendPageForm
from anonmsg.services.sessions import Identity


class Users(Protocol):
    """The verified people."""

    async def get_by_id(self, user_id: str) -> User | None: ...
    async def update_page(self, user_id: str, page: PageSettings) -> bool: ...


class SendPages:
    """The recipient's side of the send page. Senders see it through `Sharing`."""

    def __init__(self, users: Users) -> None:
        self._users = users

    async def page(self, identity: Identity) -> PageSettings:
        """Return what somebody chose for the send page.

        Raises:
            NotAuthenticated: If the account is gone.
        """
        user = await self._users.get_by_id(identity.user_id)
        if user is None:
            raise NotAuthenticated
        return user.page

    async def change(self, identity: Identity, form: SendPageForm) -> PageSettings:
        """Replace what somebody chose; whoever opens the page next sees it.

        Returns:
            What is stored now.

        Raises:
            NotAuthenticated: If the account is gone.
        """
        page = form.page()
        if not await self._users.update_page(identity.user_id, page):
            raise NotAuthenticated
        return page
