"""Acts on many chosen messages, on the `users` collection: how far each is, so that it can be taken back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from anonmsg.models import LongAct
from anonmsg.storage.database import Database, Document, object_id
from anonmsg.storage.failures import raises_unavailable

MOST_AT_ONCE = 3
LONG_TTL = timedelta(hours=1)
"""How long an act may take, and can be taken back if it was interrupted; deleted messages stay as long."""


def read_long_acts(documents: Sequence[Mapping[str, Any]]) -> tuple[LongAct, ...]:
    """Return the acts in a user's document."""
    return tuple(
        LongAct(one["id"], one["action"], one["count"], one["began_at"], one["at"], one["done"], one["stage"])
        for one in documents
    )


@raises_unavailable
class LongActRepository:
    """Stores how far acts on many messages are."""

    def __init__(self, database: Database) -> None:
        self._collection = database["users"]

    async def add(self, user_id: str, act: LongAct, done_before: datetime) -> bool:
        """Note an act, and forget those that can't be taken back any more; return False if too many are under way.

        Args:
            user_id: Whose act.
            act: The act.
            done_before: What was done by then can't be taken back.
        """
        user = object_id(user_id)
        over: list[Document] = [
            {"began_at": {"$lte": act.began_at - LONG_TTL}},
            {"stage": "done", "at": {"$lte": done_before}},
        ]
        await self._collection.update_one({"_id": user}, {"$pull": {"long_acts": {"$or": over}}})
        document = {name: getattr(act, name) for name in ("id", "action", "count", "began_at", "at", "done", "stage")}
        result = await self._collection.update_one(
            {"_id": user, f"long_acts.{MOST_AT_ONCE - 1}": {"$exists": False}},
            {"$push": {"long_acts": document}, "$inc": {"acts_changed": 1}},
        )
        return result.matched_count == 1

    async def update_progress(self, user_id: str, act_id: str, at: datetime, done: int) -> bool:
        """Note how far an act is; return False if it is being taken back meanwhile."""
        return await self._update(user_id, act_id, {"at": at, "done": done}, {"stage": "doing"})

    async def update_done(self, user_id: str, act_id: str, at: datetime) -> bool:
        """Note that an act is done; return False if it is being taken back meanwhile."""
        return await self._update(user_id, act_id, {"at": at, "stage": "done"}, {"stage": "doing"}, is_shown=True)

    async def update_undoing(self, user_id: str, act_id: str, now: datetime, done_after: datetime) -> LongAct | None:
        """Note that an act is being taken back, and return it; None if there is none, or it is too late."""
        fits: Document = {
            "began_at": {"$gt": now - LONG_TTL},
            "$or": [{"stage": {"$ne": "done"}}, {"at": {"$gt": done_after}}],
        }
        if not await self._update(user_id, act_id, {"at": now, "stage": "undoing"}, fits):
            return None
        found = await self._collection.find_one({"_id": object_id(user_id)}, {"long_acts": 1})
        acts = read_long_acts(found.get("long_acts", ())) if found else ()
        return next((act for act in acts if act.id == act_id), None)

    async def delete(self, user_id: str, act_id: str) -> None:
        """Forget an act that was taken back."""
        await self._collection.update_one(
            {"_id": object_id(user_id)},
            {"$pull": {"long_acts": {"id": {"$eq": act_id}}}, "$inc": {"acts_changed": 1}},
        )

    async def _update(
        self, user_id: str, act_id: str, changes: Document, fits: Document, *, is_shown: bool = False
    ) -> bool:
        one = {"id": {"$eq": act_id}, **fits}
        change: Document = {"$set": {f"long_acts.$.{name}": value for name, value in changes.items()}}
        if is_shown:
            change["$inc"] = {"acts_changed": 1}
        query = {"_id": object_id(user_id), "long_acts": {"$elemMatch": one}}
        return (await self._collection.update_one(query, change)).matched_count == 1
