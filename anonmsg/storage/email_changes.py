"""The `email_changes` collection: new addresses that wait for their code, one a user."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from anonmsg.models import EmailChange
from anonmsg.storage.database import Database, object_id
from anonmsg.storage.encryption import EmailVault
from anonmsg.storage.failures import raises_unavailable


@raises_unavailable
class EmailChangeRepository:
    """Stores and finds changes of address. None of them holds an address against others."""

    def __init__(self, database: Database, emails: EmailVault) -> None:
        self._collection = database["email_changes"]
        self._emails = emails

    def _change(self, document: Mapping[str, Any]) -> EmailChange:
        return EmailChange(
            user_id=str(document["_id"]),
            email=self._emails.open(document["email"], document["email_hash"]),
            code_hash=document["code_hash"],
            attempts=document["attempts"],
            codes_sent=document["codes_sent"],
            sent_at=document["sent_at"],
            code_expires_at=document["code_expires_at"],
            expires_at=document["expires_at"],
        )

    async def get_by_user(self, user_id: str, now: datetime) -> EmailChange | None:
        """Return a user's live change."""
        document = await self._collection.find_one({"_id": object_id(user_id), "expires_at": {"$gt": now}})
        return self._change(document) if document else None

    async def update_code(
        self,
        user_id: str,
        email: str,
        code_hash: str,
        now: datetime,
        *,
        code_ttl: timedelta,
        change_ttl: timedelta,
        cooldown: timedelta,
        most: int,
    ) -> bool:
        """Let a new code wait for a user, if the cool-down is over and fewer than `most` were mailed; say whether.

        The address may be another one each time: what was mailed is counted for the user.
        """
        user = object_id(user_id)
        # What has run out may still lie here, because the database tidies only once a minute.
        await self._collection.delete_one({"_id": user, "expires_at": {"$lte": now}})
        change = {
            "$set": {
                "email_hash": self._emails.hash(email),
                "email": self._emails.seal(email),
                "code_hash": code_hash,
                "attempts": 0,
                "sent_at": now,
                "code_expires_at": now + code_ttl,
            },
            "$setOnInsert": {"expires_at": now + change_ttl},
            "$inc": {"codes_sent": 1},
        }
        query = {"_id": user, "sent_at": {"$lte": now - cooldown}, "codes_sent": {"$lt": most}}
        try:
            await self._collection.update_one(query, change, upsert=True)
        except DuplicateKeyError:  # there is one, and it does not fit the query
            return False
        return True

    async def restore(self, user_id: str, before: EmailChange | None, failed_code_hash: str) -> None:
        """Put back what was there, because the mail with the newer code could not be sent."""
        query = {"_id": object_id(user_id), "code_hash": failed_code_hash}
        if before is None:
            await self._collection.delete_one(query)
            return
        fields = {
            "email_hash": self._emails.hash(before.email),
            "email": self._emails.seal(before.email),
            "code_hash": before.code_hash,
            "attempts": before.attempts,
            "codes_sent": before.codes_sent,
            "sent_at": before.sent_at,
            "code_expires_at": before.code_expires_at,
        }
        await self._collection.update_one(query, {"$set": fields})

    async def count_attempt(self, user_id: str, now: datetime) -> EmailChange | None:
        """Count one try of the present code, then return the live change as it is with that try."""
        document = await self._collection.find_one_and_update(
            {"_id": object_id(user_id), "expires_at": {"$gt": now}},
            {"$inc": {"attempts": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return self._change(document) if document else None

    async def delete(self, user_id: str, code_hash: str) -> None:
        """Remove a user's change, unless it has another code by now."""
        await self._collection.delete_one({"_id": object_id(user_id), "code_hash": code_hash})
