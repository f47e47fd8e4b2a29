"""The route for senders, who have no account and leave nothing but the message."""

from typing import Annotated

from fastapi import APIRouter, Body

from anonmsg.api.answers import ApiResponse, PuzzleAnswer, possible
from anonmsg.api.bodies import StrictRoute
from anonmsg.api.identity import ClientBucket, RunningServices
from anonmsg.schemas import MessageForm

router = APIRouter(tags=["Sending"], route_class=StrictRoute)

POSSIBLE = possible(400, 403, 404)
POSSIBLE[429]["model"] = PuzzleAnswer


@router.post("/send-message", status_code=201, summary="Send a message", responses=POSSIBLE)
async def send_message(
    form: Annotated[MessageForm, Body()], services: RunningServices, client: ClientBucket
) -> ApiResponse:
    """Send somebody an anonymous message. Once this answers, the message is safely stored.

    When many messages are coming in, the answer 429 holds a `challenge`: solve it with one of ALTCHA's
    libraries and send the message again with the solution as `proof`, or wait as `Retry-After` says.
    """
    await services.sharing.send(form, client)
    return ApiResponse(message="Message sent successfully")
