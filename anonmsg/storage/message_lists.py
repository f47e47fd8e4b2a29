"""What to ask the `messages` collection for a list: ranges of its indexes, one for each part of the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from anonmsg.acts import Condition, Stretch, conditions, stretches
from anonmsg.models import FOLDERS, BulkAct, Place, View
from anonmsg.storage.database import Document

NULL = {"$type": "null"}
"""In the index one value, where None would be two (null and the former "undefined") and cost order."""


@dataclass(frozen=True, slots=True)
class Range:
    """A question that one range of one index answers in order, or a few ranges that MongoDB merges in order."""

    query: Document
    index: str


APART = "_id_"
"""The index that finds the messages which bulk acts leave alone; there are few."""


def ranges(
    recipient: ObjectId | None,
    view: View,
    acts: Sequence[BulkAct] = (),
    *,
    older_than: Place | None = None,
    newer_than: Place | None = None,
) -> list[Range]:
    """Return what finds the messages of a view between two places; without acts it is one range."""
    apart = sorted({message_id for act in acts for message_id in act.kept})
    found = [
        one
        for stretch in stretches(view, acts)
        for one in stretch_ranges(recipient, stretch, apart, older_than=older_than, newer_than=newer_than)
    ]
    if apart:
        here: Document = {"recipient_id": recipient, "deleted_at": NULL}
        found.append(Range({**here, "_id": {"$in": [ObjectId(message_id) for message_id in apart]}}, APART))
    return found


def stretch_ranges(
    recipient: ObjectId | None,
    stretch: Stretch,
    apart: Sequence[str] = (),
    *,
    older_than: Place | None = None,
    newer_than: Place | None = None,
) -> list[Range]:
    """Return what finds the messages of one stretch but those `apart`, between two places."""
    includes_newest = older_than is None or (stretch.newest is not None and stretch.newest < older_than)
    newest = stretch.newest if includes_newest else older_than
    before = max((place for place in (stretch.before, newer_than) if place), default=None)
    if newest and before and newest <= before:
        return []
    without: Document = {"$nin": [ObjectId(message_id) for message_id in apart]} if apart else {}
    between = _between(newest, before, "$lte" if includes_newest else "$lt", without)
    found: list[Range] = []
    for condition in conditions(stretch.cells):
        base: Document = {"recipient_id": recipient, "deleted_at": NULL, **condition}
        # Whole branches, each one range of the index, which MongoDB merges in order: it reads what it
        # returns and no more, however many messages came later or share a moment.
        branches = [{**base, **part} for part in between]
        found.append(Range(branches[0] if len(branches) == 1 else {"$or": branches}, _index(condition)))
    return found


def everything(recipient: ObjectId | None, older_than: Place | None) -> Range:
    """Return what finds all messages in the order of their times, which no sorting changes while somebody reads on."""
    base: Document = {"recipient_id": recipient, "deleted_at": NULL}
    # One branch a folder: inside branches MongoDB would not take several apart, but sort all that are older each time.
    parts = _between(older_than, None, "$lt", {})
    return Range({"$or": [{**base, "folder": folder, **part} for folder in FOLDERS for part in parts]}, "folder")


def _between(newest: Place | None, before: Place | None, at_most: str, without: Document) -> list[Document]:
    """Return conditions for the places from just after `before` up to `newest`."""
    if newest and before and newest.created_at == before.created_at:
        ids: Document = {"$gt": ObjectId(before.id), at_most: ObjectId(newest.id), **without}
        return [{"created_at": newest.created_at, "_id": ids}]
    parts: list[Document] = []
    times: dict[str, Any] = {}
    if newest:
        parts.append({"created_at": newest.created_at, "_id": {at_most: ObjectId(newest.id), **without}})
        times["$lt"] = newest.created_at
    if before:
        parts.append({"created_at": before.created_at, "_id": {"$gt": ObjectId(before.id), **without}})
        times["$gt"] = before.created_at
    return [*parts, {**({"created_at": times} if times else {}), **({"_id": without} if without else {})}]


def _index(condition: Condition) -> str:
    if "is_read" in condition:
        return "unread"
    return "starred" if condition.get("is_starred") else "folder"
