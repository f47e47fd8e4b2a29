"""The `sessions` collection: which browsers are signed in. Only hashes of their secrets are here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import DESCENDING

from anonmsg.models import Session
from anonmsg.storage.batches import GroupRead
from anonmsg.storage.database import Database, Document, object_id
from anonmsg.storage.failures import raises_unavailable

SESSION_FIELDS = {
    "user_id": 1, "username": 1, "created_at": 1, "last_seen_at": 1, "expires_at": 1, "device": 1,
    "confirmed_at": 1, "replaces": 1,
}  # fmt: skip

Key = tuple[str, ObjectId | None]


def _session(document: Mapping[str, Any]) -> Session:
    return Session(
        id=document["_id"],
        user_id=str(document["user_id"]),
        username=document["username"],
        created_at=document["created_at"],
        last_seen_at=document["last_seen_at"],
        expires_at=document["expires_at"],
        device=document["device"],
        confirmed_at=document.get("confirmed_at"),
        replaces=document.get("replaces", ""),
    )


@raises_unavailable
class SessionRepository:
    """Stores and finds sessions."""

    def __init__(self, database: Database) -> None:
        self._collection = database["sessions"]
        self._claimed = GroupRead(self._find_claimed)

    async def add(self, session: Session, ticket_hash: str = "") -> None:
        """Store a session. With a ticket it is no use until the ticket was exchanged, and expires when that does."""
        document = {
            "_id": session.id,
            "user_id": object_id(session.user_id),
            "username": session.username,
            "created_at": session.created_at,
            "last_seen_at": session.last_seen_at,
            "expires_at": session.expires_at,
            "device": session.device,
        }
        if ticket_hash:
            document["ticket_hash"] = ticket_hash
        if session.replaces:
            document["replaces"] = session.replaces
        await self._collection.insert_one(document)

    async def update_claimed(
        self, ticket_hash: str, session_id: str, now: datetime, expires_at: datetime
    ) -> Session | None:
        """Exchange a ticket for the session that waits for it; a second time finds nothing.

        The session gets its final id and expiry now: the secret behind it has never been in the page.
        """
        alive = {"ticket_hash": {"$eq": ticket_hash}, "expires_at": {"$gt": now}}
        waiting = await self._collection.find_one(alive, SESSION_FIELDS)
        if waiting is None:
            return None
        claimed = {**waiting, "_id": session_id, "expires_at": expires_at}
        await self._collection.insert_one(claimed)
        # Taking the ticket comes last and decides: whoever ends all sessions meanwhile ends one of the two, or both.
        if await self._collection.find_one_and_delete(alive, {"_id": 1}) is None:
            await self._collection.delete_one({"_id": session_id})
            return None
        return _session(claimed)

    async def get_by_id(self, session_id: str, user_id: str, now: datetime) -> Session | None:
        """Return a user's session that is claimed and not yet expired."""
        document = await self._claimed.get((session_id, object_id(user_id)))
        return _session(document) if document and document["expires_at"] > now else None

    async def _find_claimed(self, keys: Sequence[Key]) -> dict[Key, Document]:
        each = [{"_id": {"$eq": session_id}, "user_id": user_id} for session_id, user_id in keys]
        found = self._collection.find({"$or": each, "ticket_hash": {"$exists": False}}, SESSION_FIELDS)
        return {(one["_id"], one["user_id"]): one async for one in found}

    async def list_by_user(self, user_id: str, now: datetime, seen_after: datetime, limit: int) -> list[Session]:
        """Return a user's sessions that are alive, the last seen first."""
        query = {
            "user_id": object_id(user_id),
            "ticket_hash": {"$exists": False},
            "expires_at": {"$gt": now},
            "last_seen_at": {"$gt": seen_after},
        }
        found = self._collection.find(query, SESSION_FIELDS).sort("last_seen_at", DESCENDING).limit(limit)
        return [_session(document) for document in await found.to_list()]

    async def update_last_seen(self, session_id: str, now: datetime) -> None:
        """Note that the session was used."""
        await self._collection.update_one({"_id": session_id}, {"$set": {"last_seen_at": now}})

    async def update_confirmed(self, session_id: str, user_id: str, now: datetime, until: datetime) -> None:
        """Note that the password was typed in a user's session that goes on beyond `until`."""
        query = {"_id": {"$eq": session_id}, "user_id": object_id(user_id), "expires_at": {"$gt": until}}
        await self._collection.update_one(query, {"$set": {"confirmed_at": now}})

    async def update_ending(self, session_id: str, user_id: str, expires_at: datetime) -> bool:
        """Let one of a user's sessions end at a moment, if nobody ends it before; return False if there is none."""
        query = {"_id": {"$eq": session_id}, "user_id": object_id(user_id)}
        change = {"$set": {"expires_at": expires_at}, "$unset": {"confirmed_at": ""}}
        return (await self._collection.update_one(query, change)).matched_count == 1

    async def update_replacing(self, session: Session) -> None:
        """End the session that another one of the same user replaces, now that this one is used."""
        await self.delete(session.replaces, session.user_id)
        await self._collection.update_one({"_id": session.id}, {"$unset": {"replaces": ""}})

    async def delete(self, session_id: str, user_id: str) -> bool:
        """End one of a user's sessions; return False if there is none."""
        result = await self._collection.delete_one({"_id": {"$eq": session_id}, "user_id": object_id(user_id)})
        return result.deleted_count == 1

    async def delete_all(self, user_id: str, keep: str = "") -> None:
        """End all of a user's sessions, but for the one with the id `keep`."""
        await self._collection.delete_many({"user_id": object_id(user_id), "_id": {"$ne": keep}})
