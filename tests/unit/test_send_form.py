"""What the form on a send page tells about how it was filled in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from anonmsg.send_form import AGE, KEY, LEAST_TIME, TRAP, folder_for, key_of, new_key, written_at

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)


def test_a_key_tells_when_its_form_was_written_and_none_is_like_another() -> None:
    first, second = new_key(NOW), new_key(NOW)

    assert written_at(first) == written_at(second) == NOW
    assert first != second
    assert key_of({KEY: first}) == first


@pytest.mark.parametrize(
    "key", ["", "b.0123", "1795395011885", "1795395011885.short", "x" * 30, "1" * 13 + ".\u0661" * 16]
)
def test_a_key_that_is_not_ours_tells_no_time(key: str) -> None:
    assert written_at(key) is None


@pytest.mark.parametrize("key", [None, "", " ", "a b", "x" * 201, "\u2603", 5, ["a"], {"$gt": ""}])
def test_what_can_not_be_a_key_is_none(key: object) -> None:
    assert key_of({KEY: key}) == ""


@pytest.mark.parametrize(
    ("fields", "shown_at", "folder"),
    [
        ({}, None, "inbox"),
        ({KEY: new_key(NOW - LEAST_TIME)}, None, "inbox"),
        ({KEY: new_key(NOW - LEAST_TIME + MOMENT)}, None, "filtered"),
        ({KEY: new_key(NOW - LEAST_TIME)}, NOW, "inbox"),
        ({KEY: new_key(NOW)}, NOW - LEAST_TIME, "inbox"),
        ({KEY: new_key(NOW), AGE: "1000"}, NOW, "inbox"),
        ({KEY: new_key(NOW), AGE: "999"}, NOW, "filtered"),
        ({KEY: new_key(NOW + LEAST_TIME)}, None, "inbox"),
        ({KEY: "b.0123"}, NOW, "filtered"),
        ({TRAP: "https://example.com"}, None, "filtered"),
        ({TRAP: ""}, None, "inbox"),
    ],
)
def test_only_what_is_surely_hasty_or_trapped_is_put_aside(
    fields: dict[str, Any], shown_at: datetime | None, folder: str
) -> None:
    assert folder_for(fields, NOW, shown_at) == folder
