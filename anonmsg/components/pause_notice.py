"""What is said of an inbox that opens by itself, on the dashboard and on the send page."""

import reflex as rx

from anonmsg.components.times import LocalTime


def opens_again(opens_at: rx.Var[str]) -> rx.Component:
    """Return the sentence that says when a closed inbox opens, in the reader's own zone."""
    return rx.fragment("Opens again ", LocalTime.create(at=opens_at, is_exact=True), ".")
