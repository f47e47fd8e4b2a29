"""Finds out for a route which services answer it and whose request it is.

These ask each other without the framework's help, which takes longer than their work.
"""

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie

from anonmsg.bootstrap import Services
from anonmsg.cookies import read_cookie
from anonmsg.services.sessions import Identity

SESSION_COOKIE = APIKeyCookie(
    name="anonmsg",
    scheme_name="session",
    description="Set by signing in. Its name is `__Host-anonmsg` where the site is reached over https.",
    auto_error=False,
)
"""For the OpenAPI document; the cookie is read and checked here."""


async def running_services(request: Request) -> Services:
    """Return the services of the running app."""
    return request.app.state.services()


RunningServices = Annotated[Services, Depends(running_services)]


async def session_token(request: Request) -> str:
    """Return the session token that the request's cookie holds, "" if none."""
    services = await running_services(request)
    return read_cookie("; ".join(request.headers.getlist("cookie")), services.settings)


async def client_bucket(request: Request) -> str:
    """Return the address bucket that the request comes from."""
    services = await running_services(request)
    peer = request.client.host if request.client else ""
    return services.client_of(peer, request.headers.getlist("x-forwarded-for"))


ClientBucket = Annotated[str, Depends(client_bucket)]


SessionToken = Annotated[str, Depends(session_token)]


async def identify(request: Request, _documented: Annotated[str | None, Security(SESSION_COOKIE)]) -> Identity:
    """Return who is signed in.

    Raises:
        NotAuthenticated: If nobody is.
    """
    services = await running_services(request)
    return await services.sessions.identify(await session_token(request))


SignedIn = Annotated[Identity, Depends(identify)]
