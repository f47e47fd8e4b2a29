"""Bulk acts: what an action on all messages of a view does to each, and what a list holds meanwhile."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from anonmsg.models import FOLDERS, Action, BulkAct, Folder, Message, Place, View


@dataclass(frozen=True, slots=True)
class Cell:
    """All of a message that decides in which views it is."""

    folder: Folder
    is_starred: bool
    is_read: bool


CELLS = tuple(itertools.starmap(Cell, itertools.product(FOLDERS, (False, True), (False, True))))

CHANGES: dict[Action, dict[str, Any]] = {
    "archive": {"folder": "archived"},
    "restore": {"folder": "inbox"},
    "star": {"is_starred": True},
    "unstar": {"is_starred": False},
    "mark_read": {"is_read": True},
    "mark_unread": {"is_read": False},
}
"""What each action sets; `delete` sets nothing, it takes the message out of every view."""


def is_in(view: View, cell: Cell) -> bool:
    """Return whether a view holds the messages of a cell."""
    if view == "unread":
        return cell.folder == "inbox" and not cell.is_read
    return cell.is_starred if view == "starred" else cell.folder == view


def after(action: Action, cell: Cell) -> Cell | None:
    """Return the cell of a message after an action, None if it is gone."""
    return None if action == "delete" else replace(cell, **CHANGES[action])


def cell_of(message: Message) -> Cell:
    """Return the cell that a message is in."""
    return Cell(message.folder, message.is_starred, message.read_at is not None)


def moved(message: Message, cell: Cell, now: datetime) -> Message:
    """Return a message as it is in another cell; if it was unread before, it is read now."""
    read_at = (message.read_at or now) if cell.is_read else None
    is_passing = message.is_passing and cell.folder == "filtered" and not cell.is_starred
    return replace(message, folder=cell.folder, is_starred=cell.is_starred, read_at=read_at, is_passing=is_passing)


def cell_under(acts: Iterable[BulkAct], cell: Cell) -> Cell | None:
    """Return where a message of a cell is when all acts are done, None if it is gone."""
    for act in acts:
        if is_in(act.view, cell):
            changed = after(act.action, cell)
            if changed is None:
                return None
            cell = changed
    return cell


def applied(acts: Iterable[BulkAct], message: Message) -> Message | None:
    """Return a message as it is when all acts are done that are meant for it, None if it is gone."""
    meant = [act for act in acts if message.place <= act.newest and message.id not in act.kept]
    if not meant:
        return message
    cell = cell_under(meant, cell_of(message))
    return moved(message, cell, meant[-1].made_at) if cell else None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a list: the stored cells whose messages belong to it, between two places.

    Attributes:
        newest: The last place that is part of it, None for no end.
        before: The last place that is not, None for no beginning.
    """

    cells: frozenset[Cell]
    newest: Place | None = None
    before: Place | None = None


def stretches(view: View, acts: Sequence[BulkAct]) -> list[Stretch]:
    """Return the parts of a view under some acts, the newest first: without any, it is one."""
    ends = sorted({act.newest for act in acts}, reverse=True)
    parts: list[Stretch] = []
    for newest, before in itertools.pairwise([None, *ends, None]):
        meant = [act for act in acts if newest is not None and act.newest >= newest]
        cells = frozenset(cell for cell in CELLS if (then := cell_under(meant, cell)) is not None and is_in(view, then))
        if parts and parts[-1].cells == cells and parts[-1].before == newest:
            parts[-1] = replace(parts[-1], before=before)
        else:
            parts.append(Stretch(cells, newest, before))
    return [part for part in parts if part.cells]


def to_change(act: BulkAct) -> Stretch:
    """Return the stored messages that an act still has to change, given that it is the first."""
    cells = (cell for cell in CELLS if is_in(act.view, cell) and after(act.action, cell) != cell)
    return Stretch(frozenset(cells), act.newest)


Condition = dict[str, Any]


def _conditions() -> list[tuple[frozenset[Cell], Condition]]:
    """Return everything that one range of an index can ask for, with the cells that it finds; the widest first.

    Whole folders come before all that is starred: what is left of a folder then would be looked for among its stars.
    """
    asked: list[Condition] = [{"is_starred": True}]
    for folder in FOLDERS:
        asked.append({"folder": folder})
        asked += [{"folder": folder, "is_read": flag} for flag in (False, True)]
        asked += [{"folder": folder, "is_starred": flag} for flag in (False, True)]
        asked += [
            {"folder": folder, "is_starred": star, "is_read": read} for star in (False, True) for read in (False, True)
        ]
    found = [
        (frozenset(cell for cell in CELLS if all(getattr(cell, key) == one[key] for key in one)), one) for one in asked
    ]
    return sorted(found, key=lambda pair: (pair[1].keys() != {"folder"}, -len(pair[0])))


CONDITIONS = _conditions()


def conditions(cells: frozenset[Cell]) -> list[Condition]:
    """Return as few conditions as find exactly the messages of some cells, each message once."""
    left, chosen = cells, list[Condition]()
    for found, condition in CONDITIONS:
        if found <= left:
            chosen.append(condition)
            left -= found
    return chosen
