"""What the API answers: the shape of every answer, and the HTTP status that each failure has."""

from datetime import datetime
from typing import Any

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from starlette.responses import JSONResponse

from anonmsg.errors import (
    AnonmsgError,
    Busy,
    CannotBlock,
    CodeAttemptsUsedUp,
    CodeExpired,
    EmailChangeNotFound,
    EmailTaken,
    ExportRunning,
    InboxClosed,
    IncorrectCode,
    IncorrectPassword,
    InvalidInput,
    MailNotSent,
    MessageNotFound,
    NoBurst,
    NotAuthenticated,
    NotVerified,
    PasswordNeeded,
    RegistrationNotFound,
    ResetNotFound,
    SameEmail,
    SessionNotFound,
    SeveralRegistrations,
    TooManyAttempts,
    TooManyBlocks,
    TooManyChanges,
    TooSlow,
    Unavailable,
    UsernameTaken,
    UserNotFound,
)

STATUSES: dict[type[AnonmsgError], int] = {
    InvalidInput: 400,
    IncorrectCode: 400,
    CodeAttemptsUsedUp: 400,
    CodeExpired: 400,
    IncorrectPassword: 401,
    NotAuthenticated: 401,
    NotVerified: 403,
    PasswordNeeded: 403,
    InboxClosed: 403,
    UserNotFound: 404,
    RegistrationNotFound: 404,
    ResetNotFound: 404,
    MessageNotFound: 404,
    NoBurst: 404,
    TooSlow: 408,
    CannotBlock: 409,
    TooManyBlocks: 409,
    TooManyChanges: 409,
    SessionNotFound: 404,
    EmailChangeNotFound: 404,
    UsernameTaken: 409,
    EmailTaken: 409,
    SeveralRegistrations: 409,
    SameEmail: 409,
    ExportRunning: 409,
    TooManyAttempts: 429,
    MailNotSent: 502,
    Busy: 503,
    Unavailable: 503,
}
STATUSES_OF_ROUTES: dict[tuple[str, type[AnonmsgError]], int] = {("sign_in", UserNotFound): 401}
"""Where a failure means something else in one route, by the route's name."""

MEANINGS = {
    400: "Something that was sent breaks a rule; `message` says which.",
    401: "Nobody is signed in, or name and password don't belong together.",
    403: "Not allowed now; also for requests from another site's page.",
    404: "There is no such thing.",
    408: "The request did not arrive as a whole in time.",
    409: "Somebody else has it already.",
    413: "The body is too large.",
    429: "Too often; `Retry-After` says when to come again.",
    500: "A fault of ours; `message` holds the number under which it was logged.",
    502: "The mail could not be sent; `message` says why.",
    503: "The database is away or there is too much to do; try again in a moment.",
}
EVERYWHERE = (408, 413, 429, 500, 503)


class ApiResponse(BaseModel):
    """Every answer: whether it worked, and one sentence that says so."""

    model_config = ConfigDict(alias_generator=AliasGenerator(serialization_alias=to_camel), frozen=True)

    success: bool = Field(default=True, description="Whether it worked.")
    message: str = Field(description="One sentence for a person.")


class SignUpAnswer(ApiResponse):
    """A sign-up that waits for its code."""

    registration: str = Field(description="Names this sign-up; keep it secret, send it with the code.", repr=False)


HOLDS_NOW = "Whether the inbox takes messages now."
CHANGES_AT = "When a paused inbox opens by itself, in UTC; null if it is open or stays closed."


class SessionAnswer(ApiResponse):
    """Who is signed in, read fresh."""

    user_id: str
    username: str
    is_verified: bool = Field(default=True, description="Always true: only verified people can sign in.")
    is_accepting_messages: bool = Field(description=HOLDS_NOW)
    opens_at: datetime | None = Field(default=None, description=CHANGES_AT)


class AcceptMessagesAnswer(ApiResponse):
    """Whether the inbox is open."""

    is_accepting_messages: bool = Field(description=HOLDS_NOW)
    opens_at: datetime | None = Field(default=None, description=CHANGES_AT)


class MessageItem(BaseModel):
    """One message."""

    model_config = ApiResponse.model_config

    id: str
    content: str = Field(description="The text, or a sentence that says that it can't be read.", repr=False)
    created_at: datetime = Field(description="When it arrived, in UTC; only the day for people who chose coarse dates.")


class MessagesAnswer(ApiResponse):
    """A part of the inbox, the newest message first."""

    messages: list[MessageItem]
    next_cursor: str | None = Field(description="Send it as `cursor` for what follows; null at the end.")


def status_of(error: AnonmsgError, route: str) -> int:
    """Return the HTTP status of a failure in the route of that name; the one place that knows."""
    for kind in type(error).__mro__:
        if status := STATUSES_OF_ROUTES.get((route, kind)) or STATUSES.get(kind):
            return status
    return 500


class PuzzleAnswer(ApiResponse):
    """A refusal of a message that a proof of work may lift."""

    challenge: dict[str, Any] | None = Field(
        default=None, description="A puzzle as ALTCHA's libraries read it; its solution is sent as `proof`."
    )


def refuse(status: int, sentence: str, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """Return the answer to something that did not work."""
    return JSONResponse({**ApiResponse(success=False, message=sentence).model_dump(), **more}, status, headers)


def possible(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the refusals that a route may answer with, for the OpenAPI document."""
    described: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*statuses, *EVERYWHERE}):
        described[status] = {"model": ApiResponse, "description": MEANINGS[status]}
    described[429]["headers"] = {
        "Retry-After": {"description": "Seconds until it is allowed again.", "schema": {"type": "integer"}}
    }
    return described
