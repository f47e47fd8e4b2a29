"""The mark, and the few drawings that pages use. All inline SVG: nothing is fetched, nothing is tracked."""

import reflex as rx

from anonmsg.drawings import (
    BUBBLE,
    CLOSED_ENVELOPE,
    DRAWING_BOX,
    EMPTY_MAILBOX,
    FLAP,
    LOST_WAY,
    MARK_BOX,
    PAPER_PLANE,
    Shapes,
)


def mark(class_name: str = "size-8") -> rx.Component:
    """Return the mark: an envelope that is also a speech bubble."""
    return rx.el.svg(
        rx.el.svg.path(
            d=BUBBLE,
            class_name="fill-accent",
        ),
        rx.el.svg.path(d=FLAP, class_name="mark-flap"),
        view_box=MARK_BOX,
        class_name=class_name,
        custom_attrs={"aria-hidden": "true", "focusable": "false"},
    )


def _drawing(shapes: Shapes) -> rx.Component:
    paths = [rx.el.svg.path(d=path, class_name="filled" if is_filled else "") for path, is_filled in shapes]
    return rx.el.svg(*paths, view_box=DRAWING_BOX, class_name="drawing", custom_attrs={"aria-hidden": "true"})


def empty_mailbox() -> rx.Component:
    """Return a drawing for an inbox in which nothing is yet."""
    return _drawing(EMPTY_MAILBOX)


def paper_plane() -> rx.Component:
    """Return a drawing for a message that is on its way."""
    return _drawing(PAPER_PLANE)


def closed_envelope() -> rx.Component:
    """Return a drawing for an inbox that takes no messages."""
    return _drawing(CLOSED_ENVELOPE)


def lost_way() -> rx.Component:
    """Return a drawing for a link that leads nowhere."""
    return _drawing(LOST_WAY)


def star() -> rx.Component:
    """Return a star; the button around it says whether it is filled."""
    return rx.el.svg(
        rx.el.svg.path(d="m12 3 2.8 5.7 6.2.9-4.5 4.4 1.1 6.2-5.6-2.9-5.6 2.9 1.1-6.2L3 9.6l6.2-.9Z"),
        view_box="0 0 24 24",
        class_name="star-shape",
        custom_attrs={"aria-hidden": "true", "focusable": "false"},
    )
