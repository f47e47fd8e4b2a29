"""Wrappers of `assets/inbox.js`: what the list of messages needs a browser for. Only the dashboard loads it."""

import reflex as rx

from anonmsg.states.message_rows import MessageRow

Ids = rx.event.passthrough_event_spec(list[str])


def _action_and_ids(action: rx.Var[str], message_ids: rx.Var[list[str]]) -> tuple[rx.Var[str], rx.Var[list[str]]]:
    return action, message_ids


OneText = rx.event.passthrough_event_spec(str)


class InboxComponent(rx.Component):
    """A component of ours for the list of messages."""

    library = "$/public/inbox.js"


class MessageList(InboxComponent):
    """The list; what somebody reads stays where it is, and what was seen for a second is told.

    It is given the `rows` that it draws, or it would not be asked before they change.
    """

    tag = "MessageList"

    rows: rx.Var[list[MessageRow]]
    on_seen: rx.EventHandler[Ids]


class MoreButton(InboxComponent):
    """A button that presses itself when it comes near the screen, again with each new `stamp`."""

    tag = "MoreButton"

    label: rx.Var[str]
    stamp: rx.Var[str]
    on_press: rx.EventHandler[rx.event.no_args_event_spec]


class Arrivals(InboxComponent):
    """Says that messages have come, wherever in the list `within` (an id) the reader is."""

    tag = "Arrivals"

    arrived: rx.Var[int]
    unread: rx.Var[int]
    within: rx.Var[str]
    on_top: rx.EventHandler[rx.event.no_args_event_spec]


class UndoToast(InboxComponent):
    """Offers to take back an act, for as long as that is promised."""

    tag = "UndoToast"

    act: rx.Var[str]
    text: rx.Var[str]
    on_undo: rx.EventHandler[OneText]


class Selection(InboxComponent):
    """Lets many messages be chosen; each of `actions` has `action` and `label`."""

    tag = "Selection"

    within: rx.Var[str]
    stamp: rx.Var[int]
    total: rx.Var[str]
    name: rx.Var[str]
    actions: rx.Var[list[dict[str, str]]]
    on_act: rx.EventHandler[_action_and_ids]
    on_act_all: rx.EventHandler[OneText]
