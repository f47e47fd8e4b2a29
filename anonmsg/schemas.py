"""The shape of every input, checked the same way whichever door it comes through.

Each form is a pydantic model whose rules carry the sentence that a person reads. `parse` turns
what pydantic finds into `InvalidInput`, one sentence a field: the first rule that is broken.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)
from pydantic_core import ErrorDetails

from anonmsg.errors import InvalidInput
from anonmsg.models import Action, View
from anonmsg.rules import (
    HALF_CHARACTER,
    PAGE_MAX,
    PAGE_SIZE,
    SELECTION_MAX,
    broken,
    check_act_id,
    check_code,
    check_content,
    check_cursor,
    check_delete_word,
    check_email,
    check_identifier,
    check_known_password,
    check_message_id,
    check_new_password,
    check_own_password,
    check_proof,
    check_query,
    check_reset_token,
    check_session_id,
    check_token,
    check_username,
)

Username = Annotated[str, AfterValidator(check_username)]
Token = Annotated[str, AfterValidator(check_token)]


class Form(BaseModel):
    """What all inputs share: exact types, no unknown fields, no change after checking."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_half_characters(cls, value: object) -> object:
        """Refuse lone surrogates, which JSON can spell but no database or mail can hold."""
        if isinstance(value, str) and HALF_CHARACTER.search(value):
            raise broken("There is a character in it that can't be used")
        return value


class UsernameForm(Form):
    """A name whose availability is asked for."""

    username: Username


class SignUpForm(Form):
    """A new account."""

    username: Username
    email: Annotated[str, AfterValidator(check_email)]
    password: Annotated[str, AfterValidator(check_new_password), AfterValidator(check_own_password)] = Field(repr=False)


class VerifyForm(Form):
    """A mailed code, and what says which sign-up it is for.

    Attributes:
        registration: The secret that the browser which signed up keeps, or "".
    """

    username: Username
    code: Annotated[str, AfterValidator(check_code)] = Field(repr=False)
    registration: Token = Field("", repr=False)


class RegistrationForm(Form):
    """The sign-up that wants a new code."""

    registration: Annotated[str, Field(min_length=1), AfterValidator(check_token)] = Field(repr=False)


class ClaimForm(Form):
    """Whose sign-up is meant, for a browser that did not start it.

    Attributes:
        hint: The registration's id from the mailed link, or "".
    """

    username: Username
    password: Annotated[str, AfterValidator(check_known_password)] = Field(repr=False)
    hint: Token = ""


class SignInForm(Form):
    """Who wants to come in."""

    identifier: Annotated[str, AfterValidator(check_identifier)]
    password: Annotated[str, AfterValidator(check_known_password)] = Field(repr=False)


class ForgotForm(Form):
    """Where the link that resets a password is to be sent."""

    email: Annotated[str, AfterValidator(check_email)] = Field(repr=False)


class ConfirmForm(Form):
    """The password of somebody who is signed in."""

    current_password: Annotated[str, AfterValidator(check_known_password)] = Field(repr=False)


class NewPasswordForm(Form):
    """Another password for an account."""

    new_password: Annotated[str, AfterValidator(check_new_password)] = Field(repr=False)


class NewEmailForm(Form):
    """Another address for an account."""

    email: Annotated[str, AfterValidator(check_email)] = Field(repr=False)


class EmailCodeForm(Form):
    """The code that was mailed to a new address."""

    code: Annotated[str, AfterValidator(check_code)] = Field(repr=False)


class SessionForm(Form):
    """The session that somebody wants to end."""

    session_id: Annotated[str, AfterValidator(check_session_id)]


class DeleteAccountForm(Form):
    """The wish to delete an account, which nobody has by accident."""

    password: Annotated[str, AfterValidator(check_known_password)] = Field(repr=False)
    word: Annotated[str, AfterValidator(check_delete_word)]


class ResetForm(Form):
    """A new password, and the secret of the mailed link that allows it."""

    token: Annotated[str, AfterValidator(check_reset_token)] = Field(repr=False)
    password: Annotated[str, AfterValidator(check_new_password)] = Field(repr=False)


class MessageForm(Form):
    """A message to somebody.

    Attributes:
        proof: The solved puzzle that a busy site asks for; else "".
    """

    username: str
    content: Annotated[str, AfterValidator(check_content)] = Field(repr=False)
    proof: Annotated[str, AfterValidator(check_proof)] = Field(
        "", repr=False, description="The solution of the `challenge` in an answer 429 (ALTCHA, version 2), in base64."
    )


class AcceptMessagesForm(Form):
    """Whether the inbox is open."""

    accept_messages: bool = Field(validation_alias=AliasChoices("acceptMessages", "accept_messages"))


class PageForm(Form):
    """Which part of a list is wanted.

    Attributes:
        cursor: Where the last part ended; "" for the first.
        limit: How many rows, 1 to `PAGE_MAX`.
    """

    cursor: Annotated[str, AfterValidator(check_cursor)] = ""
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = PAGE_SIZE


class ViewForm(Form):
    """Which list is wanted."""

    view: View


class SortingForm(Form):
    """What is to be done, to all messages of a list or to some.

    Attributes:
        message_ids: At most `SELECTION_MAX`; an id that nobody has is not an error.
    """

    action: Action
    message_ids: Annotated[list[Annotated[str, AfterValidator(check_message_id)]], Field(max_length=SELECTION_MAX)] = []


class UndoForm(Form):
    """What is to be taken back."""

    act_id: Annotated[str, AfterValidator(check_act_id)]


class SearchForm(Form):
    """Words to look for."""

    query: Annotated[str, AfterValidator(check_query)] = Field(repr=False)


AnyForm = TypeVar("AnyForm", bound=Form)

LABELS = {
    "username": "Username",
    "email": "Email",
    "password": "Password",
    "code": "Verification code",
    "registration": "Registration",
    "current_password": "Current password",
    "new_password": "New password",
    "word": "The word",
    "token": "Link",
    "identifier": "Email or username",
    "content": "Message",
    "proof": "Proof",
    "acceptMessages": "acceptMessages",
    "accept_messages": "acceptMessages",
    "hint": "Sign-up",
    "cursor": "Cursor",
    "limit": "Limit",
    "title": "Title",
    "question": "Question",
    "is_indexed": "The switch for search engines",
}
KINDS = {"string": "text", "bool": "true or false", "int": "a whole number"}


def sentence_for(error: ErrorDetails) -> tuple[str, str]:
    """Return the field of a pydantic error and the sentence for it; the input is never repeated."""
    names = [part for part in error["loc"] if isinstance(part, str) and part not in {"body", "query", "path"}]
    field = names[0] if names else ""
    kind, label = error["type"], LABELS.get(field, "This")
    if kind == "rule":
        return field, error["msg"]
    if kind == "extra_forbidden":
        return "", "There is a field that this does not take"
    if kind in {"missing", "string_too_short"}:
        return field, f"{label} is required"
    if kind in {"greater_than_equal", "less_than_equal"}:
        return field, f"{label} must be a number from 1 to {PAGE_MAX}"
    expected = KINDS.get(kind.split("_")[0])
    return field, f"{label} must be {expected}" if expected and field else "This is not what is expected here"


def sentences(errors: Sequence[ErrorDetails]) -> dict[str, str]:
    """Return the first sentence of each bad field."""
    found: dict[str, str] = {}
    for error in errors:
        field, sentence = sentence_for(error)
        found.setdefault(field, sentence)
    return found


def parse(form: type[AnyForm], values: Mapping[str, Any]) -> AnyForm:
    """Return `values` as a checked form.

    Raises:
        InvalidInput: With the first broken rule of each field.
    """
    try:
        return form.model_validate(dict(values))
    except ValidationError as error:
        raise InvalidInput(sentences(error.errors(include_url=False, include_input=False))) from None
