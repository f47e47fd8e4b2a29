"""What the sections of the settings page are made of."""

import reflex as rx

from anonmsg.components.forms import failure


def section(title: str, *content: rx.Component) -> rx.Component:
    """Return a part of the page with its heading."""
    return rx.el.section(
        rx.el.h2(title, class_name="text-2xl font-semibold"),
        rx.el.div(*content, class_name="card mt-4 p-6"),
        class_name="mt-10",
    )


def done(text: rx.Var[str]) -> rx.Component:
    """Return the place for a sentence about what worked."""
    return rx.el.p(text, role="status", class_name="good text-sm mt-3 empty:mt-0")


def sentence_below(text: rx.Var[str]) -> rx.Component:
    """Return the place for a sentence about what did not, where no form has one."""
    return rx.el.div(failure(text), class_name="mt-3 has-[:empty]:mt-0")


def small_submit(label: str, busy: rx.Var[bool], button_id: str) -> rx.Component:
    """Return a form's button where a page has several forms."""
    return rx.el.div(
        rx.el.button(
            label,
            type="submit",
            id=button_id,
            disabled=busy,
            class_name="button button-primary",
            custom_attrs={"aria-busy": busy},
        )
    )
