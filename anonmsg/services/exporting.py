"""Exporting: everything that is stored about somebody, in a file of their own, however much it is."""

import csv
import io
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Literal, Protocol

from anonmsg.clock import Clock
from anonmsg.errors import AnonmsgError, ExportRunning, NotAuthenticated
from anonmsg.models import BulkAct, Message, Session, User
from anonmsg.rules import INVISIBLE
from anonmsg.services.confirming import Confirmation
from anonmsg.services.sessions import Identity, Sessions

Kind = Literal["json", "csv"]

UNREADABLE = "This message can't be read"
BROKEN_OFF = "The export broke off here and is not complete. Please export again."
CHECK_EVERY = 50
"""After so many batches it is asked again whether the session still lasts."""


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda letter: letter[1].upper(), name)


NAMES = {
    field.name: _camel(field.name) for field in fields(Message) if field.name not in {"recipient_id", "is_passing"}
}
"""What is stored about a message, by the names that the API has too. What comes later joins by itself."""

UNSEEN = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff" + INVISIBLE
CELL_START = re.compile(rf'((?:\A|[;\t\r\n])[\s"{UNSEEN}]*)([=+\-@＝＋－＠]?)')


class Users(Protocol):
    """The verified people."""

    async def get_by_id(self, user_id: str) -> User | None: ...
    async def get_email(self, user_id: str) -> str | None: ...


class Messages(Protocol):
    """The stored messages."""

    def iterate(self, recipient_id: str, acts: Sequence[BulkAct]) -> AsyncIterator[Sequence[Message]]: ...


class Exporting:
    """Writes files piece by piece, so that a million messages take no more memory than a hundred."""

    def __init__(
        self, users: Users, sessions: Sessions, messages: Messages, confirmation: Confirmation, clock: Clock
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._messages = messages
        self._confirmation = confirmation
        self._clock = clock
        self._running: set[str] = set()

    async def export(self, token: str, kind: Kind) -> AsyncGenerator[str]:
        """Return the pieces of a file. It ends with an exception if it could not be completed.

        Whoever is given them has the one place that a person has, until all are read or they are closed.

        Raises:
            NotAuthenticated: If the token is nobody's.
            PasswordNeeded: If the password was not typed lately.
            ExportRunning: If the person has one that is not done.
        """
        identity = await self._sessions.identify(token)
        self._confirmation.require(identity)
        pieces = self._pieces(token, identity, kind)
        await anext(pieces)  # takes the place; and only what has begun gives it back when it is closed unread
        return pieces

    async def _pieces(self, token: str, identity: Identity, kind: Kind) -> AsyncGenerator[str]:
        if identity.user_id in self._running:
            raise ExportRunning
        self._running.add(identity.user_id)
        try:
            yield ""
            async for piece in self._json(token, identity) if kind == "json" else self._csv(token, identity):
                yield piece
        finally:
            self._running.discard(identity.user_id)

    async def _batches(self, token: str, user_id: str) -> AsyncGenerator[Sequence[Message]]:
        """Yield all messages; whoever is signed out or leaves meanwhile gets no file that looks complete."""
        user, number = await self._users.get_by_id(user_id), 0
        # As the lists show them: what is done to all of a view counts from the moment when it was asked for.
        async for batch in self._messages.iterate(user_id, user.acts if user else ()):
            yield batch
            number += 1
            if number % CHECK_EVERY == 0:
                await self._sessions.identify(token)
        await self._sessions.identify(token)

    async def _json(self, token: str, identity: Identity) -> AsyncGenerator[str]:
        """Yield one JSON document (RFC 8259); broken off it is none."""
        head = {"exportedAt": _value(self._clock()), **await self._account(identity)}
        yield json.dumps(head, ensure_ascii=False, indent=2).removesuffix("\n}") + ',\n  "messages": ['
        before = "\n    "
        async for batch in self._batches(token, identity.user_id):
            rows = (json.dumps(_row(message), ensure_ascii=False) for message in batch)
            yield before + ",\n    ".join(rows)
            before = ",\n    "
        yield '\n  ],\n  "isComplete": true\n}\n'

    async def _csv(self, token: str, identity: Identity) -> AsyncGenerator[str]:
        """Yield the messages as CSV (RFC 4180), with the mark by which spreadsheets know UTF-8."""
        yield "\ufeff" + _lines([list(NAMES.values())])
        try:
            async for batch in self._batches(token, identity.user_id):
                yield _lines([_cells(message) for message in batch])
        except AnonmsgError:
            yield _lines([[BROKEN_OFF]])
            raise

    async def _account(self, identity: Identity) -> dict[str, Any]:
        user, email = await self._users.get_by_id(identity.user_id), await self._users.get_email(identity.user_id)
        if user is None or email is None:
            raise NotAuthenticated
        sessions = await self._sessions.list_sessions(user.id)
        return {
            "account": {
                "username": user.username,
                "email": email,
                "createdAt": _value(user.created_at),
                "acceptsMessages": user.accepts_messages,
                "page": {_camel(name): value for name, value in asdict(user.page).items()},
                "opensAt": _value(user.opens_at),
                "closesAfter": user.remaining,
                "mutedWords": list(user.muted),
                "hasCoarseDates": user.has_coarse_dates,
            },
            "sessions": [_session(session, identity) for session in sessions],
        }


def _session(session: Session, identity: Identity) -> dict[str, Any]:
    return {
        "device": session.device,
        "createdAt": _value(session.created_at),
        "lastSeenAt": _value(session.last_seen_at),
        "expiresAt": _value(session.expires_at),
        "confirmedAt": _value(session.confirmed_at),
        "isThisOne": session.id == identity.session_id,
    }


def _row(message: Message) -> dict[str, Any]:
    row = {shown: _value(getattr(message, name)) for name, shown in NAMES.items()}
    return row if message.content is not None else {**row, "content": None, "note": UNREADABLE}


def _value(value: object) -> Any:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value


def _lines(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _cells(message: Message) -> list[str]:
    row = {shown: _value(getattr(message, name)) for name, shown in NAMES.items()}
    if message.content is None:
        row["content"] = UNREADABLE
    return ["" if value is None else guard_cell(str(value)) for value in row.values()]


def guard_cell(text: str) -> str:
    """Return `text` as no spreadsheet takes it for a formula: strangers wrote it (OWASP, "CSV Injection").

    An apostrophe goes before a sign that would begin one, at the start and wherever a program that
    splits at semicolons, tabs or line ends, as spreadsheets do in some countries, would begin a cell.
    """
    return CELL_START.sub(lambda found: f"{found[1]}'{found[2]}" if found[2] else found[1], text)
