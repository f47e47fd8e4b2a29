"""The section of the settings page that lists blocked senders."""

import reflex as rx

from anonmsg.components.buttons import button
from anonmsg.components.settings_section import done, section, sentence_below
from anonmsg.components.times import LocalTime
from anonmsg.states.settings_blocks import BlockRow, BlocksState


def _row(block: rx.vars.ObjectVar[BlockRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(
                rx.cond(block.excerpt != "", block.excerpt, "This message can't be read"),
                class_name="message-text",
                dir="auto",
            ),
            rx.el.p("Blocked ", LocalTime.create(at=block.blocked_at), class_name="hint"),
        ),
        button("Unblock", on_click=BlocksState.unblock(block.id)),
        key=block.id,
        class_name="flex flex-wrap items-center justify-between gap-3 py-3",
    )


def blocks_section() -> rx.Component:
    """Return the list of blocked senders, each by the beginning of the message for which it was blocked."""
    return section(
        "Blocked senders",
        rx.el.p(
            "What they write goes to Filtered, waits there for 30 days, and they are told that it was sent. You do not "
            "learn who they are, and neither do we. Only senders whose browser runs scripts can be blocked."
        ),
        rx.cond(
            BlocksState.blocks.length() > 0,
            rx.el.ul(rx.foreach(BlocksState.blocks, _row), class_name="mt-3 divide-y divide-line"),
            rx.cond(
                BlocksState.is_loaded,
                rx.el.p("You have blocked nobody.", class_name="hint mt-3"),
                rx.el.div(
                    button("Show blocked senders", id="show-blocks", on_click=BlocksState.look), class_name="mt-4"
                ),
            ),
        ),
        rx.el.div(
            done(BlocksState.done),
            rx.cond(
                BlocksState.has_removed,
                button("Undo", "bare", id="block-again", on_click=BlocksState.block_again),
                rx.fragment(),
            ),
            class_name="flex flex-wrap items-center gap-3",
        ),
        sentence_below(BlocksState.failure),
    )
