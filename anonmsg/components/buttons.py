"""Buttons, links that look like buttons, and the switch."""

from typing import Any, Literal

import reflex as rx
from reflex_components_core.react_router import link

Kind = Literal["primary", "quiet", "bare"]


def button(label: str | rx.Var[str], kind: Kind = "quiet", class_name: str = "", **props: Any) -> rx.Component:
    """Return a button that does something on this page."""
    return rx.el.button(label, type="button", class_name=f"button button-{kind} {class_name}", **props)


def button_link(label: str, to: str | rx.Var[str], kind: Kind = "quiet") -> rx.Component:
    """Return a link to another page of ours that looks like a button."""
    return link(label, to=to, class_name=f"button button-{kind}")


def switch(labelled_by: str, is_on: rx.Var[bool] | bool, **props: Any) -> rx.Component:
    """Return a switch whose name is the text of another element (ARIA Authoring Practices, Switch Pattern).

    Args:
        labelled_by: The id of that element.
        is_on: Whether it is on.
        props: Such as `on_click`.
    """
    return rx.el.button(
        type="button",
        role="switch",
        custom_attrs={"aria-checked": is_on, "aria-labelledby": labelled_by},
        class_name="switch",
        **props,
    )
