"""What is counted of the codes that are mailed to new addresses, while others of the same user fail."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from anonmsg.storage.database import Database, object_id
from anonmsg.storage.email_changes import EmailChangeRepository
from anonmsg.storage.encryption import EmailVault

USER = "5f" * 12
NOW = datetime(2026, 1, 2, tzinfo=UTC)
COOLDOWN, TTL, MOST = timedelta(minutes=1), timedelta(days=1), 10
RACES = 60
"""Before it was mended, one in about ten went wrong."""


@pytest.fixture
def changes(database: Database) -> EmailChangeRepository:
    return EmailChangeRepository(database, EmailVault(b"e" * 32, b"i" * 32))


async def sent(changes: EmailChangeRepository, now: datetime) -> bool:
    return await changes.update_sent(USER, now, change_ttl=TTL, cooldown=COOLDOWN, most=MOST)


async def test_a_mail_that_fails_takes_nothing_back_of_one_that_is_asked_for_meanwhile(
    changes: EmailChangeRepository, database: Database
) -> None:
    for _ in range(RACES):
        assert await sent(changes, NOW)

        _, counted = await asyncio.gather(changes.restore_sent(USER, NOW), sent(changes, NOW))

        left = await database["email_changes"].find_one({"_id": object_id(USER)})
        assert (left["codes_sent"] if left else 0) == counted
        await database["email_changes"].delete_many({})
