"""What the form on a send page holds besides the message, and what it tells about how it was filled in."""

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from anonmsg.models import Folder
from anonmsg.rules import content_too_long, is_send_key

LEAST_TIME = timedelta(seconds=1)
"""Nobody reads the page and writes in less."""

TRAP = "website"
"""A field that people don't see, and programs fill."""

AGE = "age"
"""A field in which the browser says for how many milliseconds somebody has written."""

AGE_DIGITS = 9

KEY = "key"
"""A field with a random key: what comes twice with the same key and text is one message."""

KEY_BYTES = 12
OUR_KEY = re.compile(r"(?P<milliseconds>[0-9]{13})\.[\w-]{16}", re.ASCII)
"""A key that a page of ours was written with; those that browsers make tell no time, for their clocks may be wrong."""


MARK = "mark"
"""A field with the random value that a browser makes up for itself (`services/tagging.py`)."""

OUR_MARK = re.compile(r"[\w-]{22}", re.ASCII)


def mark_of(submitted: Mapping[str, Any]) -> str:
    """Return the mark that a form was sent with; "" if it has none that could be one."""
    mark = submitted.get(MARK)
    return mark if isinstance(mark, str) and OUR_MARK.fullmatch(mark) else ""


ATTEMPT = "attempt"
"""A field in which the browser names each attempt to send, so that it knows the answer to the last one."""


def attempt_of(submitted: Mapping[str, Any]) -> str:
    """Return what the browser calls this attempt; "" if that could be no name of one."""
    attempt = submitted.get(ATTEMPT)
    return attempt if isinstance(attempt, str) and is_send_key(attempt) else ""


def new_key(now: datetime) -> str:
    """Return the key of a form that is written now."""
    return f"{int(now.timestamp() * 1000)}.{secrets.token_urlsafe(KEY_BYTES)}"


def written_at(key: str) -> datetime | None:
    """Return when the form with this key was written; None if no page of ours was."""
    ours = OUR_KEY.fullmatch(key)
    return datetime.fromtimestamp(int(ours["milliseconds"]) / 1000, UTC) if ours else None


def key_of(submitted: Mapping[str, Any]) -> str:
    """Return the key that a form was sent with; "" if it has none that could be one."""
    key = submitted.get(KEY)
    return key if isinstance(key, str) and is_send_key(key) else ""


def folder_for(submitted: Mapping[str, Any], now: datetime, shown_at: datetime | None = None) -> Folder:
    """Return where a message belongs: apart if a program seems to have filled in the form.

    A message that waited for a lost connection comes as soon as it is back, so a browser may say that its person
    has written for longer. A program may say so too; it is worth that much. A form that tells no time is not hasty.

    Args:
        submitted: The fields of the form.
        now: The time on the server.
        shown_at: When a connection was last shown an empty form, if the server knows.
    """
    age = str(submitted.get(AGE, ""))[:AGE_DIGITS]
    said = timedelta(milliseconds=int(age)) if age.isascii() and age.isdecimal() else timedelta(0)
    known = [now - moment for moment in (written_at(key_of(submitted)), shown_at) if moment and moment <= now]
    is_hasty = bool(known) and max(known) < LEAST_TIME and said < LEAST_TIME
    return "filtered" if is_hasty or submitted.get(TRAP) else "inbox"


def content_error(sentence: str, most: int) -> str:
    """Return what is wrong with a message; what is too long for anybody is told this recipient's own limit."""
    return content_too_long(most) if sentence == content_too_long() else sentence


# What is said around the form; the first HTML and the page have to say the same.

LABEL = "Your message"
PLACEHOLDER = "Write what you really think."
BUTTON = "Send It"
TRUST = "Nothing about you is kept: no name, no address, no cookie. "
BROWSER = (
    "A random mark of this browser goes along, for blocking. "
    "Your text stays in this tab until sent or discarded, a day at most. "
)
"""True where scripts run."""

PRIVACY = "What is kept"
IDEAS = "Not sure how to begin?"
OTHERS = "Other ideas"
OWN_LINK = "Create your own link"
ANOTHER = "Send another"
SENT = "Message sent successfully"
THANKS = "Thank you for being honest."
CLOSED_ADVICE = "Come back later, or ask them to open their inbox."
UNKNOWN_ADVICE = "Check the link for a typo, or ask for it again."
USUAL_HEADING = "Send an anonymous message"


def title_for(username: str) -> str:
    """Return the title of somebody's send page."""
    return f"{USUAL_HEADING} to @{username}"
