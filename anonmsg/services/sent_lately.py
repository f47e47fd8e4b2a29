"""What was sent a moment ago, for second tries that come when nothing may be looked up."""

from collections import OrderedDict
from datetime import datetime, timedelta

KEPT_TTL = timedelta(minutes=10)
MOST_MARKS = 10_000


class SentLately:
    """The marks of some messages, in memory only; one that is not here may have been sent all the same."""

    def __init__(self, most: int = MOST_MARKS) -> None:
        self._most = most
        self._marks: OrderedDict[bytes, datetime] = OrderedDict()

    def note(self, mark: bytes, now: datetime) -> None:
        """Remember that a message was sent; the oldest go first."""
        self._marks.setdefault(mark, now)
        if len(self._marks) > self._most:
            self._marks.popitem(last=False)

    def holds(self, mark: bytes, now: datetime) -> bool:
        """Return whether a message with this mark is known to have been sent."""
        noted_at = self._marks.get(mark)
        return noted_at is not None and now - noted_at < KEPT_TTL
