"""Who is at the other end of a connection, and which address they are looking at."""

from urllib.parse import unquote

import reflex as rx

from anonmsg.bootstrap import Services, services
from anonmsg.cookies import read_cookie
from anonmsg.devices import device_label
from anonmsg.errors import NotAuthenticated
from anonmsg.services.sessions import Identity


class Visitor(rx.State, mixin=True):
    """What every page's state may ask about its visitor. The client token proves nothing; the cookie does."""

    def _services(self) -> Services:
        return services()

    def _session_token(self) -> str:
        return read_cookie(self.router.headers.cookie, self._services().settings)

    async def _identify(self) -> Identity:
        """Return whose session the browser's cookie is, asked anew each time.

        Raises:
            NotAuthenticated: If it is nobody's.
        """
        return await self._services().sessions.identify(self._session_token())

    async def _is_signed_in(self) -> bool:
        try:
            await self._identify()
        except NotAuthenticated:
            return False
        return True

    def _client(self) -> str:
        """Return the address bucket that the connection comes from."""
        return self._services().buckets.of(self.router.session.client_ip)

    def _connection(self) -> tuple[str, str]:
        """Return the tab's name, and its connection."""
        return self.router.session.client_token, self.router.session.session_id

    def _device(self) -> str:
        return device_label(self.router.headers.user_agent)

    def _name_in_address(self) -> str:
        """Return the last part of the page's path: the username of `/u/…` and `/verify/…`."""
        return unquote(self.router.url.path.rstrip("/").rsplit("/", 1)[-1])[:100]
