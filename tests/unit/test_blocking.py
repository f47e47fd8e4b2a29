"""What counts as a burst, and what a block shows of a message."""

from datetime import UTC, datetime, timedelta

import pytest

from anonmsg.services.blocking import BURST_SIZE, BURST_TIME, EXCERPT, excerpt_of, in_bursts

START = datetime(2026, 1, 1, tzinfo=UTC)


def moments(count: int, apart: timedelta, start: datetime = START) -> list[datetime]:
    return [start + number * apart for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, BURST_SIZE - 1])
def test_fewer_messages_are_no_burst_however_quickly_they_came(count: int) -> None:
    assert in_bursts(moments(count, timedelta(0))) == []


def test_twenty_within_an_hour_are_a_burst_and_a_moment_longer_is_not() -> None:
    apart = BURST_TIME / (BURST_SIZE - 1)

    assert in_bursts(moments(BURST_SIZE, apart)) == list(range(BURST_SIZE))
    assert in_bursts(moments(BURST_SIZE, apart + timedelta(milliseconds=1))) == []


def test_single_messages_before_and_after_a_burst_are_no_part_of_it() -> None:
    burst = moments(BURST_SIZE, timedelta(seconds=1), START + timedelta(hours=5))
    times = [START, *burst, START + timedelta(hours=10)]

    assert in_bursts(times) == list(range(1, BURST_SIZE + 1))


def test_each_message_of_bursts_that_overlap_or_are_apart_is_there_once() -> None:
    evening = moments(BURST_SIZE, timedelta(0), START + timedelta(hours=9))
    times = [*moments(BURST_SIZE + 9, BURST_TIME / BURST_SIZE), START + timedelta(hours=5), *evening]

    assert in_bursts(times) == [number for number in range(len(times)) if number != BURST_SIZE + 9]


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
