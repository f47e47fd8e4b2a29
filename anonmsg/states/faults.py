"""What happens when an event fails because of a bug, and what of it must not reach the log."""

import logging
import re

from reflex.event import EventSpec

from anonmsg.faults import report
from anonmsg.sparing import SparingLog
from anonmsg.states.notice import Notice

KIND = re.compile(r"\b(?:Eval|Internal|Range|Reference|Syntax|Type|URI)Error\b")
PLACE = re.compile(r"/assets/([\w$.-]{1,60}\.js:\d{1,6}:\d{1,6})", re.ASCII)
MOST_PLACES = 3

log = SparingLog(logging.getLogger(__name__))


def answer_fault(exception: Exception) -> EventSpec:
    """Log an unexpected exception of an event and tell the person its id."""
    return Notice.show_fault(report("An event", exception))  # pyright: ignore[reportReturnType]  # a handler called on its class is a spec


def note_page_fault(exception: Exception) -> None:
    """Log that a script of ours broke in somebody's browser: what kind of error and where, never its text.

    Anybody can say so as often as they like.
    """
    text = str(exception)
    kind = KIND.search(text)
    places = ", ".join(PLACE.findall(text)[:MOST_PLACES])
    detail = f" ({kind[0] if kind else 'of no kind'}) at {places or 'no known place'}."
    log.warn("A page reported a fault", detail)


class HideHeaders(logging.Filter):
    """Takes headers out of the framework's report of an unknown event: they hold the session cookie."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the record's text if it is that report."""
        if "processing event queue entry" in str(record.msg):
            record.msg, record.args, record.exc_info = "Dropped an event that no handler is registered for.", (), None
        return True
