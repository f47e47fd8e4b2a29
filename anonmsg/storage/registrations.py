"""The `registrations` collection: sign-ups that wait for their code, each its own document."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument

from anonmsg.models import Registration
from anonmsg.rules import username_key
from anonmsg.storage.database import Database
from anonmsg.storage.encryption import EmailVault
from anonmsg.storage.failures import raises_unavailable


@raises_unavailable
class RegistrationRepository:
    """Stores and finds sign-ups. None of them holds a name or an address against others."""

    def __init__(self, database: Database, emails: EmailVault) -> None:
        self._collection = database["registrations"]
        self._emails = emails

    def _registration(self, document: Mapping[str, Any]) -> Registration:
        return Registration(
            id=document["_id"],
            username=document["username"],
            email=self._emails.open(document["email"], document["email_hash"]),
            password_hash=document["password_hash"],
            code_hash=document["code_hash"],
            attempts=document["attempts"],
            codes_sent=document["codes_sent"],
            sent_at=document["sent_at"],
            code_expires_at=document["code_expires_at"],
            expires_at=document["expires_at"],
        )

    async def add(self, registration: Registration) -> None:
        """Store a new sign-up."""
        await self._collection.insert_one(
            {
                "_id": registration.id,
                "username": registration.username,
                "username_key": username_key(registration.username),
                "email_hash": self._emails.hash(registration.email),
                "email": self._emails.seal(registration.email),
                "password_hash": registration.password_hash,
                "code_hash": registration.code_hash,
                "attempts": registration.attempts,
                "codes_sent": registration.codes_sent,
                "sent_at": registration.sent_at,
                "code_expires_at": registration.code_expires_at,
                "expires_at": registration.expires_at,
            }
        )

    async def get_by_id(self, registration_id: str, now: datetime) -> Registration | None:
        """Return a live sign-up."""
        document = await self._collection.find_one({"_id": {"$eq": registration_id}, "expires_at": {"$gt": now}})
        return self._registration(document) if document else None

    async def list_by_username(self, username: str, now: datetime, limit: int) -> list[Registration]:
        """Return the live sign-ups for a name, the newest first."""
        query = {"username_key": {"$eq": username_key(username)}, "expires_at": {"$gt": now}}
        documents = await self._collection.find(query).sort("sent_at", -1).limit(limit).to_list()
        return [self._registration(document) for document in documents]

    async def exists(self, identifier: str, now: datetime) -> bool:
        """Return whether a live sign-up has this name or address."""
        if "@" in identifier:
            query: dict[str, Any] = {"email_hash": {"$eq": self._emails.hash(identifier)}}
        else:
            query = {"username_key": {"$eq": username_key(identifier)}}
        return await self._collection.find_one({**query, "expires_at": {"$gt": now}}, {"_id": 1}) is not None

    async def count_attempt(self, registration_id: str, now: datetime) -> Registration | None:
        """Count one try of the present code, then return the live sign-up as it is with that try."""
        document = await self._collection.find_one_and_update(
            {"_id": {"$eq": registration_id}, "expires_at": {"$gt": now}},
            {"$inc": {"attempts": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return self._registration(document) if document else None

    async def uncount_attempt(self, registration: Registration) -> None:
        """Give a try back: the code was right, something else was not."""
        await self._collection.update_one(
            {"_id": registration.id, "code_hash": registration.code_hash}, {"$inc": {"attempts": -1}}
        )

    async def update_sent(
        self, registration_id: str, now: datetime, *, cooldown: timedelta, most: int
    ) -> Registration | None:
        """Count a code that is about to be mailed, and return the live sign-up as it was before.

        Until `update_code` puts the code in place the present one is compared, so that a mail that fails
        gives nobody a try. None if the cool-down is not over, or `most` were mailed, or there is no such sign-up.
        """
        document = await self._collection.find_one_and_update(
            {
                "_id": {"$eq": registration_id},
                "expires_at": {"$gt": now},
                "sent_at": {"$lte": now - cooldown},
                "codes_sent": {"$lt": most},
            },
            {"$set": {"sent_at": now}, "$inc": {"codes_sent": 1}},
        )
        return self._registration(document) if document else None

    async def update_code(self, registration_id: str, code_hash: str, sent_at: datetime, code_ttl: timedelta) -> None:
        """Replace the code by the one that was mailed, unless a later one is on its way."""
        await self._collection.update_one(
            {"_id": {"$eq": registration_id}, "sent_at": sent_at},
            {"$set": {"code_hash": code_hash, "attempts": 0, "code_expires_at": sent_at + code_ttl}},
        )

    async def restore_sent(self, before: Registration, sent_at: datetime) -> None:
        """Take back what `update_sent` counted, because the mail could not be sent; tries stay counted."""
        latest = {"$eq": ["$sent_at", sent_at]}
        taken_back = {
            "codes_sent": {"$subtract": ["$codes_sent", 1]},
            "sent_at": {"$cond": [latest, before.sent_at, "$sent_at"]},
        }
        await self._collection.update_one({"_id": before.id}, [{"$set": taken_back}])

    async def delete(self, registration_id: str) -> None:
        """Remove a sign-up."""
        await self._collection.delete_one({"_id": registration_id})
