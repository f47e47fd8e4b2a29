"""Tags: the only traces of senders, a mark of a message that is good for one inbox and forgets itself.

Neither tag says anything without keys that are not stored beside it: a pseudonym is a hash under the recipient's
data key of what the sender's browser made up, a burst tag a hash under a key that exists in memory for a day.
"""

import asyncio
from datetime import datetime, timedelta

from bson import ObjectId

from anonmsg.storage.data_keys import DataKeys
from anonmsg.storage.database import Database, object_id
from anonmsg.storage.encryption import CannotOpen
from anonmsg.storage.failures import raises_unavailable

PSEUDONYM_TTL = timedelta(days=30)
BURST_TTL = timedelta(days=1)
MOST_OF_A_BURST = 5000


@raises_unavailable
class TagRepository:
    """Stores tags by the message they belong to, and finds the messages of one burst."""

    def __init__(self, database: Database, keys: DataKeys) -> None:
        self._pseudonyms = database["sender_tags"]
        self._bursts = database["burst_tags"]
        self._keys = keys

    async def pseudonym(self, recipient_id: str, mark: str) -> bytes:
        """Return what a browser's mark is for one recipient, b"" if the recipient is leaving; nothing is stored."""
        try:
            return (await self._keys.get(ObjectId(recipient_id))).digest(b"sender pseudonym", mark.encode())
        except CannotOpen:
            return b""

    async def add(self, message_id: str, recipient_id: str, pseudonym: bytes, burst: bytes, now: datetime) -> None:
        """Store the tags of a message; b"" stands for none."""
        own = {"_id": ObjectId(message_id), "recipient_id": ObjectId(recipient_id)}
        burst_tag = {**own, "tag": burst, "created_at": now, "expires_at": now + BURST_TTL}
        writes = [self._bursts.update_one({"_id": own["_id"]}, {"$setOnInsert": burst_tag}, upsert=True)]
        if pseudonym:
            sender_tag = {**own, "pseudonym": pseudonym, "expires_at": now + PSEUDONYM_TTL}
            writes.append(self._pseudonyms.update_one({"_id": own["_id"]}, {"$setOnInsert": sender_tag}, upsert=True))
        await asyncio.gather(*writes)

    async def get_pseudonym(self, recipient_id: str, message_id: str, now: datetime) -> bytes:
        """Return the pseudonym of a message's sender, b"" if none is known any more."""
        query = {"_id": object_id(message_id), "recipient_id": object_id(recipient_id), "expires_at": {"$gt": now}}
        found = await self._pseudonyms.find_one(query, {"pseudonym": 1})
        return found["pseudonym"] if found else b""

    async def list_burst(self, recipient_id: str, message_id: str, now: datetime) -> list[tuple[datetime, str]]:
        """Return times and ids of all messages that came with this one from the same place within a day."""
        recipient = object_id(recipient_id)
        one = await self._bursts.find_one(
            {"_id": object_id(message_id), "recipient_id": recipient, "expires_at": {"$gt": now}}, {"tag": 1}
        )
        if one is None:
            return []
        query = {"recipient_id": recipient, "tag": one["tag"], "created_at": {"$gt": now - BURST_TTL}}
        found = self._bursts.find(query, {"created_at": 1}, hint="burst").sort("created_at", 1)
        return [(tag["created_at"], str(tag["_id"])) async for tag in found.limit(MOST_OF_A_BURST)]
