"""Tells from which network a request comes, as the bucket that its limits are counted by."""

from starlette.requests import HTTPConnection
from starlette.types import Scope

from anonmsg.bootstrap import Services
from anonmsg.networks import client_address


def client_bucket(scope: Scope, services: Services) -> str:
    """Return the address bucket of whoever sent a request or opens a websocket."""
    asked = HTTPConnection(scope)
    peer = asked.client.host if asked.client else ""
    forwarded = asked.headers.getlist("x-forwarded-for")
    return services.buckets.of(client_address(peer, forwarded, services.settings.trusted_proxy_hops))
