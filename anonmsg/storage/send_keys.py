"""The `send_keys` collection: marks of messages that were sent with a key, for a day, so that none comes twice."""

from collections.abc import Sequence
from datetime import datetime

from pymongo.errors import DuplicateKeyError

from anonmsg.storage.database import Database, Document, object_id
from anonmsg.storage.failures import raises_unavailable


def sent_lately(mark: bytes, now: datetime) -> Sequence[Document]:
    """Return the part of a query that looks whether a mark is stored and not too old."""
    return [{"$match": {"_id": {"$eq": mark}, "expires_at": {"$gt": now}}}, {"$project": {"_id": 1}}]


@raises_unavailable
class SendKeyRepository:
    """Remembers which messages were sent. A mark is stored after its message, never before."""

    def __init__(self, database: Database) -> None:
        self._collection = database["send_keys"]

    async def add(self, mark: bytes, recipient_id: str, expires_at: datetime) -> None:
        """Remember a mark, also one whose time was over."""
        update = {"$set": {"recipient_id": object_id(recipient_id), "expires_at": expires_at}}
        try:
            await self._collection.update_one({"_id": mark}, update, upsert=True)
        except DuplicateKeyError:  # another try of the same message was quicker
            return
