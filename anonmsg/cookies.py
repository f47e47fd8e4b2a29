"""The session cookie: its name, its flags, and how it is found in a header."""

from typing import Any

from anonmsg.settings import Settings


def cookie_name(settings: Settings) -> str:
    """Return the cookie's name; `__Host-` makes browsers refuse it from other hosts (RFC 6265bis)."""
    return "__Host-anonmsg" if settings.is_https else "anonmsg"


def cookie_flags(settings: Settings) -> dict[str, Any]:
    """Return the flags for setting or deleting the cookie: unreadable for scripts, this site only."""
    return {"key": cookie_name(settings), "path": "/", "httponly": True, "samesite": "lax", "secure": settings.is_https}


def read_cookie(header: str, settings: Settings) -> str:
    """Return the session token in a `Cookie` header, "" if there is none.

    Each pair is read by itself: the standard library's parser gives up at the first one that it
    does not like, so that a neighbour's cookie on the same host would sign people out.
    """
    name = cookie_name(settings)
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return next((value.strip('"') for key, _, value in pairs if key == name), "")
