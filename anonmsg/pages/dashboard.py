"""`/dashboard`: the share link, the switch, and what people wrote."""

import reflex as rx

from anonmsg import routes
from anonmsg.components.browser import CopyField, LeaveTo, OfflinePage, Retry, Shortcuts
from anonmsg.components.buttons import button, switch
from anonmsg.components.defence import defence_dialog
from anonmsg.components.forms import DocumentForm, failure, typed
from anonmsg.components.frame import WIDE, frame, heading, page_link
from anonmsg.components.icons import empty_mailbox
from anonmsg.components.inbox_browser import (
    Arrivals,
    FocusKeeper,
    MessageList,
    MoreButton,
    SearchEnd,
    Selection,
    UndoToast,
)
from anonmsg.components.message_card import message_card
from anonmsg.components.pause import pause
from anonmsg.components.sharing import sharing
from anonmsg.components.surfaces import empty_state, skeleton
from anonmsg.models import COUNT_MAX, VIEWS, View
from anonmsg.rules import QUERY_MAX
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.long_acts import LOOK_SECONDS
from anonmsg.states.message_rows import VIEW_NAMES

RETRY_SECONDS = 3

SHORTCUTS = [
    {"key": "r", "label": "Refresh", "target": "refresh"},
    {"key": "c", "label": "Copy your link", "target": "link-copy"},
    {"key": "u", "label": "Undo", "target": "undo"},
    {"key": "s", "label": "Select messages", "target": "select"},
    {"key": "/", "label": "Search messages", "target": "search"},
    {"key": "m", "label": "Show older messages", "target": "more"},
]
"""Keys of the dashboard; the sheet lists those whose button is there."""


def _sign_out() -> rx.Component:
    """Return a form that the browser sends by itself, so that the cookie goes with a new document."""
    return DocumentForm.create(
        rx.el.button("Sign out", type="submit", class_name="button button-bare"),
        action=routes.SIGN_OUT,
        method="post",
    )


def _link() -> rx.Component:
    return rx.el.section(
        rx.el.label("Your link", html_for="link", class_name="font-semibold"),
        CopyField.create(
            rx.el.input(id="link", value=DashboardState.share_link, read_only=True, class_name="input"),
            field="link",
            class_name="copy-field mt-1.5",
        ),
        rx.el.p("Everybody who has it can write to you, without an account.", class_name="hint mt-2"),
        sharing(DashboardState.username, DashboardState.share_link),
        class_name="card relative p-5",
    )


def _switch() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span("Accept Messages", id="accept-label", class_name="font-semibold"),
            rx.el.p(
                rx.cond(
                    DashboardState.accepts_messages,
                    "Your inbox is open.",
                    "Your inbox is closed. People who open your link are told so.",
                ),
                role="status",
                class_name="hint",
            ),
        ),
        switch(
            "accept-label",
            DashboardState.accepts_messages,
            id="accept",
            on_click=DashboardState.set_accepting(~DashboardState.accepts_messages),
        ),
        class_name="flex items-center justify-between gap-4 px-5 py-4",
    )


def _opening() -> rx.Component:
    return rx.el.section(_switch(), pause(), class_name="card mt-4")


EMPTY: dict[View, tuple[str, str]] = {
    "inbox": ("No messages yet", "Share your link, and the first one will appear here by itself."),
    "unread": ("Nothing is unread", "You have seen every message in your inbox."),
    "starred": ("No stars yet", "Star the messages that you want to find again."),
    "archived": ("Nothing is archived", "Archive what you have read and want to keep."),
    "filtered": (
        "Nothing was filtered",
        "What seems to come from a program, or holds a word that you muted, is put here, never thrown away. What a "
        "blocked sender writes waits here for 30 days.",
    ),
}


def _empty() -> rx.Component:
    cases = [(view, empty_state(empty_mailbox(), *words)) for view, words in EMPTY.items()]
    nothing = rx.cond(
        DashboardState.is_stopped,
        empty_state(empty_mailbox(), "Nothing was found so far", f"You stopped the search after {_looked_at()}."),
        empty_state(empty_mailbox(), "Nothing was found", "Try another word, or look in another list."),
    )
    return rx.cond(
        DashboardState.query != "",
        rx.cond(DashboardState.is_searching, rx.fragment(), nothing),
        rx.match(DashboardState.view, *cases, rx.fragment()),
    )


def _count(view: View) -> rx.Var[str]:
    count = DashboardState.counts[view].to(int)
    return rx.cond(count >= COUNT_MAX, f"{COUNT_MAX - 1}+", rx.cond(count > 0, count.to_string(), ""))


def _tab(view: View) -> rx.Component:
    return rx.el.button(
        VIEW_NAMES[view],
        rx.el.span(_count(view), class_name="count"),
        type="button",
        on_click=DashboardState.open_view(view),
        class_name="tab",
        custom_attrs={"aria-current": DashboardState.view == view},
    )


def _views() -> rx.Component:
    return rx.el.nav(*map(_tab, VIEWS), aria_label="Lists", class_name="tabs no-print")


def _search() -> rx.Component:
    return rx.el.form(
        rx.el.label("Search messages", html_for="search", class_name="sr-only"),
        rx.el.input(
            id="search",
            name="search",
            type="search",
            placeholder=f"Search {_name()}",
            auto_complete="off",
            max_length=QUERY_MAX,
            class_name="input",
        ),
        rx.el.button("Search", type="submit", class_name="button button-quiet"),
        role="search",
        method="post",
        on_submit=DashboardState.search(typed("search")),
        class_name="search no-print",
    )


def _name() -> rx.Var[str]:
    """Return what the open list is called."""
    return rx.Var.create(dict(VIEW_NAMES))[DashboardState.view].to(str)


def _grouped(number: rx.Var[int]) -> rx.Var[str]:
    """Return a number as people read it."""
    return rx.Var(f"({number!s}).toLocaleString('en')", _var_type=str, _var_data=number._get_all_var_data())


def _looked_at() -> rx.Var[str]:
    """Return how many messages a search has looked at."""
    searched = DashboardState.searched
    return rx.cond(searched == 1, "1 message", f"{_grouped(searched)} messages")


def _results() -> rx.Component:
    """Return what is said of a search: how far it is, and in the end what it found."""
    found, view = _grouped(DashboardState.found), _name()
    looked_at = rx.el.p(f"Searching… {_looked_at()} so far, {found} found", class_name="hint")
    result = rx.cond(
        DashboardState.is_stopped,
        f"Stopped after {_looked_at()}, {found} found for “{DashboardState.query}” in {view}",
        f"{found} found for “{DashboardState.query}” in {view}",
    )
    return rx.el.div(
        rx.el.p(
            rx.cond(
                DashboardState.is_searching,
                "",
                rx.cond(DashboardState.query != "", result, ""),
            ),
            role="status",
        ),
        rx.el.p(DashboardState.progress, class_name="hint"),
        rx.cond(
            DashboardState.is_searching,
            rx.fragment(looked_at, button("Stop", id="stop", on_click=DashboardState.stop_search)),
            rx.cond(
                DashboardState.query != "",
                button(
                    "Show all messages",
                    "bare",
                    id="end-search",
                    on_click=[rx.set_value("search", ""), DashboardState.search("")],
                ),
                rx.fragment(),
            ),
        ),
        class_name="results",
    )


def _selection() -> rx.Component:
    archive = {"action": "archive", "label": "Archive"}
    restore = {"action": "restore", "label": "Move to inbox"}
    star, unstar = {"action": "star", "label": "Star"}, {"action": "unstar", "label": "Remove star"}
    read = {"action": "mark_read", "label": "Mark as read"}
    unread = {"action": "mark_unread", "label": "Mark as unread"}
    delete = {"action": "delete", "label": "Delete"}
    return Selection.create(
        within="messages",
        stamp=DashboardState.messages.length(),
        total=rx.cond(DashboardState.query != "", _grouped(DashboardState.found), _count_of_view()),
        is_whole=(DashboardState.next_cursor == "") & ~DashboardState.has_newer,
        is_searching=DashboardState.is_searching,
        name=rx.cond(
            DashboardState.query != "",
            "your search",
            _name(),
        ),
        actions=rx.match(
            DashboardState.view,
            ("unread", [archive, star, read, delete]),
            ("starred", [archive, unstar, read, unread, delete]),
            ("archived", [restore, star, read, unread, delete]),
            ("filtered", [restore, archive, star, delete]),
            [archive, star, read, unread, delete],
        ),
        on_act=DashboardState.act_on,
        on_act_all=DashboardState.act_on_all,
        on_choose_all=DashboardState.choose_all,
        class_name="no-print",
    )


def _count_of_view() -> rx.Component | rx.Var[str]:
    return rx.match(DashboardState.view, *((view, _count(view)) for view in VIEWS), "")


def _list() -> rx.Component:
    return rx.fragment(
        rx.cond(
            DashboardState.has_newer,
            MoreButton.create(
                id="newer",
                label="Show newer messages",
                stamp=DashboardState.messages[0].id,
                on_press=DashboardState.load_newer,
                class_name="button button-quiet no-print mb-5 w-full",
            ),
            rx.fragment(),
        ),
        MessageList.create(
            rx.foreach(DashboardState.messages, message_card),
            id="messages",
            rows=DashboardState.messages,
            on_seen=DashboardState.mark_seen,
            class_name="messages",
        ),
        rx.cond(
            DashboardState.next_cursor != "",
            MoreButton.create(
                id="more",
                label="Show older messages",
                stamp=DashboardState.next_cursor,
                on_press=DashboardState.load_more,
                class_name="button button-quiet no-print mt-5 w-full",
            ),
            rx.fragment(),
        ),
    )


def _messages() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Messages", id="messages-title", tab_index=-1, class_name="text-2xl font-semibold"),
            rx.el.div(
                rx.cond(DashboardState.messages.length() > 0, _selection(), rx.fragment()),
                button("Refresh", class_name="no-print", id="refresh", on_click=DashboardState.load),
                class_name="list-tools",
            ),
            class_name="mb-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2",
        ),
        _search(),
        _views(),
        _results(),
        rx.cond(DashboardState.messages.length() > 0, _list(), _empty()),
        Arrivals.create(
            arrived=DashboardState.arrived,
            came=DashboardState.came,
            unread=DashboardState.counts["unread"].to(int),
            within="messages",
            on_top=DashboardState.show_newest,
        ),
        class_name="mt-10",
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.el.p("Opening your inbox…", role="status", class_name="sr-only"),
        skeleton("h-36"),
        skeleton("mt-4 h-28"),
        skeleton("mt-24 h-28"),
    )


def dashboard() -> rx.Component:
    """Return the page."""
    return frame(
        heading("Your inbox"),
        rx.el.div(failure(DashboardState.failure), class_name="mt-4 empty:mt-0"),
        rx.el.div(
            rx.match(
                DashboardState.status,
                ("ready", rx.fragment(_link(), _opening(), _messages(), OfflinePage.create())),
                ("left", LeaveTo.create(to=routes.sign_in_then(routes.DASHBOARD))),
                _waiting(),
            ),
            class_name="mt-6",
        ),
        UndoToast.create(
            act=DashboardState.undo.act_id,
            text=DashboardState.undo.text,
            pending=DashboardState.undo.is_pending,
            interrupted=DashboardState.interrupted,
            owner=DashboardState.username,
            on_undo=DashboardState.undo_last,
        ),
        rx.cond(
            DashboardState.is_waiting,
            Retry.create(seconds=RETRY_SECONDS, on_retry=DashboardState.load_again),
            rx.fragment(),
        ),
        rx.cond(
            DashboardState.is_unfinished,
            Retry.create(seconds=LOOK_SECONDS, on_retry=DashboardState.look_at_acts),
            rx.fragment(),
        ),
        defence_dialog(),
        FocusKeeper.create(),
        SearchEnd.create(query=DashboardState.query, field="search"),
        Shortcuts.create(keys=SHORTCUTS),
        actions=(page_link("Settings", routes.SETTINGS, "button button-bare"), _sign_out()),
        width=WIDE,
        grows=True,
    )
