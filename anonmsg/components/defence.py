"""The dialog on the dashboard about whoever sent a message."""

import reflex as rx

from anonmsg.components.browser import AskDialog
from anonmsg.components.buttons import button
from anonmsg.components.forms import failure
from anonmsg.states.defence import DefenceState


def _burst() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "This message came in a burst: ",
            DefenceState.burst,
            " messages from one network within a day. You can delete all of them.",
        ),
        button("Delete this burst", id="delete-burst", on_click=DefenceState.delete_burst),
        class_name="grid gap-3",
    )


def defence_dialog() -> rx.Component:
    """Return the dialog; nothing in it tells who anybody is."""
    return AskDialog.create(
        rx.el.p(
            "Block whoever sent this: what they write from now on goes to Filtered and waits there for 30 days. They "
            "are told that it was sent. You do not learn who it is."
        ),
        rx.el.p(
            "This is possible for 30 days, and only if the sender's browser ran scripts. This message is deleted.",
            class_name="hint",
        ),
        failure(DefenceState.failure),
        rx.el.div(
            button("Block this sender", "primary", id="block-sender", on_click=DefenceState.block_sender),
            button("Cancel", id="block-cancel", on_click=DefenceState.close),
            class_name="flex flex-wrap gap-3",
        ),
        rx.cond(DefenceState.burst > 0, _burst(), rx.fragment()),
        id="defence",
        label="Block this sender?",
        is_open=DefenceState.is_open,
        stamp=DefenceState.stamp,
        on_close=DefenceState.close,
    )
