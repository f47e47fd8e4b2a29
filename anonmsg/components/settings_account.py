"""The sections of the settings page about the account as a whole: sessions, export, deletion."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.browser import CarefulButton, DownloadFrame, Press
from anonmsg.components.buttons import button
from anonmsg.components.forms import DocumentForm, failure, field, form
from anonmsg.components.settings_section import done, section, sentence_below
from anonmsg.components.surfaces import pill
from anonmsg.components.times import LocalTime
from anonmsg.rules import DELETE_WORD
from anonmsg.states.settings import SessionRow, SettingsState
from anonmsg.states.settings_account import END_OTHERS, EXPORT_BUTTONS, ExportState, LeavingState, SessionsState

FRAME = "download"


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
                class_name="button button-bare shrink-0 whitespace-nowrap",
                custom_attrs={"aria-label": f"Sign out {session.device}"},
            ),
        ),
        key=session.id,
        class_name="flex min-h-11 items-center justify-between gap-4",
    )


def sessions_section() -> rx.Component:
    """Return the list of browsers that are signed in."""
    return section(
        "Where you are signed in",
        rx.el.ul(rx.foreach(SettingsState.sessions, _session), class_name="grid gap-4"),
        rx.el.div(
            rx.cond(
                SettingsState.sessions.length() > 1,
                button("Sign out everywhere else", id=END_OTHERS, on_click=SessionsState.end_others),
                rx.el.p("You are signed in nowhere else.", class_name="hint"),
            ),
            done(SessionsState.done),
            sentence_below(SessionsState.failure),
            class_name="mt-6 border-t border-line pt-5",
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


def export_section() -> rx.Component:
    """Return the ways to take everything along."""
    return section(
        "Your data",
        rx.el.p(
            "Take all of it with you. The JSON file holds everything that is stored about you. The CSV file holds your "
            "messages for a spreadsheet; an apostrophe stands before text that it would take for a formula."
        ),
        rx.el.div(
            button("Export as JSON", id=EXPORT_BUTTONS["json"], on_click=ExportState.start("json")),
            button("Export as CSV", id=EXPORT_BUTTONS["csv"], on_click=ExportState.start("csv")),
            class_name="mt-5 flex flex-wrap gap-3",
        ),
        sentence_below(ExportState.failure),
        _export_file("json"),
        _export_file("csv"),
        DownloadFrame.create(name=FRAME, to=routes.export_refused()),
        Press.create(target=ExportState.press),
    )


def leaving_section() -> rx.Component:
    """Return the way out; Enter in a field does not go it."""
    return section(
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
                    f"Type “{DELETE_WORD}” to go on",
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
