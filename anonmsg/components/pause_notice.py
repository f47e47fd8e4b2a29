"""What is said of an inbox that opens by itself, on the dashboard and on the send page."""

import reflex as rx

from anonmsg.components.browser import LocalTime


class Due(rx.Component):
    """Calls its handler when a moment (ISO 8601) has come, and again until the page has another one."""

    library = "$/public/pause.js"
    tag = "Due"

    at: rx.Var[str]
    on_due: rx.EventHandler[rx.event.no_args_event_spec]


def opens_again(opens_at: rx.Var[str]) -> rx.Component:
    """Return the sentence that says when a closed inbox opens, in the reader's own zone."""
    return rx.fragment("Opens again ", LocalTime.create(at=opens_at, is_exact=True), ".")
