"""The routes for choosing a name, signing up, and verifying the address."""

from typing import Annotated

from fastapi import APIRouter, Body, Query

from anonmsg.api.answers import ApiResponse, SignUpAnswer, possible
from anonmsg.api.bodies import StrictRoute
from anonmsg.api.identity import ClientBucket, RunningServices
from anonmsg.errors import UsernameTaken
from anonmsg.schemas import RegistrationForm, SignUpForm, UsernameForm, VerifyForm
from anonmsg.tokens import hash_token

router = APIRouter(tags=["Accounts"], route_class=StrictRoute)


@router.get("/check-username-unique", summary="Is a username free?", responses=possible(400))
async def check_username_unique(
    form: Annotated[UsernameForm, Query()], services: RunningServices, client: ClientBucket
) -> ApiResponse:
    """Say whether a username is free; `success` tells. Somebody else may still be quicker."""
    try:
        await services.accounts.check_username(form.username, client)
    except UsernameTaken as taken:
        return ApiResponse(success=False, message=str(taken))
    return ApiResponse(message="Username is unique")


@router.post("/sign-up", status_code=201, summary="Sign up", responses=possible(400, 403, 409, 502))
async def sign_up(form: Annotated[SignUpForm, Body()], services: RunningServices, client: ClientBucket) -> SignUpAnswer:
    """Begin a sign-up. A code of six digits is mailed to the address; `/verify-code` finishes it."""
    started = await services.accounts.sign_up(form, client)
    message = "User registered successfully. Please verify your email"
    return SignUpAnswer(message=message, registration=started.token)


@router.post("/resend-code", summary="Mail a new code", responses=possible(400, 403, 404, 502))
async def resend_code(
    form: Annotated[RegistrationForm, Body()], services: RunningServices, client: ClientBucket
) -> ApiResponse:
    """Mail a new code for a sign-up; the old one is dead from then on. At most one a minute."""
    await services.accounts.resend_code(hash_token(form.registration), client)
    return ApiResponse(message="A new code is on its way")


@router.post("/verify-code", summary="Verify the address", responses=possible(400, 403, 404, 409))
async def verify_code(
    form: Annotated[VerifyForm, Body()], services: RunningServices, client: ClientBucket
) -> ApiResponse:
    """Finish a sign-up with the mailed code. Without `registration` only while one sign-up has that name."""
    await services.accounts.verify_form(form, client)
    return ApiResponse(message="Account verified successfully")
