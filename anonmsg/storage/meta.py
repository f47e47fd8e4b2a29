"""The `meta` collection: one document that tells whether the master key belongs to this data."""

import hmac

from pymongo.errors import DuplicateKeyError

from anonmsg.storage.database import Database
from anonmsg.storage.failures import raises_unavailable

CHECK = "master key check"


@raises_unavailable
class Meta:
    """What the database knows about itself."""

    def __init__(self, database: Database) -> None:
        self._collection = database["meta"]

    async def has_master_key(self) -> bool:
        """Return whether some master key has been used with this data."""
        return await self._collection.find_one({"_id": CHECK}, {"_id": 1}) is not None

    async def accepts_master_key(self, check_value: bytes) -> bool:
        """Return whether the data belong to the key with `check_value`; new data take to any key."""
        try:
            await self._collection.insert_one({"_id": CHECK, "value": check_value})
        except DuplicateKeyError:
            stored = await self._collection.find_one({"_id": CHECK}, {"value": 1})
            return stored is not None and hmac.compare_digest(bytes(stored["value"]), check_value)
        return True
