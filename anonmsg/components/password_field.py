"""Fields for passwords: shown on request, and rated while a new one is typed."""

from typing import Any

import reflex as rx

from anonmsg.components.browser import RevealField, TypedBefore
from anonmsg.components.forms import Text, error_text, password_input, typed
from anonmsg.rules import PASSWORD_MAX
from anonmsg.states.password_check import PasswordCheck

DEBOUNCE_MS = 250
BARS = 4


def password_field(
    label: str, error: Text, *, name: str = "password", hint: rx.Component | None = None, **props: Any
) -> rx.Component:
    """Return a field for a password, with a button that shows what is typed.

    Args:
        label: Its accessible name.
        error: The sentence under it, "" for none.
        name: Its name in the form, and its id.
        hint: Something more to say under it.
        props: Further attributes of the input, such as `auto_complete`.
    """
    return rx.el.div(
        rx.el.label(label, html_for=name, id=f"{name}-label", class_name="font-semibold"),
        RevealField.create(password_input(name, error, **props), field=name, class_name="reveal"),
        hint or rx.fragment(),
        error_text(name, error),
        class_name="flex flex-col gap-1.5",
    )


def new_password_field(label: str, state: type[PasswordCheck], error: Text, *, name: str = "password") -> rx.Component:
    """Return a field in which somebody chooses a password, with the live answer how good it is.

    Args:
        label: Its accessible name.
        state: The page's state; it rates passwords while they are typed.
        error: The sentence under it, "" for none.
        name: Its name in the form, and its id.
    """

    def rate(value: rx.Var[str]) -> Any:
        return state.rate_password(value, typed("username"), typed("email"))

    early = TypedBefore.create(field=name, ready=rx.State.is_hydrated, on_typed=rate)
    return password_field(
        label,
        error,
        name=name,
        hint=rx.fragment(_meter(state, name), early),
        on_change=lambda value: rate(value).debounce(DEBOUNCE_MS),
        auto_complete="new-password",
        max_length=PASSWORD_MAX + 10,
        required=True,
    )


def _meter(state: type[PasswordCheck], name: str) -> rx.Component:
    """Return the advice that is there at first, and in the same place the answer that takes its turn."""
    bars = [rx.el.span() for _ in range(BARS)]
    return rx.el.div(
        rx.el.div(*bars, class_name=f"bars bars-{state.password_score}", custom_attrs={"aria-hidden": "true"}),
        rx.el.p(state.password_verdict, role="status", id=f"{name}-strength", class_name="hint"),
        rx.el.p("At least 8 characters. A short sentence is a good password.", class_name="hint"),
        class_name="strength",
    )
