"""What is shown at an address that leads nowhere."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.frame import frame, heading, page_link, sentence


def not_found() -> rx.Component:
    """Return the page."""
    return frame(
        heading("This page does not exist"),
        sentence("The link may be old, or have a typo."),
        rx.el.p(page_link("Go to the start page", routes.HOME, "button button-primary"), class_name="mt-6"),
    )
