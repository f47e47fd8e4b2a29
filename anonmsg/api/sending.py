"""The route for senders, who have no account and leave nothing but the message."""

from typing import Annotated

from fastapi import APIRouter, Body

from anonmsg.api.answers import ApiResponse, possible
from anonmsg.api.bodies import StrictRoute
from anonmsg.api.identity import RunningServices
from anonmsg.schemas import MessageForm

router = APIRouter(tags=["Sending"], route_class=StrictRoute)


@router.post("/send-message", status_code=201, summary="Send a message", responses=possible(400, 403, 404))
async def send_message(form: Annotated[MessageForm, Body()], services: RunningServices) -> ApiResponse:
    """Send somebody an anonymous message. Once this answers, the message is safely stored."""
    await services.sharing.send(form)
    return ApiResponse(message="Message sent successfully")
