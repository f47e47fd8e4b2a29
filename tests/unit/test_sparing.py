"""Strangers can't fill the log."""

import logging

import pytest

from anonmsg.sparing import SparingLog


def test_a_sentence_comes_at_most_once_a_second_with_how_often_it_held(caplog: pytest.LogCaptureFixture) -> None:
    seconds = [10.0]
    sparing = SparingLog(logging.getLogger("sparing"), lambda: seconds[0])

    for _ in range(5):
        sparing.warn("Dropped one.")
    sparing.warn("Something else.")
    seconds[0] += 0.9
    sparing.warn("Dropped one.")
    seconds[0] += 0.1
    sparing.warn("Dropped one.")
    seconds[0] += 60
    sparing.warn("Dropped one.")

    assert caplog.messages == ["Dropped one.", "Something else.", "Dropped one. (6 times)", "Dropped one."]
