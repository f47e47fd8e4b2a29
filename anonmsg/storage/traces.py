"""Everything that belongs to one user, in whichever collection: for forgetting all of it."""

import asyncio
import time

import pymongo

from anonmsg.storage.database import Database, object_id
from anonmsg.storage.failures import raises_unavailable

OWNED_BY: dict[str, str] = {
    "sessions": "user_id",
    "email_changes": "_id",
    "resets": "user_id",
    "send_keys": "recipient_id",
    "sender_tags": "recipient_id",
    "burst_tags": "recipient_id",
}
"""Collections with a few documents a user, and the field that names the user. `keys` and `users` go one by one."""

BATCH = 500
BATCH_SECONDS = 30


@raises_unavailable
class TraceRepository:
    """Deletes what belongs to a user."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def delete_small(self, user_id: str) -> None:
        """Delete everything but messages, key and user."""
        user = object_id(user_id)
        await asyncio.gather(*(self._database[name].delete_many({key: user}) for name, key in OWNED_BY.items()))

    async def delete_messages(self, user_id: str) -> None:
        """Delete all messages, some at a time, resting as long as each took: others want the database too."""
        collection, recipient = self._database["messages"], object_id(user_id)
        while True:
            started = time.monotonic()
            with pymongo.timeout(BATCH_SECONDS):
                found = await collection.find({"recipient_id": recipient}, {"_id": 1}).limit(BATCH).to_list()
                if not found:
                    return
                ids = [document["_id"] for document in found]
                await collection.delete_many({"_id": {"$in": ids}, "recipient_id": recipient})
            await asyncio.sleep(time.monotonic() - started)
