"""The `email_changes` collection: new addresses that wait for their code, one a user."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from anonmsg.models import EmailChange
from anonmsg.storage.database import Database, Document, object_id
from anonmsg.storage.encryption import EmailVault
from anonmsg.storage.failures import raises_unavailable

WAITS: Document = {"code_hash": {"$exists": True}}
"""Part of each query for a change: where no code was mailed yet there is none."""


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
        document = await self._collection.find_one({"_id": object_id(user_id), "expires_at": {"$gt": now}, **WAITS})
        return self._change(document) if document else None

    async def update_sent(
        self, user_id: str, now: datetime, *, change_ttl: timedelta, cooldown: timedelta, most: int
    ) -> bool:
        """Count a code that is about to be mailed, if the cool-down is over and fewer than `most` were; say whether.

        Until `update_code` puts the code in place the present one, if any, is compared, so that a mail that fails
        gives nobody a try. The address may be another one each time: what was mailed is counted for the user.
        """
        user = object_id(user_id)
        # What has run out may still lie here, because the database tidies only once a minute.
        await self._collection.delete_one({"_id": user, "expires_at": {"$lte": now}})
        counted = {
            "sent_before": "$sent_at",
            "sent_at": now,
            "codes_sent": {"$add": [{"$ifNull": ["$codes_sent", 0]}, 1]},
            "expires_at": {"$ifNull": ["$expires_at", now + change_ttl]},
        }
        query = {"_id": user, "sent_at": {"$lte": now - cooldown}, "codes_sent": {"$lt": most}}
        try:
            await self._collection.update_one(query, [{"$set": counted}], upsert=True)
        except DuplicateKeyError:  # there is one, and it does not fit the query
            return False
        return True

    async def update_code(
        self, user_id: str, email: str, code_hash: str, sent_at: datetime, code_ttl: timedelta
    ) -> None:
        """Let the code that was mailed wait for a user, unless a later one is on its way."""
        change = {
            "email_hash": self._emails.hash(email),
            "email": self._emails.seal(email),
            "code_hash": code_hash,
            "attempts": 0,
            "code_expires_at": sent_at + code_ttl,
        }
        query = {"_id": object_id(user_id), "sent_at": sent_at}
        await self._collection.update_one(query, {"$set": change, "$unset": {"sent_before": ""}})

    async def restore_sent(self, user_id: str, sent_at: datetime) -> None:
        """Take back what `update_sent` counted, because the mail could not be sent; tries stay counted."""
        user = object_id(user_id)
        only_this = {"codes_sent": 1, "sent_at": sent_at, "code_hash": {"$exists": False}}
        deleted = await self._collection.delete_one({"_id": user, **only_this})
        if deleted.deleted_count:  # what is there from now on counts another mail
            return
        latest = {"$eq": ["$sent_at", sent_at]}
        taken_back = {
            "codes_sent": {"$subtract": ["$codes_sent", 1]},
            "sent_at": {"$cond": [latest, "$sent_before", "$sent_at"]},
        }
        await self._collection.update_one({"_id": user}, [{"$set": taken_back}])

    async def count_attempt(self, user_id: str, now: datetime) -> EmailChange | None:
        """Count one try of the present code, then return the live change as it is with that try."""
        document = await self._collection.find_one_and_update(
            {"_id": object_id(user_id), "expires_at": {"$gt": now}, **WAITS},
            {"$inc": {"attempts": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return self._change(document) if document else None

    async def delete(self, user_id: str, code_hash: str) -> None:
        """Remove a user's change, unless it has another code by now."""
        await self._collection.delete_one({"_id": object_id(user_id), "code_hash": code_hash})
