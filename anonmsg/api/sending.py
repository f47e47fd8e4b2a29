"""The route for senders, who have no account and leave nothing but the message."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Header, Request

from anonmsg.api.answers import ApiResponse, PuzzleAnswer, possible
from anonmsg.api.bodies import StrictRoute
from anonmsg.api.identity import ClientBucket, RunningServices
from anonmsg.errors import InvalidInput
from anonmsg.rules import is_send_key
from anonmsg.schemas import MessageForm

router = APIRouter(tags=["Sending"], route_class=StrictRoute)

POSSIBLE = possible(400, 403, 404)
POSSIBLE[429]["model"] = PuzzleAnswer

KEY_HEADER = "Idempotency-Key"
BAD_KEY = f"{KEY_HEADER} must be 1 to 200 visible ASCII characters"
KEY_DESCRIPTION = (
    "1 to 200 visible ASCII characters that you choose. For 24 hours the same key and text to the same recipient are "
    "the same message, however often they are sent; with another text it is a new one."
)


async def send_key(
    request: Request, _documented: Annotated[str | None, Header(alias=KEY_HEADER, description=KEY_DESCRIPTION)] = None
) -> str:
    """Return the key that tells a second try from a second message, "" if there is none.

    Raises:
        InvalidInput: If it is none, or there are several.
    """
    keys = request.headers.getlist(KEY_HEADER)
    if len(keys) > 1 or not all(map(is_send_key, keys)):
        raise InvalidInput({"": BAD_KEY})
    return "".join(keys)


@router.post("/send-message", status_code=201, summary="Send a message", responses=POSSIBLE)
async def send_message(
    form: Annotated[MessageForm, Body()],
    services: RunningServices,
    client: ClientBucket,
    key: Annotated[str, Depends(send_key)],
) -> ApiResponse:
    """Send somebody an anonymous message. Once this answers, the message is safely stored.

    When many messages are coming in, the answer 429 holds a `challenge`: solve it with one of ALTCHA's
    libraries and send the message again with the solution as `proof`, or wait as `Retry-After` says.
    """
    await services.sharing.send(form, client, key=key)
    return ApiResponse(message="Message sent successfully")
