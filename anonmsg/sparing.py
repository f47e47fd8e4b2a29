"""Logs what strangers can cause as often as they like, without letting them fill the log."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

LEAST_GAP = timedelta(seconds=1)
"""Between two lines that say the same."""


class SparingLog:
    """Writes each sentence at most once a second, with how often it held since the last time.

    Args:
        log: Where to write.
        now: Seconds that only grow.
    """

    def __init__(self, log: logging.Logger, now: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._now = now
        self._next_at: dict[str, float] = {}
        self._held: Counter[str] = Counter()

    def warn(self, sentence: str, detail: str = "") -> None:
        """Write a sentence, or count it; sentences must be few, and hold nothing of what strangers sent.

        Args:
            sentence: What is counted and held back together.
            detail: What is said besides of the one that is written.
        """
        now = self._now()
        self._held[sentence] += 1
        if now < self._next_at.get(sentence, now):
            return
        self._next_at[sentence] = now + LEAST_GAP.total_seconds()
        count = self._held.pop(sentence)
        self._log.warning("%s%s%s", sentence, detail, f" ({count} times)" if count > 1 else "")
