"""Refuses requests under a name that is not the site's, such as those of DNS rebinding (RFC 9110 section 7.2)."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from anonmsg import routes
from anonmsg.settings import is_loopback
from anonmsg.web.refusals import refuse

SENTENCE = "This site is not reached under this name"
HOST = re.compile(
    r"(?P<name>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?", re.IGNORECASE
)
DEFAULT_PORTS = {"http": 80, "https": 443}


class RequireHost:
    """Lets only requests through that name the site in `Host`; whoever watches over its health may use any name."""

    def __init__(self, app: ASGIApp, site_url: Callable[[], str]) -> None:
        self._app = app
        self._site_url = site_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan" or self._is_for_health(scope) or self._is_ours(scope):
            await self._app(scope, receive, send)
        else:
            await refuse(400, SENTENCE, scope, receive, send)

    @staticmethod
    def _is_for_health(scope: Scope) -> bool:
        return scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} and scope["path"] in routes.HEALTH

    def _is_ours(self, scope: Scope) -> bool:
        hosts = Headers(scope=scope).getlist("host")
        return len(hosts) == 1 and names_site(hosts[0], self._site_url())


def names_site(host: str, site_url: str) -> bool:
    """Return whether `host`, as in a request, is that of the site.

    A site on loopback may be reached under each name of this machine and on any port: its development
    server and forwarders have ports of their own, and who rebinds a name can't make it one of these.
    """
    asked, site = HOST.fullmatch(host), urlsplit(site_url)
    if asked is None or site.hostname is None:
        return False
    name = asked["name"].lower().strip("[]")
    if is_loopback(site.hostname):
        return name in {"localhost", "127.0.0.1", "::1", site.hostname}
    default = DEFAULT_PORTS[site.scheme]
    return name == site.hostname and int(asked["port"] or default) == (site.port or default)
