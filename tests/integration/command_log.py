"""Sees every command that goes to the database, to count round trips and to have them explained."""

import functools
from typing import Any

import pytest
from pymongo import monitoring

from anonmsg import bootstrap
from anonmsg.settings import Settings
from anonmsg.storage import database as database_module
from anonmsg.storage.database import Database

HOUSEKEEPING = frozenset({"endSessions", "hello"})


class CommandLog(monitoring.CommandListener):
    """Keeps the commands since the last `clear`, in order."""

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name not in HOUSEKEEPING:
            self.commands.append(dict(event.command))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to note."""

    def clear(self) -> None:
        self.commands.clear()

    @property
    def trips(self) -> list[str]:
        """The commands as "find users", one a round trip."""
        named = ((next(iter(command)), command) for command in self.commands)
        return [f"{name} {command['collection'] if name == 'getMore' else command[name]}" for name, command in named]


def open_logged_database(settings: Settings, log: CommandLog, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Open the configured database with `log` listening."""
    client = functools.partial(database_module.AsyncMongoClient, event_listeners=[log])
    with monkeypatch.context() as patch:
        patch.setattr(database_module, "AsyncMongoClient", client)
        return bootstrap.open_database(settings)


def impatient_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make databases that are opened from now on give up after a moment instead of seconds."""
    client = database_module.AsyncMongoClient

    def impatient(uri: str, **options: Any) -> Any:
        return client(uri, **{**options, "timeoutMS": 300, "serverSelectionTimeoutMS": 200})

    monkeypatch.setattr(database_module, "AsyncMongoClient", impatient)
