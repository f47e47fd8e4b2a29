"""The `messages` collection: sealed contents, paged by cursor, deleted softly and tidied later."""

import base64
import binascii
import logging
import struct
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pymongo
from bson import ObjectId
from pymongo import DESCENDING

from anonmsg.errors import UserNotFound
from anonmsg.models import FOLDERS, Folder, Message, MessagePage
from anonmsg.storage.data_keys import DataKeys
from anonmsg.storage.database import Database, object_id
from anonmsg.storage.encryption import CannotOpen, Sealer, pad, unpad
from anonmsg.storage.failures import raises_unavailable

log = logging.getLogger(__name__)

MESSAGE_FIELDS = {"recipient_id": 1, "content": 1, "created_at": 1, "read_at": 1, "folder": 1}
NEWEST_FIRST = [("created_at", DESCENDING), ("_id", DESCENDING)]
NULL = {"$type": "null"}
"""In the index one value, where None would be two (null and the former "undefined") and cost order."""

LARGE_WRITE_SECONDS = 60
BATCH = 100
"""Decrypting so many takes a few milliseconds, in which nobody else is served."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CURSOR = struct.Struct(">q12s")


def encode_cursor(created_at: datetime, message_id: ObjectId) -> str:
    """Return a text that marks the place just after a message."""
    milliseconds = (created_at - EPOCH) // timedelta(milliseconds=1)
    return base64.urlsafe_b64encode(CURSOR.pack(milliseconds, message_id.binary)).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[datetime, ObjectId] | None:
    """Return the place that a cursor marks, or None if it marks none."""
    try:
        milliseconds, binary = CURSOR.unpack(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return EPOCH + timedelta(milliseconds=milliseconds), ObjectId(binary)
    except (binascii.Error, struct.error, ValueError, OverflowError):
        return None


def _place(recipient_id: ObjectId, message_id: ObjectId) -> bytes:
    return b"message:" + recipient_id.binary + message_id.binary


def _document(
    sealer: Sealer, recipient: ObjectId, message_id: ObjectId, content: str, created_at: datetime, folder: Folder
) -> dict[str, Any]:
    return {
        "_id": message_id,
        "recipient_id": recipient,
        "content": sealer.seal(pad(content.encode()), _place(recipient, message_id)),
        "created_at": created_at,
        "read_at": None,
        "deleted_at": None,
        "folder": folder,
    }


@raises_unavailable
class MessageRepository:
    """Stores and finds messages. Every query carries the recipient's id."""

    def __init__(self, database: Database, keys: DataKeys) -> None:
        self._collection = database["messages"]
        self._keys = keys

    async def add(self, recipient_id: str, content: str, created_at: datetime, folder: Folder = "inbox") -> Message:
        """Store a message; when this returns, a majority of the database has it on disk.

        Raises:
            UserNotFound: If the recipient's key is gone, which is how deleting an account begins.
        """
        recipient, message_id = ObjectId(recipient_id), ObjectId()
        try:
            sealer = await self._keys.get(recipient)
        except CannotOpen:
            raise UserNotFound from None
        await self._collection.insert_one(_document(sealer, recipient, message_id, content, created_at, folder))
        return Message(str(message_id), recipient_id, content, created_at, folder=folder)

    async def add_many(self, recipient_id: str, messages: Iterable[tuple[str, datetime]]) -> None:
        """Store contents with their times in one write, which may take as long as a large one does.

        Raises:
            UserNotFound: If the recipient's key is gone.
        """
        recipient = ObjectId(recipient_id)
        try:
            sealer = await self._keys.get(recipient)
        except CannotOpen:
            raise UserNotFound from None
        documents = [
            _document(sealer, recipient, ObjectId(), content, created_at, "inbox") for content, created_at in messages
        ]
        with pymongo.timeout(LARGE_WRITE_SECONDS):
            await self._collection.insert_many(documents, ordered=False)

    async def list_page(self, recipient_id: str, cursor: str, limit: int, folder: Folder = "inbox") -> MessagePage:
        """Return up to `limit` messages of a folder after `cursor`, the newest first; a bad cursor means none."""
        query: dict[str, Any] = {"recipient_id": object_id(recipient_id), "deleted_at": NULL, "folder": folder}
        if cursor:
            place = decode_cursor(cursor)
            if place is None:
                return MessagePage((), "")
            created_at, message_id = place
            # Two whole branches, each one range of the index, which MongoDB merges in order: it reads what it
            # returns and no more, however many messages came later or share a moment.
            same_moment = {**query, "created_at": created_at, "_id": {"$lt": message_id}}
            query = {"$or": [same_moment, {**query, "created_at": {"$lt": created_at}}]}
        found = self._collection.find(query, MESSAGE_FIELDS, hint="folder")
        documents = await found.sort(NEWEST_FIRST).limit(limit + 1).to_list()
        messages = [await self.open(document) for document in documents[:limit]]
        more = len(documents) > limit
        last = documents[limit - 1] if more else None
        return MessagePage(tuple(messages), encode_cursor(last["created_at"], last["_id"]) if last else "")

    async def iterate(self, recipient_id: str) -> AsyncGenerator[Sequence[Message]]:
        """Yield all messages of a recipient, a folder after the other, the newest first, some at a time.

        Each part is a question of its own, so that no cursor is open while somebody's network is slow.
        """
        for folder in FOLDERS:
            cursor, more = "", True
            while more:
                page = await self.list_page(recipient_id, cursor, BATCH, folder)
                cursor, more = page.next_cursor, bool(page.next_cursor)
                if page.messages:
                    yield page.messages

    async def update_deleted(self, message_id: str, recipient_id: str, deleted_at: datetime) -> bool:
        """Delete a recipient's message softly; return False if there is none to delete."""
        result = await self._collection.update_one(
            {"_id": object_id(message_id), "recipient_id": object_id(recipient_id), "deleted_at": None},
            {"$set": {"deleted_at": deleted_at}},
        )
        return result.modified_count == 1

    async def update_undeleted(self, message_id: str, recipient_id: str, deleted_after: datetime) -> Message | None:
        """Bring back a message that was deleted after a moment; None if there is none."""
        document = await self._collection.find_one_and_update(
            {
                "_id": object_id(message_id),
                "recipient_id": object_id(recipient_id),
                "deleted_at": {"$gt": deleted_after},
            },
            {"$set": {"deleted_at": None}},
            MESSAGE_FIELDS,
        )
        return await self.open(document) if document else None

    async def open(self, document: Mapping[str, Any]) -> Message:
        """Return a stored document as a message; its content is None if it can't be decrypted."""
        recipient, message_id = document["recipient_id"], document["_id"]
        content: str | None
        try:
            sealer = await self._keys.get(recipient)
            content = unpad(sealer.open(document["content"], _place(recipient, message_id))).decode()
        except (CannotOpen, ValueError, KeyError, TypeError):  # whatever has become of it, the page still loads
            log.warning("Message %s can't be decrypted.", message_id)
            content = None
        return Message(
            str(message_id),
            str(recipient),
            content,
            document["created_at"],
            document.get("read_at"),
            document.get("folder", "inbox"),
        )
