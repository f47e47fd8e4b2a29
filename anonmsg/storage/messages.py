"""The `messages` collection: sealed contents, paged by cursor, deleted softly and tidied later."""

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pymongo
from bson import ObjectId
from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from anonmsg.acts import Cell, applied, cell_of, is_in
from anonmsg.cursors import decode_cursor, encode_cursor
from anonmsg.errors import UserNotFound
from anonmsg.models import COUNT_MAX, VIEWS, BulkAct, Counts, Folder, Message, MessagePage, Place, View
from anonmsg.pacing import Pace
from anonmsg.storage.data_keys import DataKeys
from anonmsg.storage.database import Database, object_id
from anonmsg.storage.encryption import CannotOpen, Sealer, pad, unpad
from anonmsg.storage.failures import raises_unavailable
from anonmsg.storage.group_commit import GroupCommit
from anonmsg.storage.message_lists import APART, Range, everything, ranges

log = logging.getLogger(__name__)

MESSAGE_FIELDS = dict.fromkeys(
    ("recipient_id", "content", "created_at", "read_at", "folder", "is_starred", "expires_at"), 1
)
CELL_FIELDS = {name: 1 for name in MESSAGE_FIELDS if name != "content"}
Order = list[tuple[str, int]]
NEWEST_FIRST: Order = [("created_at", DESCENDING), ("_id", DESCENDING)]
OLDEST_FIRST: Order = [("created_at", ASCENDING), ("_id", ASCENDING)]

LARGE_WRITE_SECONDS = 60
BATCH = 100
"""Decrypting so many takes a few milliseconds, in which nobody else is served."""


def _place(recipient_id: ObjectId, message_id: ObjectId) -> bytes:
    return b"message:" + recipient_id.binary + message_id.binary


def _document(
    sealer: Sealer,
    recipient: ObjectId,
    message_id: ObjectId,
    content: str,
    created_at: datetime,
    folder: Folder,
    expires_at: datetime | None = None,
) -> dict[str, Any]:
    document = {
        "_id": message_id,
        "recipient_id": recipient,
        "content": sealer.seal(pad(content.encode()), _place(recipient, message_id)),
        "created_at": created_at,
        "read_at": None,
        "deleted_at": None,
        "folder": folder,
        "is_read": False,
        "is_starred": False,
    }
    return document if expires_at is None else {**document, "expires_at": expires_at}


def _message(document: Mapping[str, Any], content: str | None) -> Message:
    return Message(
        str(document["_id"]),
        str(document["recipient_id"]),
        content,
        document["created_at"],
        document.get("read_at"),
        document.get("folder", "inbox"),
        document.get("is_starred", False),
        document.get("expires_at") is not None,
    )


def _content(sealer: Sealer | None, document: Mapping[str, Any]) -> str | None:
    """Return what a message says; whatever has become of it, the page still loads."""
    try:
        if sealer is None:
            raise CannotOpen
        sealed, place = document["content"], _place(document["recipient_id"], document["_id"])
        return unpad(sealer.open(sealed, place)).decode()
    except (CannotOpen, ValueError, KeyError, TypeError):
        log.warning("Message %s can't be decrypted.", document["_id"])
        return None


@raises_unavailable
class MessageRepository:
    """Stores and finds messages. Every query carries the recipient's id."""

    def __init__(self, database: Database, keys: DataKeys) -> None:
        self._collection = database["messages"]
        self._inserts = GroupCommit(self._collection)
        self._keys = keys

    async def add(
        self,
        recipient_id: str,
        content: str,
        created_at: datetime,
        folder: Folder = "inbox",
        expires_at: datetime | None = None,
    ) -> Message:
        """Store a message; when this returns, a majority of the database has it on disk.

        With `expires_at` it goes by itself then, unless its recipient wants it.

        Raises:
            UserNotFound: If the recipient's key is gone, which is how deleting an account begins.
        """
        recipient, message_id = ObjectId(recipient_id), ObjectId()
        sealer = await self._sealer(recipient)
        document = _document(sealer, recipient, message_id, content, created_at, folder, expires_at)
        await self._inserts.insert(document)
        return Message(str(message_id), recipient_id, content, created_at, folder=folder)

    async def add_once(
        self,
        message_id: str,
        recipient_id: str,
        content: str,
        created_at: datetime,
        folder: Folder,
        expires_at: datetime | None = None,
    ) -> datetime:
        """Store a message under an id of its own unless it is there; return when it came, however often it came.

        A deleted message counts as there until it is tidied away.

        Raises:
            UserNotFound: If the recipient's key is gone.
        """
        recipient, own_id = ObjectId(recipient_id), ObjectId(message_id)
        sealer = await self._sealer(recipient)
        try:
            document = _document(sealer, recipient, own_id, content, created_at, folder, expires_at)
            await self._inserts.insert(document)
        except DuplicateKeyError:  # by then a majority of the database has the first one, as for any answer
            found = await self._collection.find_one({"_id": own_id, "recipient_id": recipient}, {"created_at": 1})
            return found["created_at"] if found else created_at
        return created_at

    async def _sealer(self, recipient: ObjectId) -> Sealer:
        try:
            return await self._keys.get(recipient)
        except CannotOpen:
            raise UserNotFound from None

    async def add_many(
        self, recipient_id: str, messages: Iterable[tuple[str, datetime]], read_until: datetime | None = None
    ) -> None:
        """Store contents with their times in one write, which may take as long as a large one does.

        Those from before `read_until` count as read then.

        Raises:
            UserNotFound: If the recipient's key is gone.
        """
        recipient = ObjectId(recipient_id)
        sealer = await self._sealer(recipient)
        documents = [
            _document(sealer, recipient, ObjectId(), content, created_at, "inbox") for content, created_at in messages
        ]
        for document in documents:
            if read_until is not None and document["created_at"] < read_until:
                document.update(is_read=True, read_at=read_until)
        with pymongo.timeout(LARGE_WRITE_SECONDS):
            await self._collection.insert_many(documents, ordered=False)

    async def list_page(
        self, recipient_id: str, cursor: str, limit: int, view: View = "inbox", acts: Sequence[BulkAct] = ()
    ) -> MessagePage:
        """Return up to `limit` messages of a view after `cursor`, the newest first; a bad cursor means none."""
        place = decode_cursor(cursor) if cursor else None
        if cursor and place is None:
            return MessagePage((), "")
        asked = ranges(object_id(recipient_id), view, acts, older_than=place)
        found = await self._read(asked, NEWEST_FIRST, limit + 1, acts)
        shown = [one for one in found if is_in(view, cell_of(one)) and (place is None or one.place < place)]
        cursor = encode_cursor(shown[limit - 1].place) if len(shown) > limit else ""
        return MessagePage(tuple(shown[:limit]), cursor)

    async def list_newer(
        self, recipient_id: str, place: Place, limit: int, view: View, acts: Sequence[BulkAct] = ()
    ) -> tuple[Message, ...]:
        """Return the `limit` messages of a view that come just before a place in the list, the newest first."""
        asked = ranges(object_id(recipient_id), view, acts, newer_than=place)
        found = await self._read(asked, OLDEST_FIRST, limit, acts)
        return tuple([one for one in found if is_in(view, cell_of(one)) and one.place > place][-limit:])

    async def _read(self, asked: Sequence[Range], order: Order, limit: int, acts: Sequence[BulkAct]) -> list[Message]:
        """Return what each range holds up to a limit, all together the newest first, as the acts will leave it."""
        finds = (self._collection.find(one.query, MESSAGE_FIELDS, hint=one.index).sort(order) for one in asked)
        limits = (0 if one.index == APART else limit for one in asked)
        reads = [found.limit(most).to_list() for found, most in zip(finds, limits, strict=True)]
        parts = [await reads[0]] if len(reads) == 1 else await asyncio.gather(*reads)
        documents = sorted(itertools.chain(*parts), key=lambda one: (one["created_at"], one["_id"]), reverse=True)
        found = [applied(acts, message) for message in await self._open_all(documents)]
        return [message for message in found if message is not None]

    async def list_by_ids(self, recipient_id: str, message_ids: Sequence[str]) -> list[Message]:
        """Return those of some messages that are there, as stored."""
        ids = [object_id(message_id) for message_id in message_ids]
        query = {"_id": {"$in": ids}, "recipient_id": object_id(recipient_id), "deleted_at": None}
        documents = await self._collection.find(query, MESSAGE_FIELDS).to_list()
        return await self._open_all(documents)

    async def count(self, recipient_id: str, acts: Sequence[BulkAct] = ()) -> Counts:
        """Return how many messages each view holds, in one question that looks at `COUNT_MAX` of each at most.

        Messages that bulk acts leave alone take a second one while such acts wait.
        """
        recipient = object_id(recipient_id)
        first, *others = (
            [{"$match": one.query}, {"$limit": COUNT_MAX}, {"$count": "number"}, {"$set": {"view": view}}]
            for view in VIEWS
            for one in ranges(recipient, view, acts)
            if one.index != APART
        )
        pipeline = first + [{"$unionWith": {"coll": "messages", "pipeline": other}} for other in others]
        counts: Counts = dict.fromkeys(VIEWS, 0)
        async for part in await self._collection.aggregate(pipeline):
            view: View = part["view"]
            counts[view] += part["number"]
        for cell in await self._cells_apart(recipient, acts):
            for view in VIEWS:
                counts[view] += is_in(view, cell)
        return {view: min(number, COUNT_MAX) for view, number in counts.items()}

    async def _cells_apart(self, recipient: ObjectId | None, acts: Sequence[BulkAct]) -> list[Cell]:
        """Return where the messages are that bulk acts leave alone, which no range of an index tells."""
        apart = [one for one in ranges(recipient, "inbox", acts) if one.index == APART]
        found = [
            applied(acts, _message(document, None))
            for one in apart
            async for document in self._collection.find(one.query, CELL_FIELDS, hint=APART)
        ]
        return [cell_of(message) for message in found if message is not None]

    async def iterate(self, recipient_id: str, acts: Sequence[BulkAct] = ()) -> AsyncGenerator[Sequence[Message]]:
        """Yield all messages of a recipient, whichever folder they are in, the newest first, some at a time.

        Each part is a question of its own, so that no cursor is open while somebody's network is slow. What is
        moved from folder to folder meanwhile is neither missed nor repeated.
        """
        recipient, place = object_id(recipient_id), None
        while True:
            found = await self._read([everything(recipient, place)], NEWEST_FIRST, BATCH, ())
            shown = [message for one in found if (message := applied(acts, one)) is not None]
            if shown:
                yield shown
            if len(found) < BATCH:
                return
            place = found[-1].place

    async def open(self, document: Mapping[str, Any]) -> Message:
        """Return a stored document as a message; its content is None if it can't be decrypted."""
        (message,) = await self._open_all([document])
        return message

    async def _open_all(self, documents: Sequence[Mapping[str, Any]]) -> list[Message]:
        """Return documents of one recipient as messages."""
        if not documents:
            return []
        try:
            sealer = await self._keys.get(documents[0]["recipient_id"])
        except CannotOpen:
            sealer = None
        messages, pace = list[Message](), Pace()
        for document in documents:
            messages.append(_message(document, _content(sealer, document)))
            await pace.step()
        return messages
