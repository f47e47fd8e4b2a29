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
