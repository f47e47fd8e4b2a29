"""The dialog on the dashboard about whoever sent a message."""

import reflex as rx

from anonmsg.components.browser import AskDialog
from anonmsg.components.buttons import button
from anonmsg.components.forms import failure
from anonmsg.errors import CannotBlock
from anonmsg.states.defence import DefenceState


def _block() -> tuple[rx.Component, ...]:
    return (
        rx.el.p(
            "This message is deleted. What its sender writes from now on goes to Filtered and waits there for 30 days. "
            "They are told that it was sent, as always. You do not learn who it is."
        ),
        rx.el.p(
            "A block knows one browser, for up to 30 days. Senders whose browser runs no scripts can't be blocked.",
            class_name="hint",
        ),
        button("Block this sender", "primary", id="block-sender", on_click=DefenceState.block_sender),
    )


def _burst() -> tuple[rx.Component, ...]:
    return (
        rx.el.p(
            "This message came in a burst: at least 20 within an hour from the same small network. You can delete it, "
            "with other bursts from there within a day. Where that is, nobody is told; single messages stay.",
            class_name="border-t border-line pt-4",
        ),
        button("Delete this burst", id="delete-burst", on_click=DefenceState.delete_burst),
    )


def defence_dialog() -> rx.Component:
    """Return the dialog; nothing in it tells who anybody is."""
    return AskDialog.create(
        rx.cond(
            DefenceState.can_block, rx.fragment(*_block()), rx.el.p(CannotBlock.sentence, class_name="text-ink-soft")
        ),
        rx.cond(DefenceState.is_burst, rx.fragment(*_burst()), rx.fragment()),
        failure(DefenceState.failure),
        button("Cancel", "bare", id="block-cancel", on_click=DefenceState.close),
        id="defence",
        label=rx.cond(DefenceState.can_block, "Block this sender?", "About this sender"),
        is_open=DefenceState.is_open,
        stamp=DefenceState.stamp,
        on_close=DefenceState.close,
    )
