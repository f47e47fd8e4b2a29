"""The shape of what a recipient chooses for an inbox: muted words, pauses, and how times are shown."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from anonmsg.muting import can_be_muted
from anonmsg.rules import broken
from anonmsg.schemas import Form

MUTED_MAX = 200
MUTED_LENGTH = 50
MUTED_RAW = 2 * MUTED_MAX * MUTED_LENGTH
"""What is longer than this has too many or too long lines; nothing costly is done with it."""

CLOSE_AFTER_MAX = 10_000
MOMENT_LENGTH = 40

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def check_muted(value: str) -> str:
    """Return muted words, one a line: NFC, without blanks around them, each once, no line empty."""
    if len(value) > MUTED_RAW:
        raise broken(f"Mute at most {MUTED_MAX} words or phrases")
    if _CONTROL.search(value.replace("\r\n", "\n")):
        raise broken("Words must not contain control characters")
    lines = (" ".join(unicodedata.normalize("NFC", line).split()) for line in value.split("\n"))
    words = list({line.casefold(): line for line in lines if line}.values())
    if len(words) > MUTED_MAX:
        raise broken(f"Mute at most {MUTED_MAX} words or phrases")
    for word in words:
        if len(word) > MUTED_LENGTH:
            raise broken(f"Each word or phrase must be at most {MUTED_LENGTH} characters")
        if not can_be_muted(word):
            raise broken("Each line needs a letter, a number or an emoji")
    return "\n".join(words)


def check_moment(value: str) -> str:
    """Return a moment in ISO 8601 with its zone, in UTC and whole minutes."""
    try:
        moment = datetime.fromisoformat(value) if len(value) <= MOMENT_LENGTH else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC).replace(second=0, microsecond=0).isoformat()
    except (ValueError, OverflowError):
        pass
    raise broken("Choose a day and a time")


def check_count(value: int) -> int:
    """Return after how many messages an inbox closes."""
    if not 1 <= value <= CLOSE_AFTER_MAX:
        raise broken(f"Choose a number from 1 to {CLOSE_AFTER_MAX:,}")
    return value


class MutedForm(Form):
    """Words to mute, one a line."""

    muted: Annotated[str, AfterValidator(check_muted)] = Field("", repr=False)

    def words(self) -> tuple[str, ...]:
        """Return them one by one."""
        return tuple(self.muted.split("\n")) if self.muted else ()


class PauseForm(Form):
    """Until when an inbox is closed."""

    until: Annotated[str, AfterValidator(check_moment)]

    def opens_at(self) -> datetime:
        """Return the moment."""
        return datetime.fromisoformat(self.until)


class CloseAfterForm(Form):
    """After how many messages an inbox closes."""

    messages: Annotated[int, AfterValidator(check_count)]


class CoarseDatesForm(Form):
    """Whether exact times are hidden."""

    coarse_dates: bool
