"""The `users` collection: verified people only."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from anonmsg.errors import EmailTaken, UsernameTaken
from anonmsg.models import Addressee, Credentials, LeavingUser, PageSettings, Registration, User
from anonmsg.rules import username_key
from anonmsg.storage.batches import GroupRead
from anonmsg.storage.blocks import read_blocked
from anonmsg.storage.bulk_acts import read_acts
from anonmsg.storage.data_keys import DataKeys
from anonmsg.storage.database import Database, Document, object_id
from anonmsg.storage.encryption import CannotOpen, EmailVault
from anonmsg.storage.failures import raises_unavailable
from anonmsg.storage.long_acts import read_long_acts
from anonmsg.storage.muted_words import MutedVault, read_muting
from anonmsg.storage.page_settings import PageVault
from anonmsg.storage.send_keys import sent_lately

log = logging.getLogger(__name__)

PUBLIC_FIELDS = dict.fromkeys(
    (
        "username",
        "accepts_messages",
        "created_at",
        "opens_at",
        "remaining",
        "muted",
        "page",
        "blocks.pseudonym",
        "blocks.blocked_at",
    ),
    1,
)
USER_FIELDS = {**PUBLIC_FIELDS, "acts": 1, "long_acts": 1, "muting": 1, "settings": 1}
CHOSEN = dict.fromkeys(
    ("opens_at", "remaining", "muted", "muting", "settings", "page", "blocks", "acts", "long_acts"), ""
)
"""What a user chose."""

HERE: Document = {"leaving_at": {"$exists": False}}
"""Part of each query for somebody: who is leaving is not there any more. Only the name stays taken until the end."""

FOREVER = datetime.max.replace(tzinfo=UTC)


@raises_unavailable
class UserRepository:
    """Stores and finds users. The unique indexes decide who has a name or an address."""

    def __init__(
        self, database: Database, emails: EmailVault, pages: PageVault, muted: MutedVault, keys: DataKeys
    ) -> None:
        self._collection = database["users"]
        self._reserved = database["reserved_names"]
        self._emails = emails
        self._pages = pages
        self._muted = muted
        self._keys = keys
        self._by_id = GroupRead(self._find_by_id)
        self._by_name = GroupRead(self._find_by_name)
        self._taken = GroupRead(self._find_taken)

    async def add(self, registration: Registration, username: str, created_at: datetime) -> User:
        """Make a user of a registration, under `username`.

        Raises:
            UsernameTaken: If somebody verified has the name, or it is reserved.
            EmailTaken: If somebody verified has the address.
        """
        user_id = ObjectId()
        document: Document = {
            "_id": user_id,
            "username": username,
            "username_key": username_key(username),
            "email_hash": self._emails.hash(registration.email),
            "email": self._emails.seal(registration.email),
            "password_hash": registration.password_hash,
            "accepts_messages": True,
            "created_at": created_at,
            "settings": {},
        }
        # The key comes first: a user without one could not receive, a key without a user hurts nobody.
        await self._keys.add(user_id)
        try:
            await self._collection.insert_one(document)
        except DuplicateKeyError as error:
            await self._keys.delete(user_id)
            taken = (error.details or {}).get("keyPattern", {})
            raise (UsernameTaken if "username_key" in taken else EmailTaken) from None
        # Only now: whoever leaves reserves the name first and gives it up in the index afterwards. So an insert that
        # went through because the name was just given up finds the reservation here; a look before could miss it.
        if await self._is_reserved(username, created_at):
            await self._collection.delete_one({"_id": user_id})
            await self._keys.delete(user_id)
            raise UsernameTaken
        return self._user(document)

    async def _is_reserved(self, username: str, now: datetime) -> bool:
        query = {"_id": {"$eq": username_key(username)}, "expires_at": {"$gt": now}}
        return await self._reserved.find_one(query, {"_id": 1}) is not None

    async def is_name_taken(self, username: str, now: datetime) -> bool:
        """See in one query whether a name is a user's or reserved. A courtesy: `add` decides."""
        until = await self._taken.get(username_key(username))
        return until is not None and until > now

    async def _find_taken(self, keys: Sequence[str]) -> dict[str, datetime]:
        return await self._list_taken({"username_key": {"$in": keys}}, keys)

    async def _list_taken(self, query: Document, keys: Sequence[str]) -> dict[str, datetime]:
        """Return until when which names are taken: of users that fit, and of some keys if they are reserved."""
        reserved = [
            {"$match": {"_id": {"$in": keys}}},
            {"$project": {"_id": 0, "username_key": "$_id", "expires_at": 1}},
        ]
        pipeline = [
            {"$match": query},
            {"$project": {"_id": 0, "username_key": 1}},
            {"$unionWith": {"coll": "reserved_names", "pipeline": reserved}},
        ]
        taken: dict[str, datetime] = {}
        async for one in await self._collection.aggregate(pipeline):
            until = one.get("expires_at", FOREVER)
            taken[one["username_key"]] = max(until, taken.get(one["username_key"], until))
        return taken

    async def get_by_id(self, user_id: str) -> User | None:
        """Return the user with this id."""
        document = await self._by_id.get(object_id(user_id))
        return self._user(document) if document else None

    async def _find_by_id(self, ids: Sequence[ObjectId | None]) -> dict[ObjectId | None, Document]:
        found = self._collection.find({"_id": {"$in": ids}, **HERE}, USER_FIELDS)
        return {one["_id"]: one async for one in found}

    async def get_by_username(self, username: str) -> User | None:
        """Return the user with this name, whatever its case."""
        document = await self._by_name.get(username_key(username))
        return self._user(document) if document else None

    async def _find_by_name(self, keys: Sequence[str]) -> dict[str, Document]:
        found = self._collection.find({"username_key": {"$in": keys}, **HERE}, {**PUBLIC_FIELDS, "username_key": 1})
        return {one["username_key"]: one async for one in found}

    async def get_addressed(self, username: str, mark: bytes, now: datetime) -> tuple[User | None, bool]:
        """Return the user with this name, and whether a message with this mark was sent lately, in one query."""
        pipeline = [
            {"$match": {"username_key": {"$eq": username_key(username)}, **HERE}},
            {"$limit": 1},
            {"$project": PUBLIC_FIELDS},
            {"$lookup": {"from": "send_keys", "pipeline": sent_lately(mark, now), "as": "sent"}},
        ]
        found = await (await self._collection.aggregate(pipeline)).to_list()
        return (self._user(found[0]), bool(found[0]["sent"])) if found else (None, False)

    async def get_credentials(self, identifier: str) -> Credentials | None:
        """Return the user who signs in as `identifier`, a name or an address."""
        if "@" in identifier:
            query = {"email_hash": {"$eq": self._emails.hash(identifier)}}
        else:
            query = {"username_key": {"$eq": username_key(identifier)}}
        document = await self._collection.find_one({**query, **HERE}, {**USER_FIELDS, "password_hash": 1})
        return Credentials(self._user(document), document["password_hash"]) if document else None

    async def get_password_hash(self, user_id: str) -> str | None:
        """Return what a user's password is checked against."""
        document = await self._collection.find_one({"_id": object_id(user_id), **HERE}, {"password_hash": 1})
        return document["password_hash"] if document else None

    async def check_free(self, username: str, email: str, now: datetime) -> None:
        """See in one query whether a name and an address are free. A courtesy: `add` decides.

        Raises:
            UsernameTaken: If the name is a verified user's, or reserved.
            EmailTaken: If the address is a verified user's.
        """
        key, email_hash = username_key(username), self._emails.hash(email)
        query = {"$or": [{"username_key": {"$eq": key}}, {"email_hash": {"$eq": email_hash}}]}
        found = {name for name, until in (await self._list_taken(query, [key])).items() if until > now}
        if key in found:
            raise UsernameTaken
        if found:
            raise EmailTaken

    async def update_accepts_messages(self, user_id: str, accepts_messages: bool) -> bool:
        """Open or close an inbox for as long as nobody says otherwise; return False if there is no such user."""
        return await self._set(user_id, accepts_messages=accepts_messages, opens_at=None, remaining=None)

    async def update_pause(self, user_id: str, opens_at: datetime | None, remaining: int | None) -> bool:
        """Close an inbox until a moment, or leave it open for some more messages; return False likewise."""
        return await self._set(user_id, accepts_messages=True, opens_at=opens_at, remaining=remaining)

    async def update_coarse_dates(self, user_id: str, has_coarse_dates: bool) -> bool:
        """Choose whether exact times are hidden; return False likewise."""
        # The other change tells open dashboards to read their lists anew.
        change = {"$set": {"settings.coarse_dates": has_coarse_dates}, "$inc": {"acts_changed": 1}}
        result = await self._collection.update_one({"_id": object_id(user_id), **HERE}, change)
        return result.matched_count == 1

    async def update_page(self, user_id: str, page: PageSettings) -> bool:
        """Replace what a user chose for the send page; return False if there is no such user."""
        if (user := object_id(user_id)) is None:
            return False
        return await self._set(user_id, page=self._pages.seal(page, user))

    async def take_one(self, user_id: str) -> bool:
        """Count a message for an inbox that closes after some; return False if it has closed."""
        query = {"_id": object_id(user_id), "accepts_messages": True, "remaining": {"$gt": 0}, **HERE}
        return (await self._collection.update_one(query, {"$inc": {"remaining": -1}})).modified_count == 1

    async def _set(self, user_id: str, **values: Any) -> bool:
        result = await self._collection.update_one({"_id": object_id(user_id), **HERE}, {"$set": values})
        return result.matched_count == 1

    async def update_password(self, user_id: str, password_hash: str, replacing: str = "") -> bool:
        """Replace a password hash, or only the one that is given; return False if there is no such user."""
        query: Document = {"_id": object_id(user_id), **HERE}
        if replacing:
            query["password_hash"] = {"$eq": replacing}
        result = await self._collection.update_one(query, {"$set": {"password_hash": password_hash}})
        return result.matched_count == 1

    async def has_password(self, user_id: str, password_hash: str) -> bool:
        """Return whether this is the user's password hash now."""
        query = {"_id": object_id(user_id), "password_hash": {"$eq": password_hash}}
        return await self._collection.find_one(query, {"_id": 1}) is not None

    async def get_email(self, user_id: str) -> str | None:
        """Return a user's address as it was typed; "" if it can't be read, None if there is no such user."""
        query = {"_id": object_id(user_id), **HERE}
        document = await self._collection.find_one(query, {"email": 1, "email_hash": 1})
        return self._email(document) if document else None

    async def has_email(self, user_id: str, email: str) -> bool:
        """Return whether this is the user's address now."""
        query = {"_id": object_id(user_id), "email_hash": {"$eq": self._emails.hash(email)}}
        return await self._collection.find_one(query, {"_id": 1}) is not None

    async def is_email_taken(self, email: str) -> bool:
        """See whether an address is a user's. A courtesy: `update_email` decides."""
        query = {"email_hash": {"$eq": self._emails.hash(email)}}
        return await self._collection.find_one(query, {"_id": 1}) is not None

    async def update_email(self, user_id: str, email: str) -> str | None:
        """Replace a user's address and return the one before; None if there is no such user.

        Raises:
            EmailTaken: If somebody else verified has the address.
        """
        change = {"$set": {"email_hash": self._emails.hash(email), "email": self._emails.seal(email)}}
        try:
            before = await self._collection.find_one_and_update(
                {"_id": object_id(user_id), **HERE}, change, {"email": 1, "email_hash": 1}
            )
        except DuplicateKeyError:
            raise EmailTaken from None
        return self._email(before) if before else None

    async def update_leaving(self, user_id: str, now: datetime, password_hash: str = "") -> LeavingUser | None:
        """Forget who a user is, but for the name, and note that everything else has to go; None if gone already.

        With a password hash only while it is the user's.

        From here on nobody finds the user, signs in, or writes to them; the unique index still holds the name.
        """
        change = {
            "$set": {"leaving_at": now, "accepts_messages": False},
            "$unset": {"email": "", "email_hash": "", "password_hash": ""} | CHOSEN,
        }
        query: Document = {"_id": object_id(user_id), **HERE}
        if password_hash:
            query["password_hash"] = {"$eq": password_hash}
        before = await self._collection.find_one_and_update(query, change, {"username": 1, "email": 1, "email_hash": 1})
        if before is None:
            return None
        return LeavingUser(str(before["_id"]), before["username"], self._email(before), now)

    async def list_leaving(self, limit: int) -> list[LeavingUser]:
        """Return users whose deletion was begun and is not done."""
        found = self._collection.find({"leaving_at": {"$exists": True}}, {"username": 1, "leaving_at": 1})
        documents = await found.limit(limit).to_list()
        return [LeavingUser(str(one["_id"]), one["username"], "", one["leaving_at"]) for one in documents]

    async def delete_key(self, user_id: str) -> None:
        """Destroy a user's data key, which makes all messages unreadable at once."""
        if (user := object_id(user_id)) is not None:
            await self._keys.delete(user)

    async def delete_leaving(self, user_id: str) -> None:
        """Remove a user who is leaving for good, and give up the name."""
        await self._collection.delete_one({"_id": object_id(user_id), "leaving_at": {"$exists": True}})

    def _user(self, document: Mapping[str, Any]) -> User:
        muted = self._muted.open(document.get("muted"), document["_id"])
        return User(
            id=str(document["_id"]),
            username=document["username"],
            accepts_messages=document["accepts_messages"],
            created_at=document["created_at"],
            acts=read_acts(document.get("acts", ())),
            long_acts=read_long_acts(document.get("long_acts", ())),
            page=self._pages.open(document.get("page"), document["_id"]),
            opens_at=document.get("opens_at"),
            remaining=document.get("remaining"),
            has_coarse_dates=document.get("settings", {}).get("coarse_dates", False),
            muted=muted.words,
            blocked=read_blocked(document.get("blocks", ())),
            muting=read_muting(document.get("muting"), muted.added),
        )

    def _email(self, document: Mapping[str, Any]) -> str:
        """Return the address in a document; "" if it can't be decrypted, which must keep nobody from anything else."""
        try:
            return self._emails.open(document["email"], document["email_hash"])
        except (CannotOpen, ValueError):
            log.warning("The address of user %s can't be decrypted.", document["_id"])
            return ""

    async def get_addressee(self, user_id: str) -> Addressee | None:
        """Return a user with the address for mails."""
        return await self._find_addressee({"_id": object_id(user_id)})

    async def get_addressee_by_email(self, email: str) -> Addressee | None:
        """Return the user who signed up with this address, and the address as it was typed then.

        Mails go there: what somebody types now may look alike and be somebody else's.
        """
        return await self._find_addressee({"email_hash": {"$eq": self._emails.hash(email)}})

    async def _find_addressee(self, query: Document) -> Addressee | None:
        found = await self._collection.find_one({**query, **HERE}, {**USER_FIELDS, "email": 1, "email_hash": 1})
        return Addressee(self._user(found), self._emails.open(found["email"], found["email_hash"])) if found else None
