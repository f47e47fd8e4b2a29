"""Tells from which network a request comes, as the bucket that its limits are counted by."""

from starlette.requests import HTTPConnection

from anonmsg.bootstrap import Services


def client_bucket(asked: HTTPConnection, services: Services) -> str:
    """Return the address bucket of whoever sent a request or opens a websocket."""
    peer = asked.client.host if asked.client else ""
    return services.client_of(peer, asked.headers.getlist("x-forwarded-for"))
