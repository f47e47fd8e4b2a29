"""Wrappers of `assets/inbox.js`: what the list of messages needs a browser for. Only the dashboard loads it."""

import reflex as rx

from anonmsg.states.message_rows import MessageRow, Undo

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
    came: rx.Var[int]
    unread: rx.Var[int]
    within: rx.Var[str]
    on_top: rx.EventHandler[rx.event.no_args_event_spec]


class UndoToast(InboxComponent):
    """Offers to take back what the `owner` of the inbox did, for as long as that is promised.

    An act that is `pending` goes on; the offer stays until its end. Those that were `interrupted` are offered as long
    as they are given, unless they are put away. Without an act, `text` is only said aloud.
    """

    tag = "UndoToast"

    act: rx.Var[str]
    text: rx.Var[str]
    pending: rx.Var[bool]
    interrupted: rx.Var[list[Undo]]
    owner: rx.Var[str]
    on_undo: rx.EventHandler[OneText]


class Selection(InboxComponent):
    """Lets many messages be chosen; each of `actions` has `action` and `label`.

    The list may be loaded as a `whole`, and may grow while it is searched.
    """

    tag = "Selection"

    within: rx.Var[str]
    stamp: rx.Var[int]
    total: rx.Var[str]
    name: rx.Var[str]
    is_whole: rx.Var[bool]
    is_searching: rx.Var[bool]
    actions: rx.Var[list[dict[str, str]]]
    on_act: rx.EventHandler[_action_and_ids]
    on_act_all: rx.EventHandler[OneText]
    on_choose_all: rx.EventHandler[rx.event.no_args_event_spec]


class FocusKeeper(InboxComponent):
    """Gives the focus a new place when what had it is taken away."""

    tag = "FocusKeeper"


class SearchEnd(InboxComponent):
    """Empties a search field (an id) when its words are not looked for any more."""

    tag = "SearchEnd"

    query: rx.Var[str]
    field: rx.Var[str]
