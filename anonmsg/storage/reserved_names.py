"""The `reserved_names` collection: names of deleted accounts, which nobody may take for a while. Nothing else."""

from datetime import datetime

from anonmsg.rules import username_key
from anonmsg.storage.database import Database
from anonmsg.storage.failures import raises_unavailable


@raises_unavailable
class ReservedNameRepository:
    """Keeps names from being taken by somebody who is mistaken for their former owner."""

    def __init__(self, database: Database) -> None:
        self._collection = database["reserved_names"]

    async def add(self, username: str, expires_at: datetime) -> None:
        """Reserve a name until a moment; doing it twice is no harm."""
        change = {"$max": {"expires_at": expires_at}}
        await self._collection.update_one({"_id": username_key(username)}, change, upsert=True)
