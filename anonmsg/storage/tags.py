"""Tags: the only traces of senders, a mark of a message that is good for one inbox and forgets itself.

Neither tag says anything without keys that are not stored beside it: a pseudonym is a hash under the recipient's
data key of what the sender's browser made up, a burst tag a hash under a key that exists in memory for little more
than a day.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from bson.errors import InvalidId
from pymongo.errors import BulkWriteError

from anonmsg.models import Tag
from anonmsg.storage.data_keys import DataKeys
from anonmsg.storage.database import Collection, Database, Document, object_id
from anonmsg.storage.encryption import CannotOpen
from anonmsg.storage.failures import raises_unavailable

BATCH = 500
PSEUDONYM_TTL = timedelta(days=30)
BURST_TTL = timedelta(days=1)
MOST_OF_A_BURST = 5000


async def _insert(collection: Collection, documents: Sequence[Document]) -> None:
    if documents:
        with contextlib.suppress(BulkWriteError):  # nothing but that some are there already
            await collection.insert_many(documents, ordered=False)


@raises_unavailable
class TagRepository:
    """Stores tags by the message they belong to, and finds the messages of one burst."""

    def __init__(self, database: Database, keys: DataKeys) -> None:
        self._pseudonyms = database["sender_tags"]
        self._bursts = database["burst_tags"]
        self._messages = database["messages"]
        self._keys = keys

    @property
    def _collections(self) -> tuple[Collection, Collection]:
        return self._pseudonyms, self._bursts

    async def pseudonym(self, recipient_id: str, mark: str) -> bytes:
        """Return what a browser's mark is for one recipient, b"" if the recipient is leaving; nothing is stored."""
        try:
            return (await self._keys.get(ObjectId(recipient_id))).digest(b"sender pseudonym", mark.encode())
        except (CannotOpen, InvalidId):
            return b""

    async def add_many(self, tags: Sequence[Tag]) -> None:
        """Store tags; those of a message that was sent twice stay as they are."""
        own = {tag: {"_id": ObjectId(tag.message_id), "recipient_id": ObjectId(tag.recipient_id)} for tag in tags}
        bursts = [
            {**own[tag], "tag": tag.bursts, "created_at": tag.created_at, "expires_at": tag.created_at + BURST_TTL}
            for tag in tags
        ]
        senders = [
            {**own[tag], "pseudonym": tag.pseudonym, "expires_at": tag.created_at + PSEUDONYM_TTL}
            for tag in tags
            if tag.pseudonym
        ]
        await asyncio.gather(_insert(self._bursts, bursts), _insert(self._pseudonyms, senders))

    async def get_pseudonym(self, recipient_id: str, message_id: str, now: datetime) -> bytes:
        """Return the pseudonym of a message's sender, b"" if none is known any more."""
        query = {"_id": object_id(message_id), "recipient_id": object_id(recipient_id), "expires_at": {"$gt": now}}
        found = await self._pseudonyms.find_one(query, {"pseudonym": 1})
        return found["pseudonym"] if found else b""

    async def delete_orphans(self, after: str) -> str:
        """Forget the tags of some messages that are gone, in the order of ids; return where to go on, "" at the end."""
        query: Document = {"_id": {"$gt": ObjectId(after)}} if after else {}
        finds = (tags.find(query, {"_id": 1}).sort("_id", 1).limit(BATCH).to_list() for tags in self._collections)
        found = [[tag["_id"] for tag in some] for some in await asyncio.gather(*finds)]
        # As far as the shorter part reaches: what comes later is looked at next time.
        end = min((ids[-1] for ids in found if len(ids) == BATCH), default=None)
        looked_at = {one for ids in found for one in ids if end is None or one <= end}
        here = await self._messages.find({"_id": {"$in": list(looked_at)}}, {"_id": 1}).to_list()
        gone = looked_at - {message["_id"] for message in here}
        if gone:
            await asyncio.gather(*(tags.delete_many({"_id": {"$in": list(gone)}}) for tags in self._collections))
        return str(end) if end else ""

    async def list_burst(self, recipient_id: str, message_id: str, now: datetime) -> list[tuple[datetime, str]]:
        """Return times and ids of the messages that came from the same place as this one within a day, in order.

        Of more than `MOST_OF_A_BURST` those are the newest.
        """
        recipient = object_id(recipient_id)
        one = await self._bursts.find_one(
            {"_id": object_id(message_id), "recipient_id": recipient, "expires_at": {"$gt": now}}, {"tag": 1}
        )
        if one is None:
            return []
        stored: Any = one["tag"]
        own = [stored] if isinstance(stored, bytes) else stored  # it was a single one until lately
        query: Document = {"recipient_id": recipient, "tag": {"$in": own}, "created_at": {"$gt": now - BURST_TTL}}
        found = self._bursts.find(query, {"created_at": 1}, hint="burst").sort("created_at", -1)
        newest = await found.limit(MOST_OF_A_BURST).batch_size(BATCH).to_list()  # all at once would hold others up
        return [(tag["created_at"], str(tag["_id"])) for tag in reversed(newest)]
