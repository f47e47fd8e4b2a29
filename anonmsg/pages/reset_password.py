"""`/reset-password/<token>`: the page behind the mailed link. Opening it changes nothing."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.browser import Retry
from anonmsg.components.buttons import button_link
from anonmsg.components.forms import failure, form, submit_button
from anonmsg.components.frame import frame, heading, sentence
from anonmsg.components.icons import lost_way
from anonmsg.components.password_field import new_password_field
from anonmsg.components.surfaces import answer_card
from anonmsg.errors import ResetNotFound
from anonmsg.states.reset_password import ResetPasswordState

RETRY_SECONDS = 3


def _over() -> rx.Component:
    return answer_card(
        lost_way(),
        ResetNotFound.sentence,
        "A link works once, for 30 minutes, and only the newest one does.",
        button_link("Ask for a new link", routes.FORGOT_PASSWORD, "primary"),
    )


def _choose() -> rx.Component:
    return rx.el.div(
        sentence("Afterwards every browser is signed out, and you sign in with the new one."),
        rx.el.div(
            form(
                new_password_field("New password", ResetPasswordState, ResetPasswordState.errors.get("password", "")),
                failure(ResetPasswordState.failure),
                submit_button("Change password", ResetPasswordState.busy, ResetPasswordState.is_loaded),
                on_submit=ResetPasswordState.submit,
            ),
            class_name="card mt-6 p-6",
        ),
        # Whether there is a form at all is known with the first answer; until then it would only go away again.
        class_name=rx.cond(ResetPasswordState.is_loaded | (ResetPasswordState.failure != ""), "", "invisible"),
    )


def reset_password() -> rx.Component:
    """Return the page."""
    return frame(
        heading("Reset your password"),
        rx.el.div(rx.cond(ResetPasswordState.is_over, _over(), rx.fragment()), role="status"),
        rx.cond(ResetPasswordState.is_over, rx.fragment(), _choose()),
        rx.cond(
            ~ResetPasswordState.is_loaded & (ResetPasswordState.failure != ""),
            Retry.create(seconds=RETRY_SECONDS, on_retry=ResetPasswordState.load),
            rx.fragment(),
        ),
        grows=True,
    )
