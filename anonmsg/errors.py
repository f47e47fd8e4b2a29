"""What can go wrong, and the one sentence a person reads when it does.

`AnonmsgError` is the base of every failure that is not a bug. A subclass names the fact and owns
its sentence; `field` is the form field that the sentence belongs to, if it belongs to one. Which
HTTP status a fact has is the API's business, not said here.
"""

from datetime import datetime, timedelta
from math import ceil
from typing import Any, ClassVar


class AnonmsgError(Exception):
    """A failure with a sentence for the person in front of the screen."""

    sentence: ClassVar[str] = "Something went wrong. Please try again."
    field: ClassVar[str] = ""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or type(self).sentence)

    def __str__(self) -> str:
        """Return the sentence."""
        return str(self.args[0])


class InvalidInput(AnonmsgError):
    """A form broke a rule.

    Attributes:
        errors: The first broken rule of each bad field, in the order of the form's fields.
    """

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(next(iter(errors.values()), "Please check what you entered."))


class UsernameTaken(AnonmsgError):
    """A verified person has this name, or the site keeps it for itself."""

    sentence = "Username is already taken"
    field = "username"


class EmailTaken(AnonmsgError):
    """A verified person has this e-mail address."""

    sentence = "User already exist with this email"
    field = "email"


class MailNotSent(AnonmsgError):
    """The mailer refused or failed; the sentence is its own plain reason."""

    sentence = "The mail could not be sent. Please try again in a few minutes."


class RegistrationNotFound(AnonmsgError):
    """No live sign-up fits; it was verified, has run out, or never was."""

    sentence = "This sign-up was not found. Please sign up again."


class SeveralRegistrations(AnonmsgError):
    """A name alone does not say which sign-up is meant."""

    sentence = "Several sign-ups wait for this name. Say which with `registration`."


class IncorrectCode(AnonmsgError):
    """The code is not the one that was mailed."""

    sentence = "Incorrect verification code"
    field = "code"


class CodeAttemptsUsedUp(AnonmsgError):
    """All tries of the mailed code are used."""

    sentence = "Too many attempts. Request a new code."
    field = "code"


class CodeExpired(AnonmsgError):
    """The mailed code is too old."""

    sentence = "Verification code has expired. Request a new code."
    field = "code"


UNITS = ((3600, "hour"), (60, "minute"))
"""Units that are worth saying from two of them on, with their seconds."""


def waiting_time(wait: timedelta) -> str:
    """Return how long something takes, rounded up, in the largest unit that says it well."""
    seconds = max(1, ceil(wait.total_seconds()))
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= 2 * size), (1, "second"))
    count = ceil(seconds / size)
    return f"{count} {unit}{'' if count == 1 else 's'}"


class TooManyAttempts(AnonmsgError):
    """Something was asked for too often.

    Attributes:
        retry_after: How long to wait until it is allowed again.
    """

    def __init__(self, retry_after: timedelta, sentence: str = "") -> None:
        self.retry_after = retry_after
        super().__init__(sentence or f"Please wait {waiting_time(retry_after)} and try again.")

    @property
    def seconds(self) -> int:
        """The waiting time in whole seconds, at least one."""
        return max(1, ceil(self.retry_after.total_seconds()))


class CodesUsedUp(TooManyAttempts):
    """The registration has been mailed all the codes it may have."""

    sentence = "No more codes can be sent for this sign-up. Please sign up again."

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(retry_after, type(self).sentence)


class ProofNeeded(TooManyAttempts):
    """So many messages are coming that whoever goes on now has to prove some work.

    Attributes:
        challenge: The puzzle, as ALTCHA's programs read it.
    """

    def __init__(self, retry_after: timedelta, challenge: dict[str, Any]) -> None:
        self.challenge = challenge
        wait = waiting_time(retry_after)
        super().__init__(retry_after, f"Many messages are coming in. Please wait {wait} and try again.")


class UserNotFound(AnonmsgError):
    """Nobody verified has this name or address."""

    sentence = "User not found"
    field = "identifier"


class NotVerified(AnonmsgError):
    """A sign-up with this name or address waits for its code."""

    sentence = "Please verify your account before login"
    field = "identifier"


class IncorrectPassword(AnonmsgError):
    """The password is not the account's."""

    sentence = "Incorrect password"
    field = "password"


class PasswordNeeded(AnonmsgError):
    """The signed-in person has to confirm with the password first; the last time is too long ago."""

    sentence = "Please confirm that it is you first."


class SameEmail(AnonmsgError):
    """The new address is the present one."""

    sentence = "This is your email address already"
    field = "email"


class EmailChangeNotFound(AnonmsgError):
    """No change of address waits for a code; it was made, has run out, or never was."""

    sentence = "This change was not found. Please enter the new address again."


class EmailCodesUsedUp(TooManyAttempts):
    """The person has been mailed all the codes for a new address that a day may bring."""

    sentence = "No more codes can be sent today. Please try again tomorrow."

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(retry_after, type(self).sentence)


class ExportRunning(AnonmsgError):
    """The person has an export that is not done yet."""

    sentence = "An export is running already. Please wait until it is done."


class SessionNotFound(AnonmsgError):
    """The signed-in person has no such session; somebody else's counts as none."""

    sentence = "This session has ended already"


class ResetNotFound(AnonmsgError):
    """The link of a password reset is unknown, was used, is too old, or a newer one was mailed."""

    sentence = "This link is no longer valid. Ask for a new one."


class NotAuthenticated(AnonmsgError):
    """Nobody is signed in, or no longer."""

    sentence = "Not authenticated"


class InboxClosed(AnonmsgError):
    """The recipient has switched the inbox off, or paused it.

    Attributes:
        opens_at: When it opens by itself, None if nobody knows.
    """

    sentence = "User is not accepting messages"

    def __init__(self, opens_at: datetime | None = None) -> None:
        self.opens_at = opens_at
        super().__init__()


class MessageNotFound(AnonmsgError):
    """The signed-in person has no such message; somebody else's counts as none."""

    sentence = "Message not found"


class UndoIsOver(MessageNotFound):
    """What was done can't be taken back any more, or never was done."""

    sentence = "This can't be undone any more."


class CannotBlock(AnonmsgError):
    """Nothing tells a message's sender from others."""

    sentence = (
        "The sender of this message can't be blocked: it is older than 30 days, or was sent without a script or by "
        "a program."
    )


class TooManyBlocks(AnonmsgError):
    """The list of blocked senders is full."""

    sentence = "You have blocked as many senders as you can. Unblock one in the settings first."


class NoBurst(AnonmsgError):
    """A message did not come with many others."""

    sentence = "This message is not part of a burst."


class TooManyChanges(AnonmsgError):
    """So much is being done to a whole inbox that it has to be finished first."""

    sentence = "Your last changes are still being made. Please wait a moment and try again."


class TooSlow(AnonmsgError):
    """A request did not arrive as a whole while somebody waited for it."""

    sentence = "This took too long to arrive. Please try again."


class Busy(AnonmsgError):
    """The queue for expensive work is full."""

    sentence = "anonmsg is very busy right now. Please try again in a few seconds."


class Unavailable(AnonmsgError):
    """The database does not answer."""

    sentence = "anonmsg can't reach its database right now. Please try again in a moment."


class AccessRefused(Unavailable):
    """The database answers but does not let us in; to people that is the same as being away."""


class CannotStart(AnonmsgError):
    """Something that the app needs is missing or wrong; the sentence says what to mend."""
