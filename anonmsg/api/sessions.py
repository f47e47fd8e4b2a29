"""The routes for signing in and out, and for asking who is signed in."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Body, Request, Response

from anonmsg.api.answers import ApiResponse, SessionAnswer, possible
from anonmsg.api.bodies import StrictRoute
from anonmsg.api.identity import ClientBucket, RunningServices, SessionToken, SignedIn
from anonmsg.cookies import cookie_flags
from anonmsg.devices import device_label
from anonmsg.schemas import SignInForm
from anonmsg.services.sessions import SESSION_TTL

router = APIRouter(tags=["Sessions"], route_class=StrictRoute)


@router.post("/sign-in", summary="Sign in", responses=possible(400, 401, 403))
async def sign_in(
    form: Annotated[SignInForm, Body()],
    request: Request,
    response: Response,
    services: RunningServices,
    client: ClientBucket,
    token_before: SessionToken,
) -> ApiResponse:
    """Sign in with username or e-mail address; the session cookie comes with the answer."""
    token = await services.sessions.sign_in(form, device_label(request.headers.get("user-agent", "")), client)
    await services.sessions.sign_out(token_before)
    response.set_cookie(value=token, max_age=SESSION_TTL // timedelta(seconds=1), **cookie_flags(services.settings))
    return ApiResponse(message="Signed in successfully")


@router.get("/session", summary="Who is signed in?", responses=possible(401))
async def session(identity: SignedIn, services: RunningServices) -> SessionAnswer:
    """Say who is signed in, as stored now."""
    owner = await services.inbox.owner(identity.user_id)
    now = services.clock()
    return SessionAnswer(
        message=f"Signed in as {owner.username}",
        user_id=owner.id,
        username=owner.username,
        is_accepting_messages=owner.opening.is_open(now),
        opens_at=owner.opening.opens_next(now),
    )


@router.post("/sign-out", summary="Sign out", responses=possible(403))
async def sign_out(response: Response, services: RunningServices, token: SessionToken) -> ApiResponse:
    """End the session of the request's cookie; without one there is nothing to end, which is fine too."""
    await services.sessions.sign_out(token)
    response.delete_cookie(**cookie_flags(services.settings))
    return ApiResponse(message="Signed out successfully")
