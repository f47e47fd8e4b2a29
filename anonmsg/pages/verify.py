"""`/verify/<username>`: the mailed code makes an account of a sign-up."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.browser import CooldownButton, FillFromFragment, Retry
from anonmsg.components.forms import failure, field, form, submit_button, typed
from anonmsg.components.frame import frame, heading, page_link, sentence
from anonmsg.components.password_field import password_field
from anonmsg.components.username_field import username_field
from anonmsg.states.verify import VerifyState

RETRY_SECONDS = 3


def _password() -> rx.Component:
    return password_field(
        "Password",
        VerifyState.errors.get("password", ""),
        hint=rx.el.p(
            "This browser did not start the sign-up, so please enter the password that was chosen there.",
            class_name="hint",
        ),
        auto_complete="current-password",
    )


def _other_name() -> rx.Component:
    return rx.el.div(
        rx.el.p("Somebody was quicker with this name. Pick another one; your code still works.", class_name="mb-4"),
        username_field(VerifyState, VerifyState.errors.get("username", "")),
    )


def verify() -> rx.Component:
    """Return the page."""
    return frame(
        heading("Verify your account"),
        rx.el.div(
            sentence(
                rx.cond(VerifyState.no_mail, "This site only notes its mails, in its terminal and outbox. ", ""),
                rx.cond(
                    VerifyState.no_mail, "Yours has a code of six digits. ", "We mailed you a code of six digits. "
                ),
                "It is valid for 15 minutes.",
            ),
            rx.el.div(
                form(
                    rx.el.input(type="hidden", id="hint", name="hint"),
                    field(
                        "Verification Code",
                        "code",
                        VerifyState.errors.get("code", ""),
                        input_mode="numeric",
                        auto_complete="one-time-code",
                        placeholder="123456",
                        max_length=20,
                        required=True,
                    ),
                    rx.cond(VerifyState.is_own, rx.fragment(), _password()),
                    rx.cond(VerifyState.needs_other_name, _other_name(), rx.fragment()),
                    failure(VerifyState.failure),
                    submit_button("Verify", VerifyState.busy, VerifyState.is_loaded, id="verify"),
                    on_submit=VerifyState.submit,
                ),
                rx.el.div(
                    CooldownButton.create(
                        label="Send a new code",
                        seconds=VerifyState.resend_seconds,
                        stamp=VerifyState.resend_stamp,
                        on_press=VerifyState.resend_code(typed("password"), typed("hint")),
                        class_name="button button-quiet",
                    ),
                    rx.el.p(VerifyState.sent, role="status", class_name="good text-sm"),
                    class_name="mt-6 border-t border-line pt-5",
                ),
                class_name="card mt-6 p-6",
            ),
            rx.el.p(
                "Wrong address or name? ", page_link("Sign up again", routes.SIGN_UP), class_name="mt-6 text-center"
            ),
            # Which fields there are is known with the first answer; until then they would only move.
            class_name=rx.cond(VerifyState.is_loaded | (VerifyState.failure != ""), "", "invisible"),
        ),
        rx.cond(
            VerifyState.is_loaded,
            FillFromFragment.create(),
            rx.cond(
                VerifyState.failure != "",
                Retry.create(seconds=RETRY_SECONDS, on_retry=VerifyState.load),
                rx.fragment(),
            ),
        ),
        grows=True,
    )
