"""What happens when an event fails because of a bug, and what of it must not reach the log."""

import logging

from reflex.event import EventSpec

from anonmsg.faults import report
from anonmsg.states.notice import Notice


def answer_fault(exception: Exception) -> EventSpec:
    """Log an unexpected exception of an event and tell the person its id."""
    return Notice.show_fault(report("An event", exception))  # pyright: ignore[reportReturnType]  # a handler called on its class is a spec


class HideHeaders(logging.Filter):
    """Takes headers out of the framework's report of an unknown event: they hold the session cookie."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the record's text if it is that report."""
        if "processing event queue entry" in str(record.msg):
            record.msg, record.args, record.exc_info = "Dropped an event that no handler is registered for.", (), None
        return True
