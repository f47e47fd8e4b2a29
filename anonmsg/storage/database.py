"""The connection to MongoDB, its indexes, and what kind of server it is."""

import asyncio
from typing import Any

import pymongo
from bson import ObjectId
from bson.errors import InvalidId
from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConfigurationError, PyMongoError

from anonmsg.errors import CannotStart
from anonmsg.storage.failures import raises_unavailable

Document = dict[str, Any]
Collection = AsyncCollection[Document]

DELETED_TTL_SECONDS = 3600
"""How long a deleted message may still lie in the database; the undo time is far shorter."""

INDEX_SECONDS = 600
BEFORE_FOLDERS = "inbox"
"""The index of messages from the time when there was one folder only."""

FLAGS = "unread"
"""The index that came when messages could be read and starred."""

INDEXES: dict[str, list[IndexModel]] = {
    "users": [
        IndexModel([("username_key", ASCENDING)], name="username", unique=True),
        IndexModel(
            [("email_hash", ASCENDING)],
            name="email",
            unique=True,
            partialFilterExpression={"email_hash": {"$exists": True}},
        ),
        IndexModel(
            [("leaving_at", ASCENDING)],
            name="leaving",
            partialFilterExpression={"leaving_at": {"$exists": True}},
        ),
        IndexModel([("acts.made_at", ASCENDING)], name="acts", sparse=True),
        IndexModel([("muting.due", ASCENDING)], name="muting", sparse=True),
        IndexModel([("blocks.blocked_at", ASCENDING)], name="blocks", sparse=True),
    ],
    "registrations": [
        IndexModel([("username_key", ASCENDING), ("sent_at", DESCENDING)], name="username"),
        IndexModel([("email_hash", ASCENDING)], name="email"),
        IndexModel([("expires_at", ASCENDING)], name="ttl", expireAfterSeconds=0),
    ],
    "messages": [
        IndexModel(
            [
                ("recipient_id", ASCENDING),
                ("deleted_at", ASCENDING),
                ("folder", ASCENDING),
                ("created_at", DESCENDING),
                ("_id", DESCENDING),
            ],
            name="folder",
        ),
        IndexModel(
            [
                ("recipient_id", ASCENDING),
                ("deleted_at", ASCENDING),
                ("folder", ASCENDING),
                ("is_read", ASCENDING),
                ("created_at", DESCENDING),
                ("_id", DESCENDING),
            ],
            name=FLAGS,
        ),
        IndexModel(
            [
                ("recipient_id", ASCENDING),
                ("deleted_at", ASCENDING),
                ("is_starred", ASCENDING),
                ("created_at", DESCENDING),
                ("_id", DESCENDING),
            ],
            name="starred",
            partialFilterExpression={"is_starred": True},
        ),
        IndexModel(
            [("recipient_id", ASCENDING), ("before.act", ASCENDING)],
            name="act",
            partialFilterExpression={"before.act": {"$exists": True}},
        ),
        IndexModel(
            [("expires_at", ASCENDING)],
            name="blocked",
            expireAfterSeconds=0,
            partialFilterExpression={"expires_at": {"$type": "date"}},
        ),
        IndexModel(
            [("deleted_at", ASCENDING)],
            name="ttl",
            expireAfterSeconds=DELETED_TTL_SECONDS,
            partialFilterExpression={"deleted_at": {"$type": "date"}},
        ),
    ],
    "sessions": [
        IndexModel([("user_id", ASCENDING)], name="user"),
        IndexModel(
            [("ticket_hash", ASCENDING)],
            name="ticket",
            unique=True,
            partialFilterExpression={"ticket_hash": {"$exists": True}},
        ),
        IndexModel([("expires_at", ASCENDING)], name="ttl", expireAfterSeconds=0),
    ],
    "email_changes": [
        IndexModel([("expires_at", ASCENDING)], name="ttl", expireAfterSeconds=0),
    ],
    "reserved_names": [
        IndexModel([("expires_at", ASCENDING)], name="ttl", expireAfterSeconds=0),
    ],
    "resets": [
        IndexModel([("user_id", ASCENDING)], name="user"),
        IndexModel([("expires_at", ASCENDING)], name="ttl", expireAfterSeconds=0),
    ],
    "sender_tags": [
        IndexModel([("recipient_id", ASCENDING)], name="recipient"),
        IndexModel([("expires_at", ASCENDING)], name="ttl", expireAfterSeconds=0),
    ],
    "burst_tags": [
        IndexModel([("recipient_id", ASCENDING), ("tag", ASCENDING), ("created_at", ASCENDING)], name="burst"),
        IndexModel([("expires_at", ASCENDING)], name="ttl", expireAfterSeconds=0),
    ],
    "send_keys": [
        IndexModel([("recipient_id", ASCENDING)], name="recipient"),
        IndexModel([("expires_at", ASCENDING)], name="ttl", expireAfterSeconds=0),
    ],
    "keys": [],
    "meta": [],
}
"""Every collection there is, with its indexes. TTL indexes tidy; queries check times themselves.

The unique partial indexes say `$exists`, not `$type`: MongoDB does not see that a query for a value asks for that
type only, and would read the whole collection instead.
"""


def object_id(text: str) -> ObjectId | None:
    """Return the id that `text` spells, or None: an id that can't exist is simply not found."""
    try:
        return ObjectId(text)
    except (InvalidId, TypeError):
        return None


@raises_unavailable
class Database:
    """One MongoDB database, for one event loop (the driver's async client belongs to one loop)."""

    def __init__(self, uri: str, name: str = "anonmsg") -> None:
        """Prepare the connection; nothing is sent yet.

        Raises:
            CannotStart: If the connection string can't be used.
        """
        try:
            self._client: AsyncMongoClient[Document] = AsyncMongoClient(
                uri,
                tz_aware=True,
                w="majority",
                journal=True,
                serverSelectionTimeoutMS=2000,
                connectTimeoutMS=2000,
                timeoutMS=3000,
                appname="anonmsg",
            )
            self._database: AsyncDatabase[Document] = self._client.get_default_database(name)
        except (ConfigurationError, ValueError, TypeError):
            raise CannotStart("MONGODB_URI can't be read as a MongoDB connection string.") from None

    def __getitem__(self, name: str) -> Collection:
        """Return a collection; only those that `INDEXES` knows."""
        if name not in INDEXES:
            raise KeyError(name)
        return self._database[name]

    @property
    def raw(self) -> AsyncDatabase[Document]:
        """The driver's own database, for change streams."""
        return self._database

    async def ping(self) -> None:
        """Ask for a sign of life.

        Raises:
            Unavailable: If there is none.
        """
        await self._client.admin.command("ping")

    async def is_replica_set(self) -> bool:
        """Return whether the server has change streams and transactions."""
        hello: Document = await self._client.admin.command("hello")
        return "setName" in hello or hello.get("msg") == "isdbgrid"

    async def create_indexes(self) -> None:
        """Create collections and indexes that are missing; does nothing the second time."""
        # Asked outside the long time limit, within which the driver would ask a server that is away again and again.
        existing = set(await self._database.list_collection_names())
        with pymongo.timeout(INDEX_SECONDS):  # a new index over millions of messages takes its time
            await asyncio.gather(*(self._create(name, name in existing) for name in INDEXES))

    async def _create(self, name: str, exists: bool) -> None:
        if name == "messages" and exists:
            await self._sort_into_folders()
        if INDEXES[name]:
            await self._database[name].create_indexes(INDEXES[name])
        elif not exists:
            await self._create_bare(name)

    async def _sort_into_folders(self) -> None:
        """Complete messages from before there were folders and flags; indexes tell whether there are any.

        The old index is dropped and the new one made last, so that whatever interrupts this, the next start does
        the rest.
        """
        messages = self._database["messages"]
        known = await messages.index_information()
        if FLAGS in known and BEFORE_FOLDERS not in known:
            return
        await messages.update_many({"folder": {"$exists": False}}, {"$set": {"folder": "inbox"}})
        await messages.update_many({"is_read": {"$exists": False}}, {"$set": {"is_read": False, "is_starred": False}})
        await messages.create_indexes(INDEXES["messages"])
        if BEFORE_FOLDERS in known:
            await self._drop_index(messages, BEFORE_FOLDERS)

    async def _drop_index(self, collection: Collection, name: str) -> None:
        try:
            await collection.drop_index(name)
        except PyMongoError as error:
            if getattr(error, "code", None) != 27:  # IndexNotFound: another process was quicker
                raise

    async def _create_bare(self, name: str) -> None:
        try:
            await self._database.create_collection(name, check_exists=False)  # the server decides
        except PyMongoError as error:
            if getattr(error, "code", None) != 48:  # NamespaceExists: another process was quicker
                raise

    async def server_version(self) -> str:
        """Return the version that the server reports."""
        return str((await self._client.admin.command("buildInfo"))["version"])

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()
