"""`/dashboard`: the share link, the switch, and what people wrote."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.browser import CopyField, LeaveTo, OfflinePage, Retry, Shortcuts
from anonmsg.components.buttons import button, switch
from anonmsg.components.forms import DocumentForm, failure
from anonmsg.components.frame import WIDE, frame, heading, page_link
from anonmsg.components.icons import empty_mailbox
from anonmsg.components.message_card import message_card
from anonmsg.components.surfaces import empty_state, skeleton
from anonmsg.models import Folder
from anonmsg.states.dashboard import DashboardState

RETRY_SECONDS = 3

SHORTCUTS = [
    {"key": "r", "label": "Refresh", "target": "refresh"},
    {"key": "c", "label": "Copy your link", "target": "link-copy"},
    {"key": "u", "label": "Undo the last deletion", "target": "undo"},
    {"key": "m", "label": "Show older messages", "target": "more"},
]
"""Keys of the dashboard; the sheet lists those whose button is there."""


def _sign_out() -> rx.Component:
    """Return a form that the browser sends by itself, so that the cookie goes with a new document."""
    return DocumentForm.create(
        rx.el.button("Sign out", type="submit", class_name="button button-bare"),
        action=routes.SIGN_OUT,
        method="post",
    )


def _link() -> rx.Component:
    return rx.el.section(
        rx.el.label("Your link", html_for="link", class_name="font-semibold"),
        CopyField.create(
            rx.el.input(id="link", value=DashboardState.share_link, read_only=True, class_name="input"),
            field="link",
            class_name="copy-field mt-1.5",
        ),
        rx.el.p("Everybody who has it can write to you, without an account.", class_name="hint mt-2"),
        class_name="card relative p-5",
    )


def _switch() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.span("Accept Messages", id="accept-label", class_name="font-semibold"),
            rx.el.p(
                rx.cond(
                    DashboardState.accepts_messages,
                    "Your inbox is open.",
                    "Your inbox is closed. People who open your link are told so.",
                ),
                role="status",
                class_name="hint",
            ),
        ),
        switch(
            "accept-label",
            DashboardState.accepts_messages,
            id="accept",
            on_click=DashboardState.set_accepting(~DashboardState.accepts_messages),
        ),
        class_name="card mt-4 flex items-center justify-between gap-4 p-5",
    )


def _empty() -> rx.Component:
    return rx.cond(
        DashboardState.folder == "inbox",
        empty_state(
            empty_mailbox(), "No messages yet", "Share your link, and the first one will appear here by itself."
        ),
        empty_state(
            empty_mailbox(), "Nothing was filtered", "What seems to come from a program is put here, never thrown away."
        ),
    )


def _tab(label: str, folder: Folder) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        on_click=DashboardState.open_folder(folder),
        class_name="tab",
        custom_attrs={"aria-current": DashboardState.folder == folder},
    )


def _folders() -> rx.Component:
    return rx.el.nav(
        _tab("Inbox", "inbox"), _tab("Filtered", "filtered"), aria_label="Folders", class_name="tabs no-print"
    )


def _messages() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Messages", class_name="text-2xl font-semibold"),
            button("Refresh", class_name="no-print", id="refresh", on_click=DashboardState.load),
            class_name="mb-3 flex items-center justify-between gap-4",
        ),
        _folders(),
        rx.cond(
            DashboardState.messages.length() > 0,
            rx.el.ul(rx.foreach(DashboardState.messages, message_card), class_name="grid gap-4"),
            _empty(),
        ),
        rx.cond(
            DashboardState.next_cursor != "",
            button(
                "Show older messages", class_name="no-print mt-5 w-full", id="more", on_click=DashboardState.load_more
            ),
            rx.fragment(),
        ),
        class_name="mt-10",
    )


def _undo() -> rx.Component:
    return rx.el.div(
        rx.el.p("Message deleted", role="status"),
        rx.el.button(
            "Undo",
            type="button",
            id="undo",
            on_click=DashboardState.undo_delete(DashboardState.deleted_id),
            class_name="button",
        ),
        key=DashboardState.deleted_id,
        class_name="toast no-print",
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.el.p("Opening your inbox…", role="status", class_name="sr-only"),
        skeleton("h-36"),
        skeleton("mt-4 h-20"),
        skeleton("mt-24 h-28"),
    )


def dashboard() -> rx.Component:
    """Return the page."""
    return frame(
        heading("Your inbox"),
        rx.el.div(failure(DashboardState.failure), class_name="mt-4 empty:mt-0"),
        rx.el.div(
            rx.match(
                DashboardState.status,
                ("ready", rx.fragment(_link(), _switch(), _messages(), OfflinePage.create())),
                ("left", LeaveTo.create(to=routes.sign_in_then(routes.DASHBOARD))),
                _waiting(),
            ),
            class_name="mt-6",
        ),
        rx.cond(DashboardState.deleted_id != "", _undo(), rx.fragment()),
        rx.cond(
            DashboardState.is_waiting,
            Retry.create(seconds=RETRY_SECONDS, on_retry=DashboardState.load),
            rx.fragment(),
        ),
        Shortcuts.create(keys=SHORTCUTS),
        actions=(page_link("Settings", routes.SETTINGS, "button button-bare"), _sign_out()),
        width=WIDE,
        grows=True,
    )
