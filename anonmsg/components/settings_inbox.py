"""The sections of the settings page about the inbox: muted words, and how times are shown."""

import reflex as rx

from anonmsg.choice_forms import MUTED_LENGTH, MUTED_MAX, MUTED_RAW
from anonmsg.components.browser import Retry
from anonmsg.components.buttons import switch
from anonmsg.components.forms import failure, form, text_area
from anonmsg.components.settings_section import done, section, sentence_below, small_submit
from anonmsg.states.settings import SettingsState
from anonmsg.states.settings_inbox import DatesState, MutedState

LOOK_SECONDS = 2


def _progress() -> rx.Component:
    """Return how far the inbox has been gone through; only the end of it is announced."""
    return rx.fragment(
        rx.cond(
            SettingsState.is_muting,
            rx.fragment(
                rx.el.p(SettingsState.progress, class_name="hint mt-3"),
                Retry.create(seconds=LOOK_SECONDS, on_retry=MutedState.look),
            ),
            rx.fragment(),
        ),
        rx.el.p(
            rx.cond(SettingsState.is_muting, "", SettingsState.progress),
            role="status",
            class_name="hint mt-3 empty:mt-0",
        ),
    )


def muted_section() -> rx.Component:
    """Return the list of muted words, filled with what is stored; made anew when that changed elsewhere."""
    return section(
        "Muted words",
        rx.el.p(
            "A message that holds one of these words goes to Filtered instead of your inbox. It is never lost, and "
            "whoever wrote it is not told."
        ),
        rx.el.div(
            form(
                rx.el.div(
                    text_area(
                        "Words and phrases",
                        "muted",
                        MutedState.errors.get("muted", ""),
                        rows=5,
                        default_value=SettingsState.muted,
                        max_length=MUTED_RAW + 1,
                        auto_capitalize="none",
                        auto_complete="off",
                        spell_check=False,
                        dir="auto",
                    ),
                    rx.el.p(
                        f"One a line, {MUTED_MAX} at most, of up to {MUTED_LENGTH} characters. Only whole words count: "
                        "“mean” does not hide “meant”. Capitals, accents, look-alikes (h4te) and letters apart "
                        "(h a t e) make no difference.",
                        class_name="hint",
                    ),
                    class_name="flex flex-col gap-1.5",
                ),
                rx.el.p(
                    "What is in your inbox already is gone through for new words; what you starred or archived stays. "
                    "Taking a word off the list moves nothing back: open Filtered and choose Move to inbox.",
                    class_name="hint",
                ),
                failure(MutedState.failure),
                small_submit("Save muted words", MutedState.busy, "save-muted"),
                on_submit=MutedState.submit,
            ),
            key=SettingsState.muted_stamp.to_string(),
            class_name="mt-5",
        ),
        done(MutedState.done),
        _progress(),
    )


def dates_section() -> rx.Component:
    """Return the choice of how times are shown."""
    return section(
        "Dates",
        rx.el.div(
            rx.el.span("Show coarse dates", id="coarse-label", class_name="font-semibold"),
            switch(
                "coarse-label",
                SettingsState.has_coarse_dates,
                id="coarse",
                on_click=DatesState.set_coarse(~SettingsState.has_coarse_dates),
            ),
            class_name="flex items-center justify-between gap-4",
        ),
        rx.el.p(
            "Your inbox then says “today” or “this week” instead of the minute, so that the time of a message gives "
            "nobody away. Exact times are not sent to your browser or to programs; days are those of UTC. Your export "
            "still holds them.",
            class_name="hint mt-2",
        ),
        done(DatesState.done),
        sentence_below(DatesState.failure),
    )
