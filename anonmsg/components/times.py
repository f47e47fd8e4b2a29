"""Wrappers of `assets/time.js`: moments as people say them, and a moment that comes. Only pages with times load it."""

import reflex as rx


class TimeComponent(rx.Component):
    """A component of ours that knows the browser's clock."""

    library = "$/public/time.js"


class LocalTime(TimeComponent):
    """A moment (ISO 8601) in the reader's own language and zone: relative, or exact; a day is said coarsely."""

    tag = "LocalTime"

    at: rx.Var[str]
    is_exact: rx.Var[bool]


class Due(TimeComponent):
    """Calls its handler when a moment (ISO 8601) has come, and again until the page has another one."""

    tag = "Due"

    at: rx.Var[str]
    on_due: rx.EventHandler[rx.event.no_args_event_spec]
