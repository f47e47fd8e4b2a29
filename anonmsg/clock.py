"""The time, as a value that services are given instead of a thing they reach for."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Answers the present moment as an aware UTC time in whole milliseconds."""


def utc_now() -> datetime:
    """Return the present moment in UTC, cut to milliseconds, which is all that BSON keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
