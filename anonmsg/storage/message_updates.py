"""What changes in the `messages` collection: flags and folders, deleting softly, and taking it back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pymongo
from bson import ObjectId

from anonmsg.acts import CHANGES, Cell, conditions, to_change
from anonmsg.models import Action, BulkAct
from anonmsg.storage.database import Database, Document, object_id
from anonmsg.storage.failures import raises_unavailable
from anonmsg.storage.message_lists import stretch_ranges

BATCH = 500
"""So many changes take about 20 ms, in which the stream of changes waits."""

LARGE_WRITE_SECONDS = 60
KEEPING = {"archive", "restore", "star"}
"""Actions after which a message stays that was put aside because of its sender."""

CHANGED_BY: dict[Action, tuple[str, ...]] = {
    "delete": ("deleted_at",),
    "archive": ("folder", "expires_at"),
    "restore": ("folder", "expires_at"),
    "star": ("is_starred", "expires_at"),
    "unstar": ("is_starred",),
    "mark_read": ("is_read", "read_at"),
    "mark_unread": ("is_read", "read_at"),
}
"""What each action changes, and what is remembered for it: undoing it leaves alone what others did since."""

MOST_REMEMBERED = 5
REMEMBERED_FOR = timedelta(hours=1)
"""How many acts on one message can be taken back, and for how long at most; callers have shorter times."""


def _ids(message_ids: Sequence[str]) -> list[ObjectId]:
    return [found for message_id in message_ids if (found := object_id(message_id)) is not None]


def _change(action: Action, now: datetime) -> Document:
    """Return what an action sets."""
    if action == "delete":
        return {"deleted_at": now}
    if action in {"mark_read", "mark_unread"}:
        return {**CHANGES[action], "read_at": now if action == "mark_read" else None}
    return {**CHANGES[action], **({"expires_at": None} if action in KEEPING else {})}


def _remembered(condition: Document) -> Document:
    """Return the acts that a message remembers, as far as a condition holds for `$$one`."""
    acts: Document = {"$cond": [{"$isArray": ["$before"]}, "$before", []]}
    return {"$filter": {"input": acts, "as": "one", "cond": condition}}


@raises_unavailable
class MessageUpdates:
    """Changes messages. Every query carries the recipient's id."""

    def __init__(self, database: Database) -> None:
        self._collection = database["messages"]

    async def update_many(
        self,
        recipient_id: str,
        message_ids: Sequence[str],
        action: Action,
        act_id: str,
        now: datetime,
        *,
        is_silent: bool = False,
    ) -> int:
        """Do something with messages that are there, remember how they were, and return how many there were.

        Args:
            recipient_id: Whose messages.
            message_ids: Which of them.
            action: What to do.
            act_id: By which it can be taken back.
            now: When it is done.
            is_silent: Whether open dashboards are not told of each message.
        """
        was = {name: {"$ifNull": [f"${name}", None]} for name in CHANGED_BY[action]}
        entry = {"act": {"$literal": act_id}, "at": now, **was}
        before = {
            "$concatArrays": [
                {"$slice": [_remembered({"$gt": ["$$one.at", now - REMEMBERED_FOR]}), 1 - MOST_REMEMBERED]},
                [entry],
            ]
        }
        change = {
            **_change(action, now),
            "before": before,
            **({"settled_by": {"$literal": act_id}} if is_silent else {}),
        }
        query = {"_id": {"$in": _ids(message_ids)}, "recipient_id": object_id(recipient_id), "deleted_at": None}
        result = await self._collection.update_many(query, [{"$set": change}])
        return result.matched_count

    async def update_cell(self, recipient_id: str, message_ids: Sequence[str], cell: Cell, now: datetime) -> None:
        """Put messages into a cell, as the bulk acts that are meant for them would."""
        change: Document = {"folder": cell.folder, "is_starred": cell.is_starred, "is_read": cell.is_read}
        if cell.folder == "inbox":  # as for `restore`
            change["expires_at"] = None
        query = {"_id": {"$in": _ids(message_ids)}, "recipient_id": object_id(recipient_id), "deleted_at": None}
        read_at = {"$ifNull": ["$read_at", now]} if cell.is_read else None
        stays = {"expires_at": None} if cell.folder != "filtered" or cell.is_starred else {}
        await self._collection.update_many(query, [{"$set": {**change, **stays, "read_at": read_at}}])

    async def update_seen(self, recipient_id: str, message_ids: Sequence[str], now: datetime) -> int:
        """Note that unread messages were seen; return how many were unread."""
        query = {
            "_id": {"$in": _ids(message_ids)},
            "recipient_id": object_id(recipient_id),
            "deleted_at": None,
            "is_read": False,
        }
        result = await self._collection.update_many(query, {"$set": {"is_read": True, "read_at": now}})
        return result.modified_count

    async def update_filtered(self, recipient_id: str, message_ids: Sequence[str]) -> int:
        """Put messages of the inbox apart, but starred ones; return how many were there."""
        query = {
            "_id": {"$in": _ids(message_ids)},
            "recipient_id": object_id(recipient_id),
            "deleted_at": None,
            "folder": "inbox",
            "is_starred": False,
        }
        return (await self._collection.update_many(query, {"$set": {"folder": "filtered"}})).modified_count

    async def undo(self, recipient_id: str, act_id: str, after: datetime, *, is_silent: bool = False) -> list[str]:
        """Take an act back on some messages, if it was after a moment; return their ids.

        What was done to them since stays. Call it again until there are none.
        """
        made = {"act": {"$eq": act_id}, "at": {"$gt": after}}
        query = {"recipient_id": object_id(recipient_id), "before": {"$elemMatch": made}}
        found = await self._collection.find(query, {"_id": 1}, hint="act").limit(BATCH).to_list()
        ids = [document["_id"] for document in found]
        if ids:
            is_act = {"$eq": ["$$one.act", {"$literal": act_id}]}
            was = {
                "$arrayToObject": {
                    "$filter": {
                        "input": {"$objectToArray": {"$first": _remembered(is_act)}},
                        "as": "part",
                        "cond": {"$not": [{"$in": ["$$part.k", ["act", "at"]]}]},
                    }
                }
            }
            others = _remembered({"$not": [is_act]})
            back: Document = {"before": {"$cond": [{"$eq": [others, []]}, "$$REMOVE", others]}}
            note = [{"$set": {"settled_by": {"$literal": f"{act_id}-undone"}}}] if is_silent else []
            await self._collection.update_many(
                {**query, "_id": {"$in": ids}},
                [{"$replaceWith": {"$mergeObjects": ["$$ROOT", was]}}, {"$set": back}, *note],
            )
        return [str(message_id) for message_id in ids]

    async def settle(self, recipient_id: str, act: BulkAct, now: datetime) -> int:
        """Do a part of a bulk act and return how many messages that were; open dashboards are not told.

        Call it again until there are none.
        """
        recipient, changed = object_id(recipient_id), 0
        # As if it had been done when it was asked for: what was deleted then is not deleted since a later act.
        change = {**_change(act.action, act.made_at if act.action == "delete" else now), "settled_by": act.id}
        for part in stretch_ranges(recipient, to_change(act), sorted(act.kept)):
            with pymongo.timeout(LARGE_WRITE_SECONDS):
                found = self._collection.find(part.query, {"_id": 1}, hint=part.index)
                ids = [document["_id"] for document in await found.limit(BATCH).to_list()]
                if ids:
                    query = {"_id": {"$in": ids}, "recipient_id": recipient, "deleted_at": None}
                    await self._collection.update_many(query, {"$set": change})
            changed += len(ids)
        return changed or await self._settle_deleted(recipient, act, now)

    async def _settle_deleted(self, recipient: ObjectId | None, act: BulkAct, now: datetime) -> int:
        """Do an act to messages that were deleted since it was made, so that they come back as they were shown.

        Nothing else is looked at: what was acted on before, and is kept for its undo, may be any number.
        """
        last, changed = act.newest, 0
        for condition in conditions(to_change(act).cells):
            query: Document = {
                "recipient_id": recipient,
                "before.act": {"$exists": True},
                "before.at": {"$gte": act.made_at},
                "deleted_at": {"$gte": act.made_at},
                "_id": {"$nin": _ids(sorted(act.kept))},
                "$or": [
                    {"created_at": {"$lt": last.created_at}},
                    {"created_at": last.created_at, "_id": {"$lte": ObjectId(last.id)}},
                ],
                **condition,
            }
            update: Document = (
                {"$unset": {"before": ""}} if act.action == "delete" else {"$set": _change(act.action, now)}
            )
            with pymongo.timeout(LARGE_WRITE_SECONDS):
                changed += (await self._collection.update_many(query, update, hint="folder")).modified_count
        return changed
