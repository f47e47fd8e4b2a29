"""The change stream: what happens in the database, as typed rows, while it happens."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.errors import OperationFailure, PyMongoError

from anonmsg.errors import Unavailable
from anonmsg.models import Message, Opening
from anonmsg.storage.database import Database
from anonmsg.storage.messages import MessageRepository

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.5
CHANGED = "updateDescription.updatedFields"
SHOWN = ("_id", "recipient_id", "content", "created_at", "read_at", "folder", "is_starred", "deleted_at", "expires_at")
SORTED = ("deleted_at", "folder", "is_starred", "is_read")
"""What a person changes about a message."""

OPEN = ("accepts_messages", "opens_at", "remaining")
"""What decides whether an inbox is open."""

ACTS = ("acts_changed", "acts_noted")
"""Counted up when bulk acts are others than before; only the first makes lists look other than before."""

WATCHED = [
    {
        "$match": {
            "$or": [
                {"ns.coll": "messages", "operationType": "insert"},
                {
                    "ns.coll": "messages",
                    "operationType": "update",
                    "$or": [{f"{CHANGED}.{field}": {"$exists": True}} for field in SORTED],
                    # Lists have shown it so since the bulk act was made; a million of these would tell nothing new.
                    f"{CHANGED}.settled_by": {"$exists": False},
                },
                {
                    "ns.coll": "users",
                    "operationType": "update",
                    "$or": [{f"{CHANGED}.{field}": {"$exists": True}} for field in OPEN],
                },
                {
                    "ns.coll": "users",
                    "operationType": "update",
                    "$or": [{f"{CHANGED}.{field}": {"$exists": True}} for field in ACTS],
                },
                {"ns.coll": "sessions", "operationType": "delete"},
            ]
        }
    },
    {
        "$project": {
            **dict.fromkeys(("operationType", "ns", "documentKey", "updateDescription"), 1),
            **{f"fullDocument.{field}": 1 for field in (*SHOWN, *OPEN)},
        }
    },
]


@dataclass(frozen=True, slots=True)
class MessageShown:
    """A message has arrived, its deletion was undone, or something else about it was changed.

    Attributes:
        is_new: Whether it has arrived.
    """

    message: Message
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class MessageHidden:
    """A message was deleted."""

    message_id: str
    recipient_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AcceptingChanged:
    """An inbox was opened, closed or paused, or a message was counted that it closes after."""

    user_id: str
    opening: Opening


@dataclass(frozen=True, slots=True)
class BulkActsChanged:
    """The bulk acts of somebody are others now.

    Attributes:
        changes_lists: Whether lists look other than before, because one was made or taken back. Else one is done
            for good, or leaves more messages alone, which is to be known before later changes of messages come.
    """

    user_id: str
    changes_lists: bool = True


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """A session is no more."""

    session_id: str


@dataclass(frozen=True, slots=True)
class HistoryLost:
    """Changes were missed for good; whoever shows something should load it again."""


Change = MessageShown | MessageHidden | AcceptingChanged | BulkActsChanged | SessionEnded | HistoryLost


def _stop_if_cancelled() -> None:
    """Stop a task that was cancelled and was not told.

    Until Python 3.12 `asyncio.wait_for`, with which the driver connects, loses a cancellation that comes in the
    moment of success (bpo-42130); the stream would then be followed for ever by a task that somebody waits for.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _accepting(user_id: str, user: Mapping[str, Any] | None) -> AcceptingChanged | None:
    if user is None:  # removed for good before it could be looked up
        return None
    return AcceptingChanged(
        user_id, Opening(bool(user["accepts_messages"]), user.get("opens_at"), user.get("remaining"))
    )


class Changes:
    """Reads the change stream of one database and resumes it by its token after every fault."""

    def __init__(self, database: Database, messages: MessageRepository) -> None:
        self._database = database
        self._messages = messages

    async def follow(self) -> AsyncGenerator[Change, None]:
        """Yield changes for ever. Needs a replica set.

        After a fault the stream goes on where it was. If the server refuses that place twice, because
        it no longer knows it, the stream starts anew. Whenever it starts where it was not before, also
        the first time, `HistoryLost` comes once it is open, so that whoever loads everything again then
        misses nothing.
        """
        place: Mapping[str, Any] | None = None
        refused_at: Mapping[str, Any] | None = None
        lost = True
        while True:
            try:
                async with await self._database.raw.watch(
                    WATCHED, full_document="updateLookup", resume_after=place, max_await_time_ms=1000
                ) as stream:
                    place = stream.resume_token or place
                    if lost:
                        lost = False
                        yield HistoryLost()
                    while stream.alive:
                        _stop_if_cancelled()
                        document = await stream.try_next()
                        if document is not None and (change := await self._read(document)) is not None:
                            yield change
                        place = stream.resume_token or place
                # The server ended it, because the database was dropped: there is no place to go on from.
                broken, place, lost = "ended by the server", None, True
            except (PyMongoError, Unavailable) as error:  # `Unavailable`: reading an event may need a key
                if isinstance(error, OperationFailure) and not error.timeout:
                    refused_again = place is not None and place == refused_at
                    place, refused_at, lost = (None, None, True) if refused_again else (place, place, lost)
                broken = type(error).__name__
            log.warning("The change stream broke (%s); it is opened again.", broken)
            await asyncio.sleep(RETRY_SECONDS)

    async def _read(self, event: Mapping[str, Any]) -> Change | None:
        collection, key = event["ns"]["coll"], event["documentKey"]["_id"]
        if collection == "sessions":
            return SessionEnded(str(key))
        updated = event.get("updateDescription", {}).get("updatedFields", {})
        if collection == "users":
            if any(field in updated for field in ACTS):
                return BulkActsChanged(str(key), changes_lists="acts_changed" in updated)
            return _accepting(str(key), event.get("fullDocument"))
        document = event.get("fullDocument")
        if not document:  # removed for good before it could be looked up
            return None
        if document.get("deleted_at") is not None:
            return MessageHidden(str(key), str(document["recipient_id"]), document["created_at"])
        return MessageShown(await self._messages.open(document), is_new=event["operationType"] == "insert")
