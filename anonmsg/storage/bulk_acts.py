"""Bulk acts on the `users` collection: they ride on the read of a user, so that lists know of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from anonmsg.models import BulkAct, Place
from anonmsg.storage.database import Database, Document, object_id
from anonmsg.storage.failures import raises_unavailable

MOST_PENDING = 10
"""Lists get slower with each; nobody presses so many buttons in the time that one waits."""

MOST_KEPT = 500


def read_acts(documents: Sequence[Mapping[str, Any]]) -> tuple[BulkAct, ...]:
    """Return the acts in a user's document."""
    return tuple(
        BulkAct(
            id=one["id"],
            action=one["action"],
            view=one["view"],
            newest=Place(one["newest"]["created_at"], one["newest"]["id"]),
            made_at=one["made_at"],
            kept=frozenset(one.get("kept", ())),
        )
        for one in documents
    )


def _document(act: BulkAct) -> Document:
    return {
        "id": act.id,
        "action": act.action,
        "view": act.view,
        "newest": {"created_at": act.newest.created_at, "id": act.newest.id},
        "made_at": act.made_at,
        "settling": False,
        "kept": [],
    }


@raises_unavailable
class BulkActRepository:
    """Stores what is being done to all messages of a view, until it is done."""

    def __init__(self, database: Database) -> None:
        self._collection = database["users"]

    async def add(self, user_id: str, act: BulkAct) -> bool:
        """Note an act; return False if too many wait."""
        query = {"_id": object_id(user_id), f"acts.{MOST_PENDING - 1}": {"$exists": False}}
        change = {"$push": {"acts": _document(act)}, "$inc": {"acts_changed": 1}}
        return (await self._collection.update_one(query, change)).matched_count == 1

    async def delete_undone(self, user_id: str, act_id: str, after: datetime) -> bool:
        """Take back an act that was made after a moment and is not being settled; return whether it could be."""
        waits = {"id": {"$eq": act_id}, "made_at": {"$gt": after}, "settling": False}
        result = await self._collection.update_one(
            {"_id": object_id(user_id), "acts": {"$elemMatch": waits}},
            {"$pull": {"acts": {"id": act_id}}, "$inc": {"acts_changed": 1}},
        )
        return result.modified_count == 1

    async def update_kept(self, user_id: str, message_ids: Sequence[str]) -> bool:
        """Keep messages apart from all acts so far; return False, and keep none, if too many would be."""
        if len(message_ids) > MOST_KEPT:
            return False
        query = {"_id": object_id(user_id), f"acts.kept.{MOST_KEPT - len(message_ids)}": {"$exists": False}}
        kept = {"$addToSet": {"acts.$[].kept": {"$each": list(message_ids)}}, "$inc": {"acts_noted": 1}}
        return (await self._collection.update_one(query, kept)).matched_count == 1

    async def list_due(self, made_before: datetime, limit: int) -> list[tuple[str, BulkAct]]:
        """Return users with an act whose undo time is over, and the first act of each."""
        query = {"acts.made_at": {"$lte": made_before}}
        found = await self._collection.find(query, {"acts": 1}).limit(limit).to_list()
        return [(str(one["_id"]), read_acts(one["acts"][:1])[0]) for one in found]

    async def update_settling(self, user_id: str, act_id: str) -> BulkAct | None:
        """Note that an act is being settled, so that it can't be undone; return it as it is now."""
        found = await self._collection.find_one_and_update(
            {"_id": object_id(user_id), "acts.id": {"$eq": act_id}},
            {"$set": {"acts.$.settling": True}},
            {"acts": 1},
        )
        acts = read_acts(found["acts"]) if found else ()
        return next((act for act in acts if act.id == act_id), None)

    async def get(self, user_id: str, act_id: str) -> BulkAct | None:
        """Return an act as it is now."""
        found = await self._collection.find_one({"_id": object_id(user_id)}, {"acts": 1})
        acts = read_acts(found.get("acts", ())) if found else ()
        return next((act for act in acts if act.id == act_id), None)

    async def delete(self, user_id: str, act_id: str) -> None:
        """Forget an act that is done."""
        await self._collection.update_one(
            {"_id": object_id(user_id)},
            {"$pull": {"acts": {"id": {"$eq": act_id}}}, "$inc": {"acts_noted": 1}},
        )
