"""`/settings`: address, password, sessions, export, and the way out."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.browser import (
    AskDialog,
    CarefulButton,
    CooldownButton,
    DownloadFrame,
    ForgetCookie,
    LeaveTo,
    LocalTime,
    Press,
    Retry,
    SessionExchange,
)
from anonmsg.components.buttons import button
from anonmsg.components.forms import DocumentForm, failure, field, form, submit_button
from anonmsg.components.frame import WIDE, frame, heading, page_link
from anonmsg.components.surfaces import pill, skeleton
from anonmsg.schemas import DELETE_WORD
from anonmsg.states.settings import SessionRow, SettingsState
from anonmsg.states.settings_account import END_OTHERS, EXPORT_BUTTONS, ExportState, LeavingState, SessionsState
from anonmsg.states.settings_confirm import ConfirmState
from anonmsg.states.settings_credentials import CHANGE_EMAIL, CHANGE_PASSWORD, RESEND, EmailState, PasswordState

RETRY_SECONDS = 3
FRAME = "download"


def _section(title: str, *content: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, class_name="text-2xl font-semibold"),
        rx.el.div(*content, class_name="card mt-4 p-6"),
        class_name="mt-10",
    )


def _done(text: rx.Var[str]) -> rx.Component:
    return rx.el.p(text, role="status", class_name="good text-sm empty:hidden")


def _email_form() -> rx.Component:
    return form(
        field(
            "New email",
            "email",
            EmailState.errors.get("email", ""),
            hint=rx.el.p("We mail it a code. Your present address works until then.", class_name="hint"),
            type="email",
            auto_complete="email",
            auto_capitalize="none",
            spell_check=False,
            required=True,
        ),
        failure(EmailState.failure),
        _small_submit("Change email", EmailState.busy, CHANGE_EMAIL),
        on_submit=EmailState.submit,
    )


def _code_form() -> rx.Component:
    return rx.el.div(
        form(
            field(
                "Verification Code",
                "code",
                EmailState.errors.get("code", ""),
                hint=rx.el.p("We mailed it to ", rx.el.b(SettingsState.new_email, class_name="break-all"), "."),
                input_mode="numeric",
                auto_complete="one-time-code",
                placeholder="123456",
                max_length=20,
                required=True,
            ),
            failure(EmailState.failure),
            _small_submit("Use this address", EmailState.busy, "use-email"),
            on_submit=EmailState.submit_code,
        ),
        rx.el.div(
            CooldownButton.create(
                label="Send a new code",
                seconds=SettingsState.code_seconds,
                stamp=SettingsState.code_stamp,
                on_press=EmailState.resend_code,
                class_name="button button-quiet",
            ),
            button("Use another address", "bare", on_click=EmailState.use_another),
            class_name="mt-6 flex flex-wrap items-start justify-between gap-3 border-t border-line pt-5",
        ),
        # What the dialog presses after the password was right; the one that people press counts down.
        rx.el.button(type="button", id=RESEND, hidden=True, on_click=EmailState.resend_code),
    )


def _small_submit(label: str, busy: rx.Var[bool], button_id: str) -> rx.Component:
    return rx.el.div(
        rx.el.button(
            label,
            type="submit",
            id=button_id,
            disabled=busy,
            class_name="button button-primary",
            custom_attrs={"aria-busy": busy},
        )
    )


def _email() -> rx.Component:
    return _section(
        "Email",
        rx.el.p("Your address is ", rx.el.b(SettingsState.email, class_name="break-all", id="present-email"), "."),
        rx.el.div(
            rx.cond(SettingsState.new_email != "", _code_form(), _email_form()),
            rx.el.div(_done(EmailState.sent), class_name="mt-3"),
            class_name="mt-5",
        ),
    )


def _password() -> rx.Component:
    return _section(
        "Password",
        form(
            field(
                "New password",
                "new_password",
                PasswordState.errors.get("new_password", ""),
                hint=rx.el.p("Every other browser is signed out when you change it.", class_name="hint"),
                type="password",
                auto_complete="new-password",
                required=True,
            ),
            failure(PasswordState.failure),
            _small_submit("Change password", PasswordState.busy, CHANGE_PASSWORD),
            on_submit=PasswordState.submit,
        ),
        SessionExchange.create(ticket=PasswordState.ticket, to=routes.SETTINGS, on_fail=PasswordState.exchange_failed),
    )


def _session(session: rx.vars.ObjectVar[SessionRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(
                rx.el.span(session.device, class_name="font-semibold"),
                rx.cond(session.is_this, pill("This browser", accent=True), rx.fragment()),
                class_name="flex flex-wrap items-center gap-2",
            ),
            rx.el.p(
                "Seen ",
                LocalTime.create(at=session.last_seen_at),
                ", signed in ",
                LocalTime.create(at=session.created_at),
                class_name="hint",
            ),
        ),
        rx.cond(
            session.is_this,
            rx.fragment(),
            rx.el.button(
                "Sign out",
                type="button",
                id=f"end-{session.id}",
                on_click=SessionsState.end_session(session.id),
                class_name="button button-bare",
                custom_attrs={"aria-label": f"Sign out {session.device}"},
            ),
        ),
        key=session.id,
        class_name="flex min-h-11 items-center justify-between gap-4",
    )


def _sessions() -> rx.Component:
    return _section(
        "Where you are signed in",
        rx.el.ul(rx.foreach(SettingsState.sessions, _session), class_name="grid gap-4"),
        rx.el.div(
            rx.cond(
                SettingsState.sessions.length() > 1,
                button("Sign out everywhere else", id=END_OTHERS, on_click=SessionsState.end_others),
                rx.el.p("You are signed in nowhere else.", class_name="hint"),
            ),
            _done(SessionsState.done),
            failure(SessionsState.failure),
            class_name="mt-6 grid justify-items-start gap-3 border-t border-line pt-5",
        ),
    )


def _export_file(kind: str) -> rx.Component:
    return DocumentForm.create(
        rx.el.button(type="submit", id=f"{EXPORT_BUTTONS[kind]}-file"),
        action=routes.export_file(kind),
        method="post",
        target=FRAME,
        hidden=True,
    )


def _export() -> rx.Component:
    return _section(
        "Your data",
        rx.el.p(
            "Take all of it with you. The JSON file holds everything that is stored about you; "
            "the CSV file holds your messages for a spreadsheet, where an apostrophe keeps text from being a formula."
        ),
        rx.el.div(
            button("Export as JSON", id=EXPORT_BUTTONS["json"], on_click=ExportState.start("json")),
            button("Export as CSV", id=EXPORT_BUTTONS["csv"], on_click=ExportState.start("csv")),
            class_name="mt-5 flex flex-wrap gap-3",
        ),
        rx.el.div(failure(ExportState.failure), class_name="mt-3 empty:mt-0"),
        _export_file("json"),
        _export_file("csv"),
        DownloadFrame.create(name=FRAME, to=routes.export_refused()),
        Press.create(target=ExportState.press),
    )


def _leaving() -> rx.Component:
    return _section(
        "Delete account",
        rx.el.p(
            "This deletes your messages, your address, your password, your link and everything else that is stored "
            "about you. It happens at once and can't be undone: nobody can bring anything back, not even us. Your "
            "name stays taken for 30 days, so that nobody is mistaken for you."
        ),
        rx.el.p("Export your data first if you want to keep it.", class_name="mt-3"),
        rx.el.div(
            form(
                field(
                    "Your password",
                    "password",
                    LeavingState.errors.get("password", ""),
                    type="password",
                    auto_complete="current-password",
                ),
                field(
                    f"Type {DELETE_WORD} to go on",
                    "word",
                    LeavingState.errors.get("word", ""),
                    auto_complete="off",
                    auto_capitalize="none",
                    spell_check=False,
                ),
                failure(LeavingState.failure),
                rx.el.div(
                    CarefulButton.create(
                        "Delete my account",
                        id="delete-account",
                        disabled=LeavingState.busy,
                        class_name="button button-quiet bad",
                    )
                ),
                on_submit=LeavingState.submit,
            ),
            class_name="mt-5",
        ),
    )


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
                ("ready", rx.fragment(_email(), _password(), _sessions(), _export(), _leaving())),
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
