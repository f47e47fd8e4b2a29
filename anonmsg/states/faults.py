"""What happens with a bug: it is logged under an id, and the person sees the id and nothing more."""

import logging
import secrets

from reflex.event import EventSpec

from anonmsg.states.notice import Notice

log = logging.getLogger(__name__)


def answer_fault(exception: Exception) -> EventSpec:
    """Log an unexpected exception of an event and tell the person its id."""
    number = secrets.token_hex(4)
    log.error("An event failed (%s).", number, exc_info=exception)
    return Notice.show_fault(number)  # pyright: ignore[reportReturnType]  # a handler called on its class is a spec


class HideHeaders(logging.Filter):
    """Takes headers out of the framework's report of an unknown event: they hold the session cookie."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the record's text if it is that report."""
        if "processing event queue entry" in str(record.msg):
            record.msg, record.args, record.exc_info = "Dropped an event that no handler is registered for.", (), None
        return True
