"""`/sign-in`: the way back in."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.browser import SessionExchange
from anonmsg.components.forms import failure, field, form, submit_button
from anonmsg.components.frame import frame, heading, page_link
from anonmsg.components.password_field import password_field
from anonmsg.states.sign_in import SignInState


def sign_in() -> rx.Component:
    """Return the page."""
    return frame(
        heading("Sign in"),
        rx.el.div(
            form(
                field(
                    "Email or Username",
                    "identifier",
                    SignInState.errors.get("identifier", ""),
                    auto_complete="username",
                    auto_capitalize="none",
                    spell_check=False,
                    required=True,
                ),
                password_field(
                    "Password",
                    SignInState.errors.get("password", ""),
                    auto_complete="current-password",
                    required=True,
                ),
                rx.el.p(
                    page_link("Forgot password?", routes.FORGOT_PASSWORD, "link inline-block py-1"),
                    class_name="-mt-3 text-end text-sm",
                ),
                rx.cond(
                    SignInState.verify_page != "",
                    page_link("Enter your verification code", SignInState.verify_page),
                    rx.fragment(),
                ),
                failure(SignInState.failure),
                submit_button("Sign In", SignInState.busy, rx.State.is_hydrated),
                on_submit=SignInState.submit,
            ),
            class_name="card mt-6 p-6",
        ),
        rx.el.p("New here? ", page_link("Create your link", routes.SIGN_UP), class_name="mt-6 text-center"),
        SessionExchange.create(
            ticket=SignInState.ticket, to=SignInState.next_page, on_fail=SignInState.exchange_failed
        ),
    )
