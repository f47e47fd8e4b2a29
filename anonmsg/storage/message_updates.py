"""What changes in the `messages` collection: flags and folders, deleting softly, and taking it back."""

from collections.abc import Sequence
from datetime import datetime

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

REMEMBERED = ("folder", "is_starred", "is_read", "read_at", "expires_at")


def _ids(message_ids: Sequence[str]) -> list[ObjectId]:
    return [found for message_id in message_ids if (found := object_id(message_id)) is not None]


def _change(action: Action, now: datetime) -> Document:
    """Return what an action sets."""
    if action == "delete":
        return {"deleted_at": now}
    if action in {"mark_read", "mark_unread"}:
        return {**CHANGES[action], "read_at": now if action == "mark_read" else None}
    return {**CHANGES[action], **({"expires_at": None} if action in KEEPING else {})}


@raises_unavailable
class MessageUpdates:
    """Changes messages. Every query carries the recipient's id."""

    def __init__(self, database: Database) -> None:
        self._collection = database["messages"]

    async def update_many(
        self, recipient_id: str, message_ids: Sequence[str], action: Action, act_id: str, now: datetime
    ) -> int:
        """Do something with messages that are there, remember how they were, and return how many there were."""
        was = {name: f"${name}" for name in REMEMBERED}
        change = {**_change(action, now), "before": {"act": act_id, "at": now, **was}}
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

    async def undo(self, recipient_id: str, act_id: str, after: datetime) -> list[str]:
        """Bring back some messages as they were before an act, if it was after a moment; return their ids.

        Call it again until there are none.
        """
        query = {"recipient_id": object_id(recipient_id), "before.act": {"$eq": act_id}, "before.at": {"$gt": after}}
        found = await self._collection.find(query, {"_id": 1}, hint="act").limit(BATCH).to_list()
        ids = [document["_id"] for document in found]
        if ids:
            was = {name: f"$before.{name}" for name in REMEMBERED}
            back = [{"$set": {**was, "deleted_at": None}}, {"$unset": "before"}]
            await self._collection.update_many({**query, "_id": {"$in": ids}}, back)
        return [str(message_id) for message_id in ids]

    async def settle(self, recipient_id: str, act: BulkAct, now: datetime) -> int:
        """Do a part of a bulk act and return how many messages that were; open dashboards are not told.

        Call it again until there are none.
        """
        recipient, changed = object_id(recipient_id), 0
        change = {**_change(act.action, now), "settled_by": act.id}
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
        """Do an act to messages that were deleted since it was made, so that they come back as they were shown."""
        last, changed = act.newest, 0
        change = {f"before.{name}": value for name, value in _change(act.action, now).items()}
        for condition in conditions(to_change(act).cells):
            query: Document = {
                "recipient_id": recipient,
                "before.act": {"$exists": True},
                "before.at": {"$gte": act.made_at},
                "deleted_at": {"$type": "date"},
                "_id": {"$nin": _ids(sorted(act.kept))},
                "$or": [
                    {"created_at": {"$lt": last.created_at}},
                    {"created_at": last.created_at, "_id": {"$lte": ObjectId(last.id)}},
                ],
                **{f"before.{name}": value for name, value in condition.items()},
            }
            update: Document = {"$unset": {"before": ""}} if act.action == "delete" else {"$set": change}
            with pymongo.timeout(LARGE_WRITE_SECONDS):
                changed += (await self._collection.update_many(query, update, hint="act")).modified_count
        return changed
