"""Fields and buttons: a label, what is wrong, and never a value that an answer could overwrite."""

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

Text = str | rx.Var[str]

NEEDS_SCRIPTS = "This page needs JavaScript. Sending a message does not."


class DocumentForm(BaseHTML):
    """A form that the browser sends by itself and whose answer is a new document.

    The framework's own form never lets a browser do that.
    """

    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str]
    target: rx.Var[str]


def field(
    label: str,
    name: str,
    error: Text,
    *,
    hint: rx.Component | None = None,
    field_id: str = "",
    **props: Any,
) -> rx.Component:
    """Return a labelled input; its error is announced as soon as it appears.

    Args:
        label: Its accessible name.
        name: Its name in the form, and its id unless `field_id` says another.
        error: The sentence under it, "" for none.
        hint: Something more to say under it.
        field_id: For pages on which two forms have a field of the same name.
        props: Further attributes of the input.
    """
    field_id = field_id or name
    return rx.el.div(
        rx.el.label(label, html_for=field_id, class_name="font-semibold"),
        rx.el.input(id=field_id, name=name, class_name="input", **_described(field_id, error), **props),
        hint or rx.fragment(),
        error_text(field_id, error),
        class_name="flex flex-col gap-1.5",
    )


def password_input(name: str, error: Text, **props: Any) -> rx.Component:
    """Return the bare input of a field for a password."""
    return rx.el.input(id=name, name=name, type="password", class_name="input", **_described(name, error), **props)


def typed(field_id: str) -> rx.Var[str]:
    """Return what is in a field at the moment of an event, "" if the page has no such field."""
    return rx.Var(f"(document.getElementById('{field_id}')?.value ?? '')", _var_type=str)


def text_area(label: str, name: str, error: Text, **props: Any) -> rx.Component:
    """Return a labelled field for a longer text."""
    return rx.el.div(
        rx.el.label(label, html_for=name, class_name="font-semibold"),
        rx.el.textarea(id=name, name=name, class_name="input", **_described(name, error), **props),
        error_text(name, error),
        class_name="flex flex-col gap-1.5",
    )


def _described(field_id: str, error: Text) -> dict[str, Any]:
    return {"custom_attrs": {"aria-invalid": error != "", "aria-describedby": f"{field_id}-error"}}


def error_text(field_id: str, error: Text) -> rx.Component:
    """Return the place for what is wrong with a field."""
    return rx.el.p(error, id=f"{field_id}-error", role="alert", class_name="bad text-sm font-medium empty:hidden")


def trap(name: str) -> rx.Component:
    """Return a field that people neither see, hear nor reach, so that what fills it is a program.

    Not hidden by `display: none`, because programs look for that.
    """
    return rx.el.div(
        rx.el.label("Leave this empty", html_for=name),
        rx.el.input(id=name, name=name, type="text", tab_index=-1, auto_complete="off", class_name="input"),
        class_name="sr-only",
        aria_hidden=True,
    )


def submit_button(label: str, busy: rx.Var[bool], live: rx.Var[bool] | bool, **props: Any) -> rx.Component:
    """Return the button of a form; it waits until the page is live, and while an answer is on its way."""
    return rx.el.button(
        label,
        type="submit",
        disabled=busy | ~rx.Var.create(live),
        class_name="button button-primary w-full",
        custom_attrs={"aria-busy": busy},
        **props,
    )


def failure(text: rx.Var[str]) -> rx.Component:
    """Return the place for a sentence that belongs to no field."""
    return rx.el.p(text, role="alert", class_name="banner")


def form(*content: rx.Component, on_submit: Any) -> rx.Component:
    """Return a form whose answer is one event. Before the page is live it can't be sent at all.

    `method="post"` keeps a browser that submits it by itself from putting fields into the address.
    """
    scripts = rx.el.noscript(rx.el.p(NEEDS_SCRIPTS, class_name="banner"))
    return rx.el.form(
        *content, scripts, on_submit=on_submit, method="post", no_validate=True, class_name="flex flex-col gap-5"
    )
