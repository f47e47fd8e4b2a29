"""What is shown at an address that leads nowhere."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.buttons import button_link
from anonmsg.components.frame import frame
from anonmsg.components.icons import lost_way


def not_found() -> rx.Component:
    """Return the page."""
    return frame(
        rx.el.div(
            lost_way(),
            rx.el.h1("This page does not exist", class_name="text-3xl font-semibold"),
            rx.el.p("The link may be old, or have a typo.", class_name="mt-2 text-ink-soft"),
            rx.el.p(button_link("Go to the start page", routes.HOME, "primary"), class_name="mt-6"),
            class_name="grid justify-items-center py-10 text-center",
        )
    )
