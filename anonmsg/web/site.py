"""Puts the layers of plain HTTP around the framework's app, in the one right order."""

from pathlib import Path

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Scope

from anonmsg.bootstrap import services
from anonmsg.web.build import Build
from anonmsg.web.clients import client_bucket
from anonmsg.web.connections import LimitConnections
from anonmsg.web.faults import AnswerFaults
from anonmsg.web.headers import SecurityHeaders, content_security_policy
from anonmsg.web.host import RequireHost
from anonmsg.web.limits import LimitBody
from anonmsg.web.origin import RequireOrigin
from anonmsg.web.pages import Pages
from anonmsg.web.paths import RequirePlainPath
from anonmsg.web.socket import GuardSocket
from anonmsg.web.turns import TakeTurns


def wrap(app: ASGIApp, build_folder: Path) -> ASGIApp:
    """Return `app` behind the walls of the site; headers are outermost, so refusals have them too."""
    build = Build(build_folder)
    pages = Pages(app, build)
    layered: ASGIApp = TakeTurns(pages, _client, _has_limits, pages.refused)
    layered = LimitBody(layered, pages.too_large)
    layered = RequirePlainPath(layered)
    layered = GuardSocket(layered)
    layered = LimitConnections(layered, _client, _count_connection, _has_limits)
    layered = RequireOrigin(layered, lambda: services().settings.allowed_origins, pages.from_elsewhere)
    layered = RequireHost(layered, lambda: services().settings.site_url)
    layered = AnswerFaults(layered)
    policy = content_security_policy(build.script_hashes(), build.style_hash())
    return SecurityHeaders(layered, policy, lambda: services().settings.is_https)


def _client(scope: Scope) -> str:
    return client_bucket(HTTPConnection(scope), services())


def _has_limits() -> bool:
    return services().settings.rate_limits == "on"


async def _count_connection(client: str) -> None:
    await services().throttle.count({"connect per client": client})
