"""One message on the dashboard."""

import reflex as rx

from anonmsg.components.browser import LocalTime
from anonmsg.states.dashboard import DashboardState, MessageRow


def message_card(message: rx.vars.ObjectVar[MessageRow]) -> rx.Component:
    """Return the card of a message; its text is shown as text, whatever is in it."""
    return rx.el.li(
        rx.cond(
            message.is_readable,
            rx.el.p(message.content, class_name="message-text", dir="auto"),
            rx.el.p("This message can't be read", class_name="hint italic"),
        ),
        rx.el.div(
            LocalTime.create(at=message.created_at, class_name="hint"),
            rx.el.button(
                "Delete",
                type="button",
                on_click=DashboardState.delete_message(message.id),
                class_name="button button-bare no-print",
            ),
            class_name="mt-3 flex items-center justify-between gap-4",
        ),
        key=message.id,
        class_name="card arrive p-5",
    )
