"""The field in which somebody chooses a name, with the live answer whether it can be had."""

import reflex as rx

from anonmsg.components.browser import TypedBefore
from anonmsg.components.forms import field
from anonmsg.rules import USERNAME_MAX
from anonmsg.states.username_check import UsernameCheck

DEBOUNCE_MS = 250


def username_field(state: type[UsernameCheck], error: rx.Var[str]) -> rx.Component:
    """Return the field for a state that checks names while they are typed."""
    verdict = rx.el.p(
        state.name_verdict,
        role="status",
        id="username-verdict",
        class_name=rx.cond(state.name_is_free, "verdict good text-sm min-h-5", "verdict hint min-h-5"),
    )
    early = TypedBefore.create(field="username", ready=rx.State.is_hydrated, on_typed=state.check_username)
    return field(
        "Username",
        "username",
        error,
        hint=rx.fragment(verdict, early),
        on_change=state.check_username.debounce(DEBOUNCE_MS),
        auto_complete="username",
        auto_capitalize="none",
        spell_check=False,
        max_length=USERNAME_MAX + 10,
        required=True,
    )
