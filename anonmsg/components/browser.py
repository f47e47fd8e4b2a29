"""Wrappers of `assets/browser.js`: what only a browser can do, as components for the pages."""

from typing import Any

import reflex as rx
from reflex_base.utils.imports import ImportVar
from reflex_base.vars import VarData


class BrowserComponent(rx.Component):
    """A component of ours that runs in the browser."""

    library = "$/public/browser.js"


class CooldownButton(BrowserComponent):
    """A button that can be pressed once `seconds` have passed since `stamp` last changed."""

    tag = "CooldownButton"

    label: rx.Var[str]
    seconds: rx.Var[int]
    stamp: rx.Var[int]
    on_press: rx.EventHandler[rx.event.no_args_event_spec]


class FillFromFragment(BrowserComponent):
    """Fills the fields `code` and `hint` from the address's fragment."""

    tag = "FillFromFragment"


class CopyField(BrowserComponent):
    """Puts a button beside the field inside it that copies what the field holds."""

    tag = "CopyField"

    field: rx.Var[str]


class TypedBefore(BrowserComponent):
    """Hands over what was typed into a field before the page was `ready`."""

    tag = "TypedBefore"

    field: rx.Var[str]
    ready: rx.Var[bool]
    on_typed: rx.EventHandler[rx.event.passthrough_event_spec(str)]


class RevealField(BrowserComponent):
    """Puts a button beside the password field inside it that shows and hides what is typed."""

    tag = "RevealField"

    field: rx.Var[str]


class SessionExchange(BrowserComponent):
    """Exchanges a ticket for the session cookie and goes on to a page."""

    tag = "SessionExchange"

    ticket: rx.Var[str]
    to: rx.Var[str]
    on_fail: rx.EventHandler[rx.event.no_args_event_spec]


class LeaveTo(BrowserComponent):
    """Loads another page as a document as soon as it is shown."""

    tag = "LeaveTo"

    to: rx.Var[str]


class Retry(BrowserComponent):
    """Calls its handler every few seconds while it is shown."""

    tag = "Retry"

    seconds: rx.Var[int]
    on_retry: rx.EventHandler[rx.event.no_args_event_spec]


class Avatar(BrowserComponent):
    """A round sign for a name."""

    tag = "Avatar"

    name: rx.Var[str]


class NoticeText(BrowserComponent):
    """A notice, or the one that comes with the page at a path."""

    tag = "NoticeText"

    text: rx.Var[str]
    coming: rx.Var[str]
    coming_at: rx.Var[str]


class SkipLink(BrowserComponent):
    """A link to the element of this page with an id."""

    tag = "SkipLink"

    to: rx.Var[str]


class ThemeChoice(BrowserComponent):
    """Light, dark, or like the device."""

    tag = "ThemeChoice"


class Dialog(BrowserComponent):
    """A dialog with a heading and a button that closes it; `DialogButton` opens it by its id."""

    tag = "Dialog"

    label: rx.Var[str]


class DialogButton(BrowserComponent):
    """A button that opens the dialog with an id."""

    tag = "DialogButton"

    dialog: rx.Var[str]


class Menu(BrowserComponent):
    """A short list behind a button."""

    tag = "Menu"

    label: rx.Var[str]


class Shortcuts(BrowserComponent):
    """Keys that press buttons: each entry has `key`, `label` and `target`, the id of a button."""

    tag = "Shortcuts"

    keys: rx.Var[list[dict[str, str]]]


class OfflinePage(BrowserComponent):
    """Registers the service worker that shows a page of ours while there is no network."""

    tag = "OfflinePage"


class LiveSample(rx.Component):
    """A send page and an inbox to play with. In a file of its own: only the home page needs it."""

    library = "$/public/sample.js"
    tag = "LiveSample"

    samples: rx.Var[list[str]]
    most: rx.Var[int]


class Prompts(rx.Component):
    """Three ideas at a time that fill a text area; what is typed there goes only after a question.

    In a file of its own: only the send page needs it.
    """

    library = "$/public/prompts.js"
    tag = "Prompts"

    field: rx.Var[str]
    ideas: rx.Var[list[str]]


class ShareButton(rx.Component):
    """Opens the device's own list of ways to share a link; hidden where there is none. Only the dashboard needs it."""

    library = "$/public/sharing.js"
    tag = "ShareButton"

    link: rx.Var[str]
    title: rx.Var[str]


class FileLink(rx.Component):
    """A link that saves a file under the name `download`, or opens it in `target`, and not as a page of the app."""

    library = "$/public/sharing.js"
    tag = "FileLink"

    href: rx.Var[str]
    download: rx.Var[str]
    target: rx.Var[str]
    label: rx.Var[str]


class Puzzle(rx.Component):
    """Solves a puzzle and sends the form around it again. Its program is loaded when it is shown."""

    library = "$/public/puzzle.js"
    tag = "Puzzle"
    lib_dependencies: list[str] = ["altcha@3.2.2"]  # noqa: RUF012  # the framework makes a field of it

    challenge: rx.Var[str]
    on_fail: rx.EventHandler[rx.event.no_args_event_spec]


class AccountComponent(rx.Component):
    """A component of the settings page, in a file of their own; the dashboard needs the dialog too, others none."""

    library = "$/public/account.js"


class AskDialog(AccountComponent):
    """A dialog that the server opens and closes."""

    tag = "AskDialog"

    label: rx.Var[str]
    is_open: rx.Var[bool]
    stamp: rx.Var[int]
    on_close: rx.EventHandler[rx.event.no_args_event_spec]


class Press(AccountComponent):
    """Presses the button with an id as soon as it is named."""

    tag = "Press"

    target: rx.Var[str]


class CarefulButton(AccountComponent):
    """Sends the form around it when it is pressed, never by Enter in a field."""

    tag = "CarefulButton"

    disabled: rx.Var[bool]


class DownloadFrame(AccountComponent):
    """Takes the file that a form with this frame as its target downloads."""

    tag = "DownloadFrame"

    name: rx.Var[str]
    to: rx.Var[str]


class ForgetCookie(AccountComponent):
    """Removes a session cookie that is of no use any more."""

    tag = "ForgetCookie"

    on_done: rx.EventHandler[rx.event.no_args_event_spec]


class SendComponent(rx.Component):
    """A component of the send page, in a file of their own: no other page needs them."""

    library = "$/public/send.js"


class Draft(SendComponent):
    """Counts the characters of a text area and keeps them in this tab."""

    tag = "Draft"

    field: rx.Var[str]
    name: rx.Var[str]
    most: rx.Var[int]


class ForgetDraft(SendComponent):
    """Forgets what `Draft` kept under a name, and moves a lost focus to the element with the id `card`."""

    tag = "ForgetDraft"

    name: rx.Var[str]
    card: rx.Var[str]


class Unsent(SendComponent):
    """Shows what `Draft` kept under a name, where it can't be sent any more."""

    tag = "Unsent"

    name: rx.Var[str]


class Connection(SendComponent):
    """Keeps the form around it from being sent while there is no connection, and from being changed while it is sent.

    `errors` are what the framework says of the connection, another list with each change; `answered` is the attempt
    that the server has answered.
    """

    tag = "Connection"

    name: rx.Var[str]
    errors: rx.Var[list[Any]]
    busy: rx.Var[bool]
    answered: rx.Var[str]
    most: rx.Var[int]


def was_sent(is_sent: rx.Var[bool], name: rx.Var[str]) -> rx.Var[bool]:
    """Return whether a message to `name` was sent, also to a server that has forgotten it when a connection returns."""
    known = [each._get_all_var_data() for each in (is_sent, name)]
    here = VarData(imports={"$/public/send.js": [ImportVar(tag="wasSent")]})
    return rx.Var(f"wasSent({is_sent!s}, {name!s})", _var_type=bool, _var_data=VarData.merge(*known, here))


class SenderMark(SendComponent):
    """Says that this browser has a mark, by which it can be blocked, and forgets it when asked."""

    tag = "SenderMark"


class TakeOver(SendComponent):
    """Shows what is inside it once it is ready, in place of the page that the server wrote."""

    tag = "TakeOver"

    ready: rx.Var[bool]
