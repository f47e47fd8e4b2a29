"""What counts as a burst, and what a block shows of a message."""

from datetime import UTC, datetime, timedelta

import pytest

from anonmsg.services.blocking import BURST_SIZE, BURST_TIME, EXCERPT, excerpt_of, is_in_burst

START = datetime(2026, 1, 1, tzinfo=UTC)


def moments(count: int, apart: timedelta, start: datetime = START) -> list[datetime]:
    return [start + number * apart for number in range(count)]


def members(times: list[datetime]) -> list[int]:
    return [number for number in range(len(times)) if is_in_burst(times, number)]


@pytest.mark.parametrize("count", [0, 1, BURST_SIZE - 1])
def test_fewer_messages_are_no_burst_however_quickly_they_came(count: int) -> None:
    assert members(moments(count, timedelta(0))) == []


def test_twenty_within_an_hour_are_a_burst_and_a_moment_longer_is_not() -> None:
    apart = BURST_TIME / (BURST_SIZE - 1)

    assert members(moments(BURST_SIZE, apart)) == list(range(BURST_SIZE))
    assert members(moments(BURST_SIZE, apart + timedelta(milliseconds=1))) == []


def test_single_messages_before_and_after_a_burst_are_no_part_of_it() -> None:
    burst = moments(BURST_SIZE, timedelta(seconds=1), START + timedelta(hours=5))
    times = [START, *burst, START + timedelta(hours=10)]

    assert members(times) == list(range(1, BURST_SIZE + 1))


@pytest.mark.parametrize(
    ("content", "excerpt"),
    [
        ("short", "short"),
        ("two\n\nlines\tand a tab", "two lines and a tab"),
        ("x" * EXCERPT, "x" * EXCERPT),
        ("x" * (EXCERPT + 1), "x" * (EXCERPT - 1) + "…"),
        ("", ""),
    ],
)
def test_a_block_shows_the_beginning_of_its_message_in_one_line(content: str, excerpt: str) -> None:
    assert excerpt_of(content) == excerpt
