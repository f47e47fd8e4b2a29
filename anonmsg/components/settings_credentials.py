"""The sections of the settings page for address and password."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.browser import CooldownButton, SessionExchange
from anonmsg.components.buttons import button
from anonmsg.components.forms import failure, field, form
from anonmsg.components.password_field import new_password_field
from anonmsg.components.settings_section import done, section, small_submit
from anonmsg.states.settings import SettingsState
from anonmsg.states.settings_credentials import CHANGE_EMAIL, CHANGE_PASSWORD, RESEND, EmailState, PasswordState


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
        small_submit("Change email", EmailState.busy, CHANGE_EMAIL),
        on_submit=EmailState.submit,
    )


def _code_form() -> rx.Component:
    return rx.el.div(
        form(
            field(
                "Verification Code",
                "code",
                EmailState.errors.get("code", ""),
                hint=rx.el.p(
                    "We mailed it to ",
                    rx.el.b(SettingsState.new_email, class_name="wrap-anywhere"),
                    ".",
                    class_name="hint",
                ),
                input_mode="numeric",
                auto_complete="one-time-code",
                placeholder="123456",
                max_length=20,
                required=True,
            ),
            failure(EmailState.failure),
            small_submit("Use this address", EmailState.busy, "use-email"),
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
            button("Use another address", on_click=EmailState.use_another),
            class_name="mt-6 grid justify-items-start gap-2 border-t border-line pt-5",
        ),
        # What the dialog presses after the password was right; the one that people press counts down.
        rx.el.button(type="button", id=RESEND, hidden=True, on_click=EmailState.resend_code),
    )


def email_section() -> rx.Component:
    """Return the address, and the way to another one."""
    return section(
        "Email",
        rx.el.p("Your address is ", rx.el.b(SettingsState.email, class_name="wrap-anywhere", id="present-email"), "."),
        rx.el.div(
            rx.cond(SettingsState.new_email != "", _code_form(), _email_form()),
            done(EmailState.sent),
            class_name="mt-5",
        ),
    )


def password_section() -> rx.Component:
    """Return the way to another password."""
    return section(
        "Password",
        form(
            new_password_field(
                "New password", PasswordState, PasswordState.errors.get("new_password", ""), name="new_password"
            ),
            rx.el.p("Every other browser is signed out when you change it.", class_name="hint"),
            failure(PasswordState.failure),
            small_submit("Change password", PasswordState.busy, CHANGE_PASSWORD),
            on_submit=PasswordState.submit,
        ),
        SessionExchange.create(ticket=PasswordState.ticket, to=routes.SETTINGS, on_fail=PasswordState.exchange_failed),
    )
