"""The section of the settings page about blocked senders."""

import reflex as rx

from anonmsg.components.buttons import button
from anonmsg.components.settings_section import section, sentence_below
from anonmsg.components.times import LocalTime
from anonmsg.states.settings import BlockRow, SettingsState
from anonmsg.states.settings_blocks import BlocksState


def _block(block: rx.vars.ObjectVar[BlockRow], number: rx.Var[int]) -> rx.Component:
    text_id = f"block-{number}-text"
    return rx.el.li(
        rx.el.div(
            rx.el.p(
                rx.cond(block.excerpt != "", block.excerpt, "A message that can't be read"),
                id=text_id,
                dir="auto",
                class_name="wrap-anywhere",
            ),
            rx.el.p("Blocked ", LocalTime.create(at=block.blocked_at), class_name="hint"),
            class_name="min-w-0",
        ),
        rx.el.button(
            "Unblock",
            type="button",
            on_click=BlocksState.unblock(block.id),
            class_name="button button-bare shrink-0",
            custom_attrs={"aria-describedby": text_id},
        ),
        key=block.id,
        class_name="flex min-h-11 items-center justify-between gap-4",
    )


def blocks_section() -> rx.Component:
    """Return the list of blocks: the message that each was made for, and when."""
    return section(
        "Blocked senders",
        rx.el.p(
            "What they write goes to Filtered and waits there for 30 days. They are told that it was sent, as always. "
            "Nobody learns who they are. A block is for one browser and ends after 30 days, or when that browser "
            "forgets its mark; senders without scripts can't be blocked."
        ),
        rx.cond(
            SettingsState.blocks.length() > 0,
            rx.el.ul(rx.foreach(SettingsState.blocks, _block), class_name="mt-5 grid gap-4"),
            rx.el.p("Nobody is blocked. To block a sender, choose Block on a message.", class_name="hint mt-3"),
        ),
        rx.el.div(
            rx.el.p(BlocksState.done, role="status", class_name="good text-sm"),
            rx.cond(
                BlocksState.can_undo, button("Undo", id="block-again", on_click=BlocksState.block_again), rx.fragment()
            ),
            class_name="mt-3 flex flex-wrap items-center justify-between gap-3 has-[p:empty]:mt-0",
        ),
        sentence_below(BlocksState.failure),
    )
