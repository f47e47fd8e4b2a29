"""What happens with a bug: it is logged under a number, and the person sees the number and nothing more."""

import logging
import re
import secrets
import traceback
from collections.abc import Iterator

log = logging.getLogger(__name__)

NUMBER = re.compile(r"[0-9a-f]{8}")


def report(what: str, error: BaseException) -> str:
    """Log where an unexpected exception comes from, and return its number.

    Args:
        what: What failed, such as "A request".
        error: The exception. Its text is left out: it may hold what somebody typed.
    """
    number = secrets.token_hex(4)
    log.error("%s failed (%s).\n%s", what, number, "".join(_trace(error)))
    return number


def sentence_for_fault(number: str) -> str:
    """Return what the person reads."""
    return f"Something went wrong. If it happens again, tell us this number: {number}"


def _trace(error: BaseException) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _trace(cause)
        yield "That led to:\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}\n"
