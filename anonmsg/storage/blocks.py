"""Blocked senders, in the user's document: they ride on the read of a recipient, so that a send asks nothing more."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from anonmsg.errors import UserNotFound
from anonmsg.models import BLOCK_TTL, Block
from anonmsg.storage.data_keys import DataKeys
from anonmsg.storage.database import Database, Document, object_id
from anonmsg.storage.encryption import CannotOpen, pad, unpad
from anonmsg.storage.failures import raises_unavailable

log = logging.getLogger(__name__)

MOST_BLOCKS = 200
BATCH = 500


def read_blocked(documents: Iterable[Mapping[str, Any]]) -> dict[bytes, datetime]:
    """Return the pseudonyms in a user's document, and when each was blocked the last time."""
    blocked = dict[bytes, datetime]()
    for one in documents:
        pseudonym: bytes = one["pseudonym"]
        blocked[pseudonym] = max(one["blocked_at"], blocked.get(pseudonym, one["blocked_at"]))
    return blocked


def _place(user: ObjectId) -> bytes:
    return b"block:" + user.binary


@raises_unavailable
class BlockRepository:
    """Stores whom a recipient has blocked: pseudonyms, which are nobody's outside this inbox."""

    def __init__(self, database: Database, keys: DataKeys) -> None:
        self._collection = database["users"]
        self._keys = keys

    async def add(self, user_id: str, block: Block, now: datetime) -> bool:
        """Add a block in place of those that are over; return False if there are too many.

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
        so_far: Document = {"$ifNull": ["$blocks", []]}
        hold: Document = {
            "$filter": {"input": so_far, "as": "one", "cond": {"$gt": ["$$one.blocked_at", now - BLOCK_TTL]}}
        }
        added = {"$concatArrays": [hold, [{"$literal": document}]]}
        is_full = {"$gte": [{"$size": hold}, MOST_BLOCKS]}
        stored = await self._collection.find_one_and_update(
            {"_id": user},
            [{"$set": {"blocks": {"$cond": [is_full, hold, added]}}}],
            {"blocks.id": 1},
            return_document=ReturnDocument.AFTER,
        )
        return stored is not None and any(one["id"] == block.id for one in stored["blocks"])

    async def delete(self, user_id: str, block_id: str) -> Block | None:
        """Remove a block and return it; None if there is none."""
        user = object_id(user_id)
        query = {"_id": user, "blocks.id": {"$eq": block_id}}
        before = await self._collection.find_one_and_update(
            query, {"$pull": {"blocks": {"id": block_id}}}, {"blocks": 1}
        )
        blocks = await self._read(user, before["blocks"]) if before and user else []
        return next((block for block in blocks if block.id == block_id), None)

    async def list_blocks(self, user_id: str, now: datetime) -> list[Block]:
        """Return all blocks of a user that hold, the newest first."""
        user = object_id(user_id)
        found = await self._collection.find_one({"_id": user}, {"blocks": 1})
        blocks = await self._read(user, found.get("blocks", ())) if found and user else []
        return [block for block in reversed(blocks) if now - block.blocked_at < BLOCK_TTL]

    async def delete_over(self, now: datetime) -> int:
        """Remove the blocks of some users that are over; return of how many. Call it again until there are none."""
        over = {"blocked_at": {"$lte": now - BLOCK_TTL}}
        query = {"blocks.blocked_at": over["blocked_at"]}
        found = await self._collection.find(query, {"_id": 1}, hint="blocks").limit(BATCH).to_list()
        if found:
            users = {"_id": {"$in": [one["_id"] for one in found]}}
            await self._collection.update_many(users, {"$pull": {"blocks": over}})
        return len(found)

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
