"""Limits: exact under crowds, open again when their time is over, and never used up by what they refused."""

import asyncio
import contextlib
import re
from datetime import timedelta
from pathlib import Path

import pytest
from limits import parse_many

from anonmsg.bootstrap import build_throttle
from anonmsg.errors import CannotStart, TooManyAttempts
from anonmsg.models import Mail
from anonmsg.services.mailing import Mailing
from anonmsg.services.throttling import LIMITS, SCOPES, Throttle
from anonmsg.settings import Settings
from anonmsg.storage.counters import MemoryCounters, RateCounters, are_limits
from tests.conftest import FakeClock, FakeMailer

MINUTE = timedelta(minutes=1)


@pytest.fixture
def throttle(clock: FakeClock) -> Throttle:
    return Throttle(
        RateCounters(clock), {"send per client": "3/minute; 5/hour", "send": "4/minute", "sign-up": "2/minute"}
    )


async def outcomes(throttle: Throttle, count: int, **counted: str) -> list[bool]:
    """Whether each of several acts at once was allowed."""
    scopes = {scope.replace("_", " "): key for scope, key in counted.items()}
    found = await asyncio.gather(*(throttle.count(scopes) for _ in range(count)), return_exceptions=True)  # pyright: ignore[reportArgumentType]  # scopes as keywords
    assert all(error is None or isinstance(error, TooManyAttempts) for error in found)
    return [error is None for error in found]


async def test_a_crowd_gets_exactly_the_limit(throttle: Throttle) -> None:
    assert sum(await outcomes(throttle, 100, send_per_client="a")) == 3


async def test_keys_do_not_touch_each_other(throttle: Throttle) -> None:
    await outcomes(throttle, 100, send_per_client="a")

    assert sum(await outcomes(throttle, 2, send_per_client="b")) == 2


async def test_a_refusal_says_how_long_to_wait_and_that_is_true(throttle: Throttle, clock: FakeClock) -> None:
    await outcomes(throttle, 3, send_per_client="a")
    clock.advance(timedelta(seconds=20))
    with pytest.raises(TooManyAttempts) as refused:
        await throttle.count({"send per client": "a"})
    clock.advance(refused.value.retry_after)

    assert str(refused.value) == "Please wait 40 seconds and try again."
    assert await outcomes(throttle, 1, send_per_client="a") == [True]


async def test_the_longest_full_window_decides_about_the_wait(throttle: Throttle, clock: FakeClock) -> None:
    await outcomes(throttle, 3, send_per_client="a")
    clock.advance(MINUTE)
    await outcomes(throttle, 2, send_per_client="a")
    with pytest.raises(TooManyAttempts) as refused:
        await throttle.count({"send per client": "a"})

    assert refused.value.retry_after == timedelta(minutes=59)
    assert str(refused.value) == "Please wait 59 minutes and try again."


async def test_what_a_window_refuses_counts_in_no_longer_one(throttle: Throttle, clock: FakeClock) -> None:
    await outcomes(throttle, 100, send_per_client="a")
    clock.advance(MINUTE)

    assert sum(await outcomes(throttle, 10, send_per_client="a")) == 2


async def test_what_one_is_refused_does_not_use_up_what_all_may_do(throttle: Throttle) -> None:
    await outcomes(throttle, 100, send_per_client="flooder", send="")

    assert await outcomes(throttle, 1, send_per_client="other", send="") == [True]
    assert await outcomes(throttle, 1, send_per_client="other", send="") == [False]


async def test_near_a_limit_is_half_of_the_way_and_asking_counts_nothing(throttle: Throttle) -> None:
    asked = [await throttle.wait_while_near({"send per client": "a"}) for _ in range(10)]
    await outcomes(throttle, 2, send_per_client="a")

    assert not any(asked)
    assert await throttle.wait_while_near({"send per client": "a"})


async def test_what_one_scope_refuses_is_counted_in_none_whatever_the_order(throttle: Throttle) -> None:
    await outcomes(throttle, 100, send="", send_per_client="flooder")

    assert await outcomes(throttle, 1, send="", send_per_client="other") == [True]


async def test_who_is_refused_anyway_fills_no_memory(clock: FakeClock) -> None:
    counters = RateCounters(clock)
    throttle = Throttle(counters, {"send per client": "3/minute"})
    for number in range(500):
        with contextlib.suppress(TooManyAttempts):
            await throttle.count({"send per client and recipient": f"a someone{number}", "send per client": "a"})

    kept = counters._memory.storage
    assert isinstance(kept, MemoryCounters)
    assert len(kept) == 3 * len(parse_many(LIMITS["send per client and recipient"])) + 1


async def test_the_longest_wait_of_several_scopes_is_said(throttle: Throttle, clock: FakeClock) -> None:
    await outcomes(throttle, 3, send_per_client="a")
    clock.advance(timedelta(seconds=30))
    for _ in range(2):
        await throttle.count({"sign-up": ""})

    with pytest.raises(TooManyAttempts) as refused:
        await throttle.count({"send per client": "a", "sign-up": ""})

    assert refused.value.retry_after == MINUTE


@pytest.mark.parametrize("jump", [timedelta(days=-365), timedelta(minutes=-2)])
async def test_a_clock_that_is_set_back_locks_nobody_out(throttle: Throttle, clock: FakeClock, jump: timedelta) -> None:
    await outcomes(throttle, 3, send_per_client="a")
    clock.advance(jump)

    assert await outcomes(throttle, 4, send_per_client="a") == [True, True, True, False]


async def test_counters_from_a_clock_that_was_ahead_leave_the_memory(clock: FakeClock) -> None:
    counters = MemoryCounters(clock)
    clock.advance(timedelta(days=365))
    await counters.incr("from the future", 30)
    clock.advance(timedelta(days=-365))
    await counters.incr("now", 30)

    assert len(counters) == 1


async def test_nothing_that_is_counted_can_be_read_from_the_counters(clock: FakeClock) -> None:
    counters = RateCounters(clock, key=b"k" * 32)
    await Throttle(counters).count({"sign-in per account": "ann@example.com", "send per client": "a bucket"})

    kept = counters._memory.storage
    assert isinstance(kept, MemoryCounters)
    assert len(kept) == 5
    assert not re.search("ann|example|bucket|sign|send", " ".join(kept._counts))


async def test_a_proof_is_used_once_even_by_a_crowd(throttle: Throttle, clock: FakeClock) -> None:
    first = await asyncio.gather(*(throttle.is_first_use("a proof") for _ in range(20)))

    assert sum(first) == 1
    assert await throttle.is_first_use("another")


async def test_a_forgotten_count_begins_anew(throttle: Throttle) -> None:
    await outcomes(throttle, 3, send_per_client="a")
    await throttle.forget({"send per client": "a"})

    assert await outcomes(throttle, 1, send_per_client="a") == [True]


async def test_switched_off_nothing_is_refused(clock: FakeClock) -> None:
    off = Throttle(RateCounters(clock), {"send": "1/day"}, is_on=False)

    assert all(await outcomes(off, 50, send=""))
    assert not await off.wait_while_near({"send": ""})


async def test_counters_whose_time_is_over_leave_the_memory(clock: FakeClock) -> None:
    counters = MemoryCounters(clock)
    for number in range(1000):
        await counters.incr(f"key {number}", 30)
    clock.advance(timedelta(minutes=2))
    await counters.incr("another", 30)

    assert await counters.get("key 5") == 0
    assert await counters.reset() == 1


def test_every_scope_has_limits_that_can_be_read() -> None:
    assert set(LIMITS) == set(SCOPES)
    assert all(map(are_limits, LIMITS.values()))


def test_the_readme_lists_every_limit() -> None:
    rows = re.findall(r"^\| `([a-z -]+)` \| (\d[^|]*) \|$", Path("README.md").read_text("utf-8"), re.MULTILINE)

    assert dict(rows) == LIMITS


def test_a_classroom_behind_one_address_needs_no_proof() -> None:
    for scope in ("send per client", "send per client and recipient"):
        shortest = min(parse_many(LIMITS[scope]), key=lambda window: window.get_expiry())

        assert shortest.get_expiry() == 60
        assert shortest.amount / 2 > 30


@pytest.mark.parametrize("text", ["", "lots", "5", "5/fortnight", "-1/minute", "5/minute; x", "0/minute"])
def test_nonsense_is_no_limit(text: str) -> None:
    assert not are_limits(text)


@pytest.mark.parametrize("limits", [{"no such scope": "1/day"}, {"send": "lots"}])
def test_a_wrong_limit_in_the_settings_is_a_refusal_to_start(clock: FakeClock, limits: dict[str, str]) -> None:
    with pytest.raises(CannotStart, match="LIMITS"):
        build_throttle(Settings(_env_file=None, limits=limits), clock)  # pyright: ignore[reportCallIssue]


async def test_a_limit_in_the_settings_replaces_the_built_in_one(clock: FakeClock) -> None:
    chosen = build_throttle(Settings(_env_file=None, limits={"send": "1/day"}), clock)  # pyright: ignore[reportCallIssue]

    assert await outcomes(chosen, 2, send="") == [True, False]


async def test_an_address_gets_five_mails_an_hour_whatever_they_are_for(clock: FakeClock, mailer: FakeMailer) -> None:
    mailing = Mailing(mailer, Throttle(RateCounters(clock)), str.lower)
    mails = [Mail(to=to, subject=f"mail {n}", html="", text="") for n, to in enumerate(["Ann@x.org", "ann@X.org"] * 5)]
    refused = 0
    for mail in mails:
        try:
            await mailing.send(mail)
        except TooManyAttempts:
            refused += 1
    await mailing.send(Mail(to="bob@x.org", subject="another", html="", text=""))
    clock.advance(timedelta(hours=1))
    await mailing.send(mails[0])

    assert refused == 5
    assert len(mailer.mails) == 7


async def test_a_notice_goes_out_however_many_mails_a_stranger_has_asked_for(
    clock: FakeClock, mailer: FakeMailer
) -> None:
    mailing = Mailing(mailer, Throttle(RateCounters(clock)), str.lower)
    for number in range(5):
        await mailing.send(Mail(to="ann@x.org", subject=f"code {number}", html="", text=""))
    await mailing.send(Mail(to="ann@x.org", subject="Your password was changed", html="", text="", is_notice=True))

    assert mailer.mails[-1].is_notice
