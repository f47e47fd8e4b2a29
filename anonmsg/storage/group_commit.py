"""Group commit: what several callers want stored at the same time goes to disk in one write."""

from collections.abc import Sequence

from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError, WTimeoutError

from anonmsg.storage.batches import Batches
from anonmsg.storage.database import Collection, Document

DUPLICATE_KEY = 11000


class GroupCommit:
    """Inserts documents. Waiting for the disk is what takes long, and takes as long for one as for a hundred."""

    def __init__(self, collection: Collection) -> None:
        """Write to `collection`, with the write concern that it has."""
        self._collection = collection
        self._batches = Batches[Document, None](self._write)

    async def insert(self, document: Document) -> None:
        """Insert a document; when this returns, the database has acknowledged it.

        Raises:
            DuplicateKeyError: If there is one with its id. The others of the same write are not touched by that.
            PyMongoError: If the write failed; then so it did for everybody who shared it.
        """
        await self._batches.ask(document)

    async def _write(self, documents: Sequence[Document]) -> Sequence[PyMongoError | None]:
        try:
            await self._collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            failures = _failures(error, len(documents))
            return [failures.get(place) for place in range(len(documents))]
        return [None] * len(documents)


def _failures(error: BulkWriteError, count: int) -> dict[int, PyMongoError]:
    """Return what went wrong for which document; what a majority did not acknowledge failed for all.

    The errors are new ones: the driver's holds all documents of the write, and logs must not.
    """
    for unacknowledged in error.details.get("writeConcernErrors") or ():
        return dict.fromkeys(range(count), WTimeoutError(unacknowledged["errmsg"], unacknowledged["code"]))
    return {one["index"]: _failure(one) for one in error.details["writeErrors"]}


def _failure(written: Document) -> PyMongoError:
    kind = DuplicateKeyError if written["code"] == DUPLICATE_KEY else OperationFailure
    return kind(written["errmsg"], written["code"])
