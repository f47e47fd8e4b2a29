"""`/u/<username>`: where a sender writes."""

import reflex as rx
from reflex_components_core.core.banner import connect_errors

from anonmsg import routes
from anonmsg import send_form as words
from anonmsg.components.browser import (
    Connection,
    Draft,
    ForgetDraft,
    Prompts,
    Puzzle,
    Retry,
    SenderMark,
    TakeOver,
    Unsent,
    was_sent,
)
from anonmsg.components.buttons import button, button_link
from anonmsg.components.forms import failure, form, submit_button, text_area, trap
from anonmsg.components.frame import frame, page_link
from anonmsg.components.icons import closed_envelope, lost_way, paper_plane
from anonmsg.components.pause_notice import opens_again
from anonmsg.components.surfaces import answer_card, skeleton
from anonmsg.components.times import Due
from anonmsg.send_form import AGE, ATTEMPT, KEY, MARK, TRAP
from anonmsg.states.send import SendState

RETRY_SECONDS = 3
SENT = "sent"

PUZZLE = "Many messages are coming from your network. Your device solves a small puzzle, then your message is sent."


def _own_link() -> rx.Component:
    return button_link(words.OWN_LINK, routes.SIGN_UP)


def _puzzle() -> rx.Component:
    """Return what a sender sees while many messages come in: the browser works by itself."""
    return rx.el.div(
        rx.el.p(rx.cond(SendState.challenge != "", PUZZLE, ""), role="status", class_name="empty:hidden"),
        rx.cond(
            SendState.challenge != "",
            Puzzle.create(challenge=SendState.challenge, on_fail=SendState.give_up_puzzle),
            rx.fragment(),
        ),
        class_name="grid gap-3 has-[p:empty]:hidden",
    )


def _write() -> rx.Component:
    return rx.el.div(
        rx.el.p(SendState.question, class_name="question mt-4 empty:hidden", dir="auto"),
        rx.el.div(
            form(
                text_area(
                    words.LABEL,
                    "content",
                    SendState.errors.get("content", ""),
                    rows=7,
                    placeholder=words.PLACEHOLDER,
                    required=True,
                    dir="auto",
                ),
                Draft.create(field="content", name=SendState.username, most=SendState.most),
                rx.el.input(type="hidden", id=AGE, name=AGE),
                rx.el.input(type="hidden", id=KEY, name=KEY),
                rx.el.input(type="hidden", id=MARK, name=MARK),
                rx.el.input(type="hidden", id=ATTEMPT, name=ATTEMPT),
                trap(TRAP),
                failure(SendState.failure),
                Connection.create(
                    name=SendState.username,
                    errors=connect_errors,
                    busy=SendState.busy,
                    answered=SendState.answered,
                    most=SendState.most,
                ),
                _puzzle(),
                submit_button(words.BUTTON, SendState.busy, rx.State.is_hydrated),
                on_submit=SendState.submit.temporal,  # what found no connection must not be sent later by itself
            ),
            class_name="card mt-6 p-6",
        ),
        rx.el.p(
            words.TRUST,
            words.BROWSER,
            page_link(words.PRIVACY, routes.PRIVACY),
            class_name="hint mt-3",
        ),
        rx.el.section(
            rx.el.h2(words.IDEAS, class_name="mb-3 text-xl font-semibold"),
            Prompts.create(field="content", ideas=SendState.ideas),
            class_name="mt-8",
        ),
        rx.el.p(_own_link(), class_name="mt-10 text-center"),
        rx.el.div(SenderMark.create(), class_name="mt-6 text-center"),
    )


def _sent() -> rx.Component:
    return rx.fragment(
        ForgetDraft.create(name=SendState.username, card=SENT),
        answer_card(
            paper_plane(),
            words.SENT,
            words.THANKS,
            button(words.ANOTHER, "primary", on_click=SendState.write_another),
            _own_link(),
            id=SENT,
            tab_index=-1,
        ),
        rx.el.div(SenderMark.create(), class_name="mt-6 text-center"),
    )


def _closed() -> rx.Component:
    return answer_card(
        closed_envelope(),
        "User is not accepting messages",
        rx.cond(
            SendState.opens_at != "",
            rx.fragment(opens_again(SendState.opens_at), Due.create(at=SendState.opens_at, on_due=SendState.load)),
            words.CLOSED_ADVICE,
        ),
        _own_link(),
    )


def _unknown() -> rx.Component:
    return answer_card(lost_way(), "User not found", words.UNKNOWN_ADVICE, _own_link())


def _unsent() -> rx.Component:
    return Unsent.create(name=SendState.username)


def _waiting() -> rx.Component:
    return rx.el.div(
        failure(SendState.failure),
        skeleton("mt-6 h-72"),
        key="waiting",  # else its element would become the form's, and be seen to move
    )


def send() -> rx.Component:
    """Return the page, which waits until it may stand in place of the first HTML (`web/first_page.py`).

    While nothing is known of the inbox that page is of more use: its form can be sent without the app.
    """
    return rx.fragment(
        TakeOver.create(_page(), ready=rx.State.is_hydrated & (SendState.inbox != "")),
        rx.cond(
            (SendState.inbox == "") & (SendState.failure != ""),
            Retry.create(seconds=RETRY_SECONDS, on_retry=SendState.load),
            rx.fragment(),
        ),
    )


def _page() -> rx.Component:
    is_sent = was_sent(SendState.is_sent, SendState.username)
    return frame(
        rx.el.div(
            rx.el.h1(SendState.heading, class_name="title", dir="auto"),
            rx.el.p(SendState.subtitle, class_name="hint mt-1 empty:hidden"),
            class_name="two-lines",  # the name comes later than the rest, and nothing below may move then
        ),
        rx.el.div(
            rx.cond(
                is_sent,
                _sent(),
                rx.match(SendState.inbox, ("closed", _closed()), ("unknown", _unknown()), rx.fragment()),
            ),
            role="status",
        ),
        rx.cond(
            is_sent,
            rx.fragment(),
            rx.match(SendState.inbox, ("open", _write()), ("closed", _unsent()), ("unknown", _unsent()), _waiting()),
        ),
        grows=True,
        class_name=f"accent-{SendState.accent}",
    )
