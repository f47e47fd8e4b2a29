"""Group commit: what several callers want stored at the same time goes to disk in one write."""

import asyncio
from contextlib import suppress

from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError, WTimeoutError

from anonmsg.storage.database import Collection, Document

AT_ONCE = 100
"""The most documents of one write."""

DUPLICATE_KEY = 11000


class GroupCommit:
    """Inserts documents, one write at a time; what comes meanwhile shares the next one.

    Waiting for the disk is what takes long, and takes as long for one document as for a hundred. Nobody waits for
    company: without other callers a document is written at once.
    """

    def __init__(self, collection: Collection) -> None:
        """Write to `collection`, with the write concern that it has."""
        self._collection = collection
        self._waiting: list[tuple[Document, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def insert(self, document: Document) -> None:
        """Insert a document; when this returns, the database has acknowledged it.

        A caller who does not wait until then takes nothing back: the document is written all the same.

        Raises:
            DuplicateKeyError: If there is one with its id. The others of the same write are not touched by that.
            PyMongoError: If the write failed; then so it did for everybody who shared it.
        """
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((document, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        await done

    async def _write_all(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            failures: dict[int, Exception] = {}
            try:
                await self._collection.insert_many([document for document, _ in some], ordered=False)
            except BulkWriteError as error:
                failures = _failures(error, len(some))
            except Exception as error:  # whatever it is, nobody may wait for ever
                failures = dict.fromkeys(range(len(some)), error)
            for place, (_, done) in enumerate(some):
                with suppress(asyncio.InvalidStateError):  # whose caller has gone
                    done.set_exception(failures[place]) if place in failures else done.set_result(None)


def _failures(error: BulkWriteError, count: int) -> dict[int, Exception]:
    """Return what went wrong for which document; what a majority did not acknowledge failed for all.

    The errors are new ones: the driver's holds all documents of the write, and logs must not.
    """
    for unacknowledged in error.details.get("writeConcernErrors") or ():
        return dict.fromkeys(range(count), WTimeoutError(unacknowledged["errmsg"], unacknowledged["code"]))
    return {one["index"]: _failure(one) for one in error.details["writeErrors"]}


def _failure(written: Document) -> PyMongoError:
    kind = DuplicateKeyError if written["code"] == DUPLICATE_KEY else OperationFailure
    return kind(written["errmsg"], written["code"])
