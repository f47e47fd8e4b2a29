"""The `resets` collection: mailed links to choose a new password. Only hashes of their secrets are here."""

from datetime import datetime

from bson import ObjectId

from anonmsg.models import Reset
from anonmsg.storage.database import Database, object_id
from anonmsg.storage.failures import raises_unavailable


@raises_unavailable
class ResetRepository:
    """Stores, finds and takes away the permissions to choose a new password."""

    def __init__(self, database: Database) -> None:
        self._collection = database["resets"]

    async def add(self, reset: Reset) -> None:
        """Store a new permission."""
        await self._collection.insert_one(
            {
                "_id": reset.id,
                "user_id": ObjectId(reset.user_id),
                "created_at": reset.created_at,
                "expires_at": reset.expires_at,
            }
        )

    async def get_user_id(self, reset_id: str, now: datetime) -> str | None:
        """Return whose password a live permission is for; nothing changes."""
        query = {"_id": {"$eq": reset_id}, "expires_at": {"$gt": now}}
        document = await self._collection.find_one(query, {"user_id": 1})
        return str(document["user_id"]) if document else None

    async def delete_live(self, reset_id: str, now: datetime) -> bool:
        """Use up a live permission; of several who try, one is told that it was there."""
        query = {"_id": {"$eq": reset_id}, "expires_at": {"$gt": now}}
        return await self._collection.find_one_and_delete(query, {"_id": 1}) is not None

    async def delete(self, reset_id: str) -> None:
        """Remove a permission, because its link reached nobody."""
        await self._collection.delete_one({"_id": reset_id})

    async def delete_older(self, reset: Reset) -> None:
        """Remove the same user's permissions that were asked for before this one; a tie is decided by the id."""
        older = [
            {"created_at": {"$lt": reset.created_at}},
            {"created_at": reset.created_at, "_id": {"$lt": reset.id}},
        ]
        await self._collection.delete_many({"user_id": object_id(reset.user_id), "$or": older})

    async def delete_all(self, user_id: str) -> None:
        """Remove all permissions of a user, because the password or the address is another now."""
        await self._collection.delete_many({"user_id": object_id(user_id)})
