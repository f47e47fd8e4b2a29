"""The mark, and the few drawings that pages use. All inline SVG: nothing is fetched, nothing is tracked."""

import reflex as rx

BUBBLE = "M7 5h18a4 4 0 0 1 4 4v11a4 4 0 0 1-4 4H15l-6.2 4.6A.5.5 0 0 1 8 28.2V24H7a4 4 0 0 1-4-4V9a4 4 0 0 1 4-4Z"


def mark(class_name: str = "size-8") -> rx.Component:
    """Return the mark: an envelope that is also a speech bubble."""
    return rx.el.svg(
        rx.el.svg.path(
            d=BUBBLE,
            class_name="fill-accent",
        ),
        rx.el.svg.path(d="m8.5 10.5 6.6 5.3a1.5 1.5 0 0 0 1.8 0l6.6-5.3", class_name="mark-flap"),
        view_box="0 0 32 32",
        class_name=class_name,
        custom_attrs={"aria-hidden": "true", "focusable": "false"},
    )


def _drawing(*shapes: tuple[str, bool]) -> rx.Component:
    """Return a line drawing of paths; those marked are filled with the warm colour."""
    paths = [rx.el.svg.path(d=path, class_name="filled" if is_filled else "") for path, is_filled in shapes]
    return rx.el.svg(*paths, view_box="0 0 120 88", class_name="drawing", custom_attrs={"aria-hidden": "true"})


def empty_mailbox() -> rx.Component:
    """Return a drawing for an inbox in which nothing is yet."""
    return _drawing(
        ("M14 78h92", False),
        ("M30 78V36a16 16 0 0 1 16-16h36a16 16 0 0 1 16 16v26H62V36a16 16 0 0 0-32 0v26h32", False),
        ("M46 78V62M78 40h10M74 20v-8h12v8", True),
    )


def paper_plane() -> rx.Component:
    """Return a drawing for a message that is on its way."""
    return _drawing(
        ("M36 44 98 16 76 70 60 54Z", True), ("M60 54 98 16M60 54l-2 16 9-9", False), ("M10 66c8-8 16-10 24-8", False)
    )


def closed_envelope() -> rx.Component:
    """Return a drawing for an inbox that takes no messages."""
    return _drawing(
        ("M26 24h68a4 4 0 0 1 4 4v40a4 4 0 0 1-4 4H26a4 4 0 0 1-4-4V28a4 4 0 0 1 4-4Z", True),
        ("m26 28 34 24 34-24", False),
        ("M52 12h16", False),
    )


def lost_way() -> rx.Component:
    """Return a drawing for a link that leads nowhere."""
    return _drawing(
        ("M60 80V14", False),
        ("M60 18h30l8 8-8 8H60Z", True),
        ("M60 40H32l-8 8 8 8h28Z", False),
        ("M40 80h40", False),
    )


def star() -> rx.Component:
    """Return a star; the button around it says whether it is filled."""
    return rx.el.svg(
        rx.el.svg.path(d="m12 3 2.8 5.7 6.2.9-4.5 4.4 1.1 6.2-5.6-2.9-5.6 2.9 1.1-6.2L3 9.6l6.2-.9Z"),
        view_box="0 0 24 24",
        class_name="star-shape",
        custom_attrs={"aria-hidden": "true", "focusable": "false"},
    )
