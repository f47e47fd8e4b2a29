"""The `keys` collection: one data key a recipient, wrapped by the master key.

Deleting a recipient's key makes every message of theirs unreadable at once, also in backups that
do not hold this collection (NIST SP 800-88, cryptographic erase).
"""

import asyncio
import time
from collections import OrderedDict
from datetime import timedelta

from bson import ObjectId

from anonmsg.storage.database import Database
from anonmsg.storage.encryption import CannotOpen, Sealer, new_key
from anonmsg.storage.failures import raises_unavailable

CACHE_TTL = timedelta(seconds=60)
CACHE_SIZE = 10_000


@raises_unavailable
class DataKeys:
    """Makes, loads and destroys data keys; keeps loaded ones for at most a minute."""

    def __init__(self, database: Database, wrapping_key: bytes) -> None:
        self._collection = database["keys"]
        self._wrapper = Sealer(wrapping_key)
        self._cache: OrderedDict[ObjectId, tuple[float, Sealer]] = OrderedDict()
        self._loading: dict[ObjectId, asyncio.Task[Sealer]] = {}

    async def add(self, user_id: ObjectId) -> None:
        """Make the key of a new user."""
        wrapped = self._wrapper.seal(new_key(), user_id.binary)
        await self._collection.insert_one({"_id": user_id, "wrapped": wrapped})

    async def delete(self, user_id: ObjectId) -> None:
        """Destroy a user's key."""
        self._cache.pop(user_id, None)
        await self._collection.delete_one({"_id": user_id})

    async def get(self, user_id: ObjectId) -> Sealer:
        """Return what seals and opens this user's messages; many callers at once cause one read.

        Raises:
            CannotOpen: If there is no such key, or the master key is another.
        """
        cached = self._cache.get(user_id)
        if cached and time.monotonic() - cached[0] < CACHE_TTL.total_seconds():
            self._cache.move_to_end(user_id)
            return cached[1]
        task = self._loading.get(user_id)
        if task is None:
            task = self._loading[user_id] = asyncio.create_task(self._load(user_id))
            task.add_done_callback(lambda done: self._loaded(user_id, done))
        return await asyncio.shield(task)

    def _loaded(self, user_id: ObjectId, task: asyncio.Task[Sealer]) -> None:
        self._loading.pop(user_id, None)
        if not task.cancelled():
            task.exception()  # looked at, or asyncio complains when nobody waits any more

    async def _load(self, user_id: ObjectId) -> Sealer:
        asked_at = time.monotonic()  # not later: what comes is as old as the question
        document = await self._collection.find_one({"_id": user_id}, {"wrapped": 1})
        if document is None:
            self._cache.pop(user_id, None)
            raise CannotOpen
        sealer = Sealer(self._wrapper.open(document["wrapped"], user_id.binary))
        self._cache[user_id] = (asked_at, sealer)
        self._cache.move_to_end(user_id)
        if len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)
        return sealer
