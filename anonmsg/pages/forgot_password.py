"""`/forgot-password`: asks for a link to choose a new password."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.forms import failure, field, form, submit_button
from anonmsg.components.frame import frame, heading, page_link, sentence
from anonmsg.states.forgot_password import ForgotPasswordState


def forgot_password() -> rx.Component:
    """Return the page."""
    return frame(
        heading("Reset your password"),
        sentence("We mail you a link with which you choose a new one."),
        rx.el.div(
            form(
                field(
                    "Email",
                    "email",
                    ForgotPasswordState.errors.get("email", ""),
                    type="email",
                    auto_complete="email",
                    auto_capitalize="none",
                    spell_check=False,
                    required=True,
                ),
                failure(ForgotPasswordState.failure),
                submit_button("Send the link", ForgotPasswordState.busy, rx.State.is_hydrated),
                on_submit=ForgotPasswordState.submit,
            ),
            rx.el.div(
                rx.cond(
                    ForgotPasswordState.sent != "",
                    rx.el.div(
                        rx.el.p(ForgotPasswordState.sent, class_name="good font-medium"),
                        rx.el.p(
                            "The link in it works once, for 30 minutes. No mail? Look into the spam folder.",
                            class_name="hint mt-1",
                        ),
                        class_name="mt-5",
                    ),
                    rx.fragment(),
                ),
                role="status",
            ),
            class_name="card mt-6 p-6",
        ),
        rx.el.p("Remembered it? ", page_link("Sign in", routes.SIGN_IN), class_name="mt-6 text-center"),
    )
