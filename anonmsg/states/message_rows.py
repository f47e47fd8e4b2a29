"""How messages stand in a page's state: rows, the part of a list that is loaded, and what can be taken back."""

import dataclasses
from datetime import datetime
from typing import Any

import reflex as rx

from anonmsg.acts import Cell, after
from anonmsg.bootstrap import services
from anonmsg.cursors import encode_cursor
from anonmsg.models import Action, Folder, LongAct, Message, Place, View
from anonmsg.rules import PAGE_SIZE

WINDOW = 5 * PAGE_SIZE
"""So many rows a page holds at most; those at the other end are let go and come back as the reader does."""


@dataclasses.dataclass(frozen=True)
class MessageRow:
    """A message as the page shows it.

    Attributes:
        content: The text, "" if it can't be read.
        created_at: ISO 8601, UTC.
        is_new: Whether it came while the page was open.
        is_passing: Whether it goes by itself, because its sender is blocked.
        is_coarse: Whether the page is told no more than the day, so not what else tells the time.
    """

    id: str
    content: str
    created_at: str
    is_readable: bool
    is_read: bool
    is_starred: bool
    folder: Folder
    is_new: bool = False
    is_coarse: bool = False
    is_passing: bool = False

    @property
    def place(self) -> Place:
        """Where it stands among the others."""
        return Place(datetime.fromisoformat(self.created_at), self.id)

    @property
    def cell(self) -> Cell:
        """What decides in which views it is."""
        return Cell(self.folder, self.is_starred, self.is_read)

    def after(self, action: Action) -> "MessageRow | None":
        """Return the row after something was done with the message, None if it is gone."""
        cell = after(action, self.cell)
        if cell is None:
            return None
        is_passing = self.is_passing and cell.folder == "filtered" and not cell.is_starred
        return dataclasses.replace(
            self, folder=cell.folder, is_starred=cell.is_starred, is_read=cell.is_read, is_passing=is_passing
        )


@rx.serializer
def _on_the_wire(row: MessageRow) -> dict[str, Any]:
    """Return what a page is told of a row."""
    if not row.is_coarse:
        return vars(row)
    day = row.created_at.partition("T")[0]
    return {**vars(row), "id": services().veil.hide_id(row.id), "created_at": day}


def to_row(message: Message, *, is_new: bool = False, is_coarse: bool = False) -> MessageRow:
    """Return the row that shows a message."""
    return MessageRow(
        id=message.id,
        content=message.content or "",
        created_at=message.created_at.isoformat(timespec="milliseconds"),
        is_readable=message.content is not None,
        is_read=message.read_at is not None,
        is_starred=message.is_starred,
        folder=message.folder,
        is_new=is_new,
        is_coarse=is_coarse,
        is_passing=message.is_passing,
    )


def place_above(place: Place) -> Place:
    """Return what stands right above a message, so that a list that goes on from there begins with it."""
    return Place(place.created_at, f"{int(place.id, 16) + 1:024x}")


def cursor_of(row: MessageRow) -> str:
    """Return the cursor that marks a row's place."""
    return encode_cursor(row.place)


@dataclasses.dataclass(frozen=True)
class Undo:
    """What was done last and can be taken back.

    Attributes:
        act_id: By which the server knows it, "" for nothing.
        text: What it was. If there is nothing any more: what became of it, for those who hear the page.
        is_pending: Whether it goes on; until its end there is no haste to take it back.
    """

    act_id: str = ""
    text: str = ""
    is_pending: bool = False


VIEW_NAMES: dict[View, str] = {
    "inbox": "Inbox",
    "unread": "Unread",
    "starred": "Starred",
    "archived": "Archived",
    "filtered": "Filtered",
}

DONE: dict[Action, str] = {
    "delete": "deleted",
    "archive": "archived",
    "restore": "moved to your inbox",
    "star": "starred",
    "unstar": "no longer starred",
    "mark_read": "marked as read",
    "mark_unread": "marked as unread",
}


DOING: dict[Action, str] = {
    "delete": "Deleting {} messages…",
    "archive": "Archiving {} messages…",
    "restore": "Moving {} messages to your inbox…",
    "star": "Starring {} messages…",
    "unstar": "Removing the stars of {} messages…",
    "mark_read": "Marking {} messages as read…",
    "mark_unread": "Marking {} messages as unread…",
}


def doing_to(count: int, action: Action) -> str:
    """Return the sentence that says what is being done to many messages."""
    return DOING[action].format(f"{count:,}")


def stopped_in(act: LongAct) -> str:
    """Return the sentence that says how far an act came that was interrupted, or that taking it back was."""
    if act.stage == "undoing":
        return "Interrupted: not all messages are back yet"
    return f"Interrupted: {so_far(act.done, act.count, act.action)}"


def so_far(done: int, count: int, action: Action) -> str:
    """Return the sentence that says how far something long is."""
    return f"{done:,} of {count:,} messages {DONE[action]}"


def brought_back(count: int) -> str:
    """Return the sentence that says that messages are again as they were; nobody counted those of a bulk act."""
    if not count:
        return "Undone"
    return "Undone for 1 message" if count == 1 else f"Undone for {count:,} messages"


def done_to(count: int, action: Action) -> str:
    """Return the sentence that says what was done to some messages."""
    return f"Message {DONE[action]}" if count == 1 else f"{count:,} messages {DONE[action]}"


def done_to_all(view: View, action: Action) -> str:
    """Return the sentence that says what was done to all messages of a view."""
    return f"All messages in {VIEW_NAMES[view]} {DONE[action]}"
