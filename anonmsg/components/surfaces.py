"""Cards, pills, skeletons, empty states: what things lie on, and what is shown while there is nothing."""

from typing import Any

import reflex as rx

Text = str | rx.Var[str]


def card(*content: rx.Component, class_name: str = "", **props: Any) -> rx.Component:
    """Return a surface that holds things which belong together."""
    return rx.el.div(*content, class_name=f"card {class_name}", **props)


def pill(text: Text, *, accent: bool = False) -> rx.Component:
    """Return a small label."""
    return rx.el.span(text, class_name="pill pill-accent" if accent else "pill")


def skeleton(height: str) -> rx.Component:
    """Return the shape of something that is on its way.

    Args:
        height: A class such as `h-28`.
    """
    return rx.el.div(class_name=f"skeleton {height}", custom_attrs={"aria-hidden": "true"})


def empty_state(drawing: rx.Component, title: Text, *text: rx.Component | Text) -> rx.Component:
    """Return what stands where nothing is yet: a drawing, a fact, and what to do about it."""
    return rx.el.div(
        drawing,
        rx.el.p(title, class_name="wordmark text-xl"),
        rx.el.p(*text, class_name="mt-1 max-w-prose text-ink-soft"),
        class_name="empty",
    )


def answer_card(
    drawing: rx.Component, title: Text, text: Text | rx.Component, *actions: rx.Component, **props: Any
) -> rx.Component:
    """Return a card that is the whole answer of a page, such as "Message sent successfully".

    Its place is inside a live region that was there before, or it is not announced.
    """
    return rx.el.div(
        drawing,
        rx.el.p(title, class_name="wordmark text-2xl"),
        rx.el.p(text, class_name="mt-2 text-ink-soft"),
        rx.el.div(*actions, class_name="mt-6 flex flex-wrap justify-center gap-3"),
        class_name="card arrive mt-6 grid justify-items-center px-6 py-10 text-center",
        **props,
    )
