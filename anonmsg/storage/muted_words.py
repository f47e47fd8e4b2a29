"""Muted words on the `users` collection: sealed, and how far an inbox has been gone through for them."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from anonmsg.models import Muting, Place
from anonmsg.storage.database import Database, Document, object_id
from anonmsg.storage.encryption import CannotOpen, Sealer, pad, unpad
from anonmsg.storage.failures import raises_unavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Muted:
    """The words of a list.

    Attributes:
        added: Those of them that the inbox is to be gone through for.
    """

    words: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


class MutedVault:
    """Seals lists of words, under a key of its own: reading a user then needs no data key, so no further question."""

    def __init__(self, key: bytes) -> None:
        self._sealer = Sealer(key)

    def seal(self, muted: Muted, user_id: ObjectId) -> bytes:
        """Return a list, sealed for its user and padded."""
        text = json.dumps([muted.words, muted.added], ensure_ascii=False)
        return self._sealer.seal(pad(text.encode()), _place(user_id))

    def open(self, sealed: bytes | None, user_id: ObjectId) -> Muted:
        """Return the list that was sealed; an empty one if it can't be read, or nobody could be written to."""
        if not sealed:
            return Muted()
        try:
            words, added = json.loads(unpad(self._sealer.open(sealed, _place(user_id))))
        except (CannotOpen, ValueError):
            log.warning("The muted words of user %s can't be decrypted.", user_id)
            return Muted()
        return Muted(tuple(words), tuple(added))


def _place(user_id: ObjectId) -> bytes:
    return b"muted:" + user_id.binary


def read_muting(document: Mapping[str, Any] | None, words: tuple[str, ...]) -> Muting | None:
    """Return what a user's document says of the last going through the inbox."""
    if document is None:
        return None
    place = document["place"]
    return Muting(
        id=document["id"],
        words=words,
        place=Place(place["created_at"], place["id"]) if place else None,
        searched=document["searched"],
        moved=document["moved"],
        is_done="due" not in document,
    )


def _document(muting: Muting) -> Document:
    place = muting.place and {"created_at": muting.place.created_at, "id": muting.place.id}
    due: Document = {} if muting.is_done else {"due": True}
    return {"id": muting.id, "place": place, "searched": muting.searched, "moved": muting.moved, **due}


@raises_unavailable
class MutingRepository:
    """Stores lists, and how far each inbox has been gone through."""

    def __init__(self, database: Database, vault: MutedVault) -> None:
        self._collection = database["users"]
        self._vault = vault

    async def update_words(self, user_id: str, words: Sequence[str], muting: Muting | None) -> bool:
        """Replace a list, and begin to go through the inbox; return False if there is no such user."""
        if (user := object_id(user_id)) is None:
            return False
        muted = Muted(tuple(words), muting.words if muting else ())
        change: Document = {"$set": {"muted": self._vault.seal(muted, user)}}
        if muting:
            change["$set"]["muting"] = _document(muting)
        else:
            change["$unset"] = {"muting": ""}
        query = {"_id": user, "leaving_at": {"$exists": False}}
        return (await self._collection.update_one(query, change)).matched_count == 1

    async def list_due(self, limit: int) -> list[str]:
        """Return ids of users whose inbox is not gone through to its end."""
        found = await self._collection.find({"muting.due": True}, {"_id": 1}).limit(limit).to_list()
        return [str(one["_id"]) for one in found]

    async def update_progress(self, user_id: str, before: Muting, after: Muting) -> bool:
        """Note how far it is; return False if somebody else was quicker, or the list has changed."""
        query = {
            "_id": object_id(user_id),
            "muting.id": {"$eq": before.id},
            "muting.searched": before.searched,
            "muting.due": True,
        }
        return (await self._collection.update_one(query, {"$set": {"muting": _document(after)}})).modified_count == 1
