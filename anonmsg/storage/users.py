"""The `users` collection: verified people only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from anonmsg.errors import EmailTaken, UsernameTaken
from anonmsg.models import Addressee, Credentials, Registration, User
from anonmsg.schemas import username_key
from anonmsg.storage.data_keys import DataKeys
from anonmsg.storage.database import Database, Document, object_id
from anonmsg.storage.encryption import EmailVault
from anonmsg.storage.failures import raises_unavailable

USER_FIELDS = {"username": 1, "accepts_messages": 1, "created_at": 1}


def _user(document: Mapping[str, Any]) -> User:
    return User(
        id=str(document["_id"]),
        username=document["username"],
        accepts_messages=document["accepts_messages"],
        created_at=document["created_at"],
    )


@raises_unavailable
class UserRepository:
    """Stores and finds users. The unique indexes decide who has a name or an address."""

    def __init__(self, database: Database, emails: EmailVault, keys: DataKeys) -> None:
        self._collection = database["users"]
        self._emails = emails
        self._keys = keys

    async def add(self, registration: Registration, username: str, created_at: datetime) -> User:
        """Make a user of a registration, under `username`.

        Raises:
            UsernameTaken: If somebody verified has the name.
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
        return _user(document)

    async def get_by_id(self, user_id: str) -> User | None:
        """Return the user with this id."""
        document = await self._collection.find_one({"_id": object_id(user_id)}, USER_FIELDS)
        return _user(document) if document else None

    async def get_by_username(self, username: str) -> User | None:
        """Return the user with this name, whatever its case."""
        document = await self._collection.find_one({"username_key": {"$eq": username_key(username)}}, USER_FIELDS)
        return _user(document) if document else None

    async def get_credentials(self, identifier: str) -> Credentials | None:
        """Return the user who signs in as `identifier`, a name or an address."""
        if "@" in identifier:
            query = {"email_hash": {"$eq": self._emails.hash(identifier)}}
        else:
            query = {"username_key": {"$eq": username_key(identifier)}}
        document = await self._collection.find_one(query, {**USER_FIELDS, "password_hash": 1})
        return Credentials(_user(document), document["password_hash"]) if document else None

    async def check_free(self, username: str, email: str) -> None:
        """See in one query whether a name and an address are free. A courtesy: `add` decides.

        Raises:
            UsernameTaken: If the name is a verified user's.
            EmailTaken: If the address is.
        """
        key, email_hash = username_key(username), self._emails.hash(email)
        query = {"$or": [{"username_key": {"$eq": key}}, {"email_hash": {"$eq": email_hash}}]}
        found = await self._collection.find(query, {"_id": 0, "username_key": 1}).limit(2).to_list()
        if any(document["username_key"] == key for document in found):
            raise UsernameTaken
        if found:
            raise EmailTaken

    async def update_accepts_messages(self, user_id: str, accepts_messages: bool) -> bool:
        """Open or close an inbox; return False if there is no such user."""
        change = {"$set": {"accepts_messages": accepts_messages}}
        result = await self._collection.update_one({"_id": object_id(user_id)}, change)
        return result.matched_count == 1

    async def update_password(self, user_id: str, password_hash: str) -> bool:
        """Replace a password hash; return False if there is no such user."""
        change = {"$set": {"password_hash": password_hash}}
        result = await self._collection.update_one({"_id": object_id(user_id)}, change)
        return result.matched_count == 1

    async def has_password(self, user_id: str, password_hash: str) -> bool:
        """Return whether this is the user's password hash now."""
        query = {"_id": object_id(user_id), "password_hash": {"$eq": password_hash}}
        return await self._collection.find_one(query, {"_id": 1}) is not None

    async def get_email(self, user_id: str) -> str | None:
        """Return a user's address as it was typed."""
        document = await self._collection.find_one({"_id": object_id(user_id)}, {"email": 1, "email_hash": 1})
        return self._emails.open(document["email"], document["email_hash"]) if document else None

    async def get_addressee(self, user_id: str) -> Addressee | None:
        """Return a user with the address for mails."""
        return await self._find_addressee({"_id": object_id(user_id)})

    async def get_addressee_by_email(self, email: str) -> Addressee | None:
        """Return the user who signed up with this address, and the address as it was typed then.

        Mails go there: what somebody types now may look alike and be somebody else's.
        """
        return await self._find_addressee({"email_hash": {"$eq": self._emails.hash(email)}})

    async def _find_addressee(self, query: Document) -> Addressee | None:
        found = await self._collection.find_one(query, {**USER_FIELDS, "email": 1, "email_hash": 1})
        return Addressee(_user(found), self._emails.open(found["email"], found["email_hash"])) if found else None
