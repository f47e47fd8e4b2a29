"""One message on the dashboard."""

import reflex as rx

from anonmsg.components.icons import star
from anonmsg.components.times import LocalTime
from anonmsg.models import Action
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.defence import DefenceState
from anonmsg.states.message_rows import MessageRow

PASSING = " · From a blocked sender, kept for 30 days"


def _ids(message: rx.vars.ObjectVar[MessageRow]) -> rx.Var[list[str]]:
    return rx.Var.create([message.id]).to(list[str])


def _act(label: str, action: Action, message: rx.vars.ObjectVar[MessageRow]) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        on_click=DashboardState.act_on(action, _ids(message)),
        class_name="button button-bare",
    )


def _star(message: rx.vars.ObjectVar[MessageRow]) -> rx.Component:
    return rx.el.button(
        star(),
        type="button",
        aria_label="Star",
        on_click=DashboardState.act_on(rx.cond(message.is_starred, "unstar", "star"), _ids(message)),
        custom_attrs={"aria-pressed": message.is_starred},
        class_name="button button-bare star",
    )


def _block(message: rx.vars.ObjectVar[MessageRow]) -> rx.Component:
    return rx.el.button(
        "Block",
        type="button",
        on_click=DefenceState.ask_about(message.id),
        custom_attrs={"aria-haspopup": "dialog"},
        class_name="button button-bare",
    )


def _actions(message: rx.vars.ObjectVar[MessageRow]) -> rx.Component:
    return rx.el.div(
        _star(message),
        rx.cond(
            message.folder == "inbox", _act("Archive", "archive", message), _act("Move to inbox", "restore", message)
        ),
        rx.el.button(
            "Delete",
            type="button",
            on_click=DashboardState.delete_message(message.id),
            class_name="button button-bare",
        ),
        rx.cond(message.is_passing, rx.fragment(), _block(message)),  # whoever is blocked already can't be once more
        class_name="message-actions no-print",
    )


def message_card(message: rx.vars.ObjectVar[MessageRow]) -> rx.Component:
    """Return the card of a message; its text is shown as text, whatever is in it."""
    return rx.el.li(
        rx.el.input(
            type="checkbox",
            value=message.id,
            aria_label="Select this message",
            class_name="pick",
            default_checked=False,
        ),
        rx.cond(
            message.is_readable,
            rx.el.p(message.content, class_name="message-text", dir="auto"),
            rx.el.p("This message can't be read", class_name="hint italic"),
        ),
        rx.el.div(
            rx.el.p(
                rx.cond(message.is_read, rx.fragment(), rx.el.span("Unread, ", class_name="sr-only")),
                LocalTime.create(at=message.created_at, class_name="hint"),
                rx.cond(message.is_passing, rx.el.span(PASSING, class_name="hint"), rx.fragment()),
                class_name="message-time",
            ),
            _actions(message),
            class_name="mt-2 flex flex-wrap items-center justify-between gap-x-4",
        ),
        key=message.id,
        custom_attrs={"data-id": message.id, "data-unread": ~message.is_read, "data-new": message.is_new},
        class_name=rx.cond(message.is_new, "card message arrive", "card message"),
    )
