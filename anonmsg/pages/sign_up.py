"""`/sign-up`: a new account."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.forms import failure, field, form, submit_button
from anonmsg.components.frame import frame, heading, page_link, sentence
from anonmsg.components.password_field import new_password_field
from anonmsg.components.username_field import username_field
from anonmsg.states.sign_up import SignUpState


def sign_up() -> rx.Component:
    """Return the page."""
    errors = SignUpState.errors
    return frame(
        heading("Create your account"),
        sentence("Your name becomes your link. Your email is only used to reach you, and stored encrypted."),
        rx.el.div(
            form(
                username_field(SignUpState, errors.get("username", "")),
                field(
                    "Email",
                    "email",
                    errors.get("email", ""),
                    type="email",
                    auto_complete="email",
                    auto_capitalize="none",
                    spell_check=False,
                    required=True,
                ),
                new_password_field("Password", SignUpState, errors.get("password", "")),
                failure(SignUpState.failure),
                submit_button("Sign Up", SignUpState.busy, rx.State.is_hydrated),
                on_submit=SignUpState.submit,
            ),
            class_name="card mt-6 p-6",
        ),
        rx.el.p("Already have an account? ", page_link("Sign in", routes.SIGN_IN), class_name="mt-6 text-center"),
    )
