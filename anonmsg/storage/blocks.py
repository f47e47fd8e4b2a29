"""Blocked senders, in the user's document: they ride on the read of a recipient, so that a send asks nothing more."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId

from anonmsg.errors import UserNotFound
from anonmsg.models import Block
from anonmsg.storage.data_keys import DataKeys
from anonmsg.storage.database import Database, object_id
from anonmsg.storage.encryption import CannotOpen, pad, unpad
from anonmsg.storage.failures import raises_unavailable

log = logging.getLogger(__name__)

MOST_BLOCKS = 200


def _place(user: ObjectId) -> bytes:
    return b"block:" + user.binary


@raises_unavailable
class BlockRepository:
    """Stores whom a recipient has blocked: pseudonyms, which are nobody's outside this inbox."""

    def __init__(self, database: Database, keys: DataKeys) -> None:
        self._collection = database["users"]
        self._keys = keys

    async def add(self, user_id: str, block: Block) -> bool:
        """Add a block; return False if there are too many.

        A sender may be blocked twice. To say so would tell that two messages came from the same browser.

        Raises:
            UserNotFound: If the user's key is gone.
        """
        user = object_id(user_id)
        if user is None:
            raise UserNotFound
        try:
            sealer = await self._keys.get(user)
        except CannotOpen:  # the account is being deleted
            raise UserNotFound from None
        sealed = sealer.seal(pad(block.excerpt.encode()), _place(user))
        document = {
            "id": block.id,
            "pseudonym": block.pseudonym,
            "excerpt": sealed,
            "blocked_at": block.blocked_at,
        }
        query = {"_id": user, f"blocks.{MOST_BLOCKS - 1}": {"$exists": False}}
        return (await self._collection.update_one(query, {"$push": {"blocks": document}})).matched_count == 1

    async def delete(self, user_id: str, block_id: str) -> Block | None:
        """Remove a block and return it; None if there is none."""
        user = object_id(user_id)
        query = {"_id": user, "blocks.id": {"$eq": block_id}}
        before = await self._collection.find_one_and_update(
            query, {"$pull": {"blocks": {"id": block_id}}}, {"blocks": 1}
        )
        blocks = await self._read(user, before["blocks"]) if before and user else []
        return next((block for block in blocks if block.id == block_id), None)

    async def list_blocks(self, user_id: str) -> list[Block]:
        """Return all blocks of a user, the newest first."""
        user = object_id(user_id)
        found = await self._collection.find_one({"_id": user}, {"blocks": 1})
        return (await self._read(user, found.get("blocks", ())))[::-1] if found and user else []

    async def _read(self, user: ObjectId, documents: Sequence[Mapping[str, Any]]) -> list[Block]:
        return [
            Block(one["id"], one["pseudonym"], await self._excerpt(user, one["excerpt"]), one["blocked_at"])
            for one in documents
        ]

    async def _excerpt(self, user: ObjectId, sealed: bytes) -> str:
        try:
            return unpad((await self._keys.get(user)).open(sealed, _place(user))).decode()
        except (CannotOpen, ValueError):
            log.warning("An excerpt of user %s can't be read.", user)
            return ""
