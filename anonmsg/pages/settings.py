"""`/settings`: the send page, address, password, sessions, export, and the way out."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.browser import AskDialog, ForgetCookie, LeaveTo, Press, Retry
from anonmsg.components.buttons import button
from anonmsg.components.forms import DocumentForm, failure, field, form, submit_button
from anonmsg.components.frame import WIDE, frame, heading, page_link
from anonmsg.components.settings_account import export_section, leaving_section, sessions_section
from anonmsg.components.settings_blocks import blocks_section
from anonmsg.components.settings_credentials import email_section, password_section
from anonmsg.components.settings_inbox import dates_section, muted_section
from anonmsg.components.settings_page import page_section
from anonmsg.components.surfaces import skeleton
from anonmsg.states.settings import SettingsState
from anonmsg.states.settings_confirm import ConfirmState

RETRY_SECONDS = 3


def _confirm() -> rx.Component:
    """Return the dialog; its form is there only while it is open, so that no password stays in a page."""
    return AskDialog.create(
        rx.el.p("Type your password once more. It counts for five minutes.", class_name="text-ink-soft"),
        rx.cond(
            SettingsState.asks != "",
            form(
                field(
                    "Current password",
                    "current_password",
                    ConfirmState.errors.get("current_password", ""),
                    type="password",
                    auto_complete="current-password",
                    auto_focus=True,
                    required=True,
                ),
                failure(ConfirmState.failure),
                rx.el.div(
                    submit_button("Continue", ConfirmState.busy, live=True, id="confirm"),
                    button("Cancel", "bare", "w-full", on_click=SettingsState.cancel_confirm),
                    class_name="grid gap-2",
                ),
                on_submit=ConfirmState.submit,
            ),
            rx.fragment(),
        ),
        id="confirm-dialog",
        label="Confirm it is you",
        is_open=SettingsState.asks != "",
        stamp=SettingsState.ask_stamp,
        on_close=SettingsState.cancel_confirm,
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.el.p("Opening your settings…", role="status", class_name="sr-only"),
        *(skeleton("mt-10 h-48") for _ in range(3)),
    )


def _actions() -> tuple[rx.Component, ...]:
    sign_out = rx.el.button("Sign out", type="submit", class_name="button button-bare")
    return (
        page_link("Your inbox", routes.DASHBOARD, "button button-bare"),
        DocumentForm.create(sign_out, action=routes.SIGN_OUT, method="post"),
    )


def settings() -> rx.Component:
    """Return the page."""
    return frame(
        heading("Settings"),
        rx.el.div(failure(SettingsState.failure), class_name="mt-4 empty:mt-0"),
        rx.el.div(
            rx.match(
                SettingsState.status,
                (
                    "ready",
                    rx.fragment(
                        page_section(),
                        muted_section(),
                        blocks_section(),
                        dates_section(),
                        email_section(),
                        password_section(),
                        sessions_section(),
                        export_section(),
                        leaving_section(),
                    ),
                ),
                ("left", LeaveTo.create(to=routes.sign_in_then(routes.SETTINGS))),
                ("deleted", ForgetCookie.create(on_done=SettingsState.say_farewell)),
                _waiting(),
            )
        ),
        _confirm(),
        Press.create(target=SettingsState.press),
        rx.cond(
            SettingsState.is_waiting,
            Retry.create(seconds=RETRY_SECONDS, on_retry=SettingsState.load),
            rx.fragment(),
        ),
        actions=_actions(),
        width=WIDE,
        grows=True,
    )
