"""The part of the dashboard that pauses the inbox."""

import reflex as rx

from anonmsg.components.buttons import button
from anonmsg.components.pause_notice import opens_again
from anonmsg.components.times import Due
from anonmsg.states.dashboard import DashboardState


class PauseChoice(rx.Component):
    """Lets a person choose until when the inbox is closed, in their own zone, or after how many messages."""

    library = "$/public/pause.js"
    tag = "PauseChoice"

    error: rx.Var[str]
    on_pause: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    on_close_after: rx.EventHandler[rx.event.passthrough_event_spec(int)]


def _ends(sentence: rx.Component, label: str) -> rx.Component:
    """Return what is said of a pause, with the way out of it."""
    return rx.el.div(
        rx.el.p(sentence, role="status", class_name="hint"),
        button(label, "bare", "shrink-0", id="end-pause", on_click=DashboardState.set_accepting(True)),
        class_name="flex items-center justify-between gap-4",
    )


def pause() -> rx.Component:
    """Return the pause that holds, or the choice of one."""
    count = DashboardState.remaining
    after = rx.cond(count == 1, "Closes after one more message.", f"Closes after {count} more messages.")
    return rx.el.section(
        rx.match(
            True,
            (DashboardState.opens_at != "", _ends(opens_again(DashboardState.opens_at), "Open now")),
            (count > 0, _ends(rx.fragment(after), "Stay open")),
            PauseChoice.create(
                error=DashboardState.pause_error,
                on_pause=DashboardState.pause,
                on_close_after=DashboardState.close_after,
            ),
        ),
        rx.cond(
            DashboardState.opens_at != "",
            Due.create(at=DashboardState.opens_at, on_due=DashboardState.look_again),
            rx.fragment(),
        ),
        aria_label="Pause",
        class_name="border-t border-line px-5 py-3",
    )
