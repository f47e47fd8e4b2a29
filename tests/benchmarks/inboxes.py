"""Inboxes of all sizes: sending into them, opening them, and looking for words."""

import asyncio
import gc
import re
import time
from collections.abc import Awaitable
from statistics import median

from anonmsg.models import User
from anonmsg.services.searching import Step
from tests.benchmarks.dashboards import call, open_dashboard
from tests.benchmarks.figures import Figure
from tests.benchmarks.load import Connection, Load, get, message
from tests.benchmarks.process import MOST_BYTES
from tests.benchmarks.site import Site
from tests.e2e.raw_socket import RawSocket

SEND_SIZES = (0, 60_000, 1_000_000)
OPEN_SIZES = (20, 10_000, 1_000_000)
ROUNDS = 60

SEARCHED: dict[str, tuple[str, float | None]] = {
    "1,000 plain letters": (("The quick brown fox jumps over the lazy dog. " * 23)[:1000], 1),
    "300 letters, accented": (("Là-bas, l'été où nous étions à Évian, ça m'a plu : naïve fête, garçon. " * 5)[:300], 1),
    "1,000 letters, accented": (("Là-bas, l'été où nous étions à Évian, ça m'a plu : naïve fête. " * 16)[:1000], 1),
    "1,000 Cyrillic letters": (("Съешь ещё этих мягких французских булок, да выпей чаю. Йод! " * 17)[:1000], 1),
    "1,000 Korean syllables": ("".join(chr(0xAC00 + number * 18 % 11_172) for number in range(1000)), None),
    "1,000 signs that stand for 18 each": ("ﷺ" * 1000, None),
}
"""Texts to look through beside short plain ones, and the budget in seconds; the last two are none that people write."""


async def send_into(site: Site) -> list[Figure]:
    """Send into an empty inbox and into large ones, in turns."""
    people = await site.recipients(len(SEND_SIZES))
    for user, size in zip(people, SEND_SIZES, strict=True):
        await site.fill(user, size // site.scale)
    connection, times = await Connection.open(site.app.port), [list[float]() for _ in people]
    for number in range(ROUNDS + 5):
        for user, taken in zip(people, times, strict=True):
            began = time.perf_counter()
            assert await connection.ask(message(site.app.port, user.username)) == 201
            if number >= 5:
                taken.append(time.perf_counter() - began)
    connection.close()
    empty, *large = (median(taken) for taken in times)
    first = Figure("send into an empty inbox", empty * 1000, "ms")
    return [first] + [
        Figure(f"send into {size // site.scale:,}, beside empty", taken / empty, "×", at_most=1.2)
        for size, taken in zip(SEND_SIZES[1:], large, strict=True)
    ]


async def open_inbox(site: Site) -> list[Figure]:
    """Open dashboards of all sizes, in turns: what the service takes, and what the page waits for."""
    people = await site.recipients(len(OPEN_SIZES))
    for user, size in zip(people, OPEN_SIZES, strict=True):
        await site.fill(user, size // site.scale)
    cookies = [await site.cookie(user) for user in people]
    served, shown = [list[float]() for _ in people], [list[float]() for _ in people]
    for number in range(ROUNDS + 5):
        for at, user in enumerate(people):
            began = time.perf_counter()
            owner = await site.services.inbox.owner(user.id)
            await site.services.inbox.list_messages(owner, "", 20)
            taken = time.perf_counter() - began
            tab, waited = await asyncio.to_thread(open_dashboard, site, cookies[at])
            with tab:
                if number >= 5:
                    served[at].append(taken)
                    shown[at].append(waited)
    figures = list[Figure]()
    for name, times in (("service", served), ("websocket", shown)):
        small, *large = (median(taken) for taken in times)
        figures.append(Figure(f"open 20, {name}", small * 1000, "ms"))
        figures += [
            Figure(f"open {size // site.scale:,}, {name}, beside 20", taken / small, "×", at_most=1.2)
            for size, taken in zip(OPEN_SIZES[1:], large, strict=True)
        ]
    return figures


async def count(site: Site) -> list[Figure]:
    """Count what is in the views of a large inbox."""
    (user,) = await site.recipients(1)
    await site.fill(user, 1_000_000 // site.scale)
    times = list[float]()
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await site.services.inbox.count(user)
        times.append(time.perf_counter() - began)
    return [Figure("count all views of a large inbox", median(times) * 1000, "ms")]


async def search(site: Site) -> list[Figure]:
    """Look through 10,000 messages of several kinds, and see how long it holds others up at a time."""
    people = await site.recipients(len(SEARCHED) + 1)
    gc.collect()
    gc.freeze()  # as the app does: what was imported is never garbage, and looking through it takes long
    await site.fill(people[0], 10_000)
    figures = await _searched(site, people[0], "", 1)
    for user, (what, (text, most)) in zip(people[1:], SEARCHED.items(), strict=True):
        await site.fill(user, 10_000, text)
        figures += await _searched(site, user, f", {what}", most)
    return figures


async def _searched(site: Site, user: User, what: str, most: float | None) -> list[Figure]:
    began, steps = time.perf_counter(), list[Step]()
    ticking = asyncio.create_task(_ticks())
    async for step in site.services.searching.search(user, "inbox", "inbox 9 long"):
        steps.append(step)
    taken = time.perf_counter() - began
    ticking.cancel()
    (longest,) = await asyncio.gather(ticking)
    assert steps[-1].searched == 10_000
    return [
        Figure(f"search 10,000 messages{what}", taken, "s", at_most=most),
        Figure(f"longest time that nobody else is served meanwhile{what}", longest * 1000, "ms", at_most=5),
    ]


async def search_page(site: Site) -> list[Figure]:
    """Find everything in a large inbox on a dashboard, delete it, and bring it back, while others check names."""
    count = 1_000_000 // site.scale
    (user,) = await site.recipients(1)
    quiet = await _checked_meanwhile(site, asyncio.sleep(3))
    await site.fill(user, count)
    tab, _ = await asyncio.to_thread(open_dashboard, site, await site.cookie(user))
    figures = [Figure("check, quiet, p95", quiet.p95 * 1000, "ms")]
    asked: list[tuple[str, str, dict[str, str], str]] = [
        (f"find {count:,} on a dashboard", "search", {"query": "long"}, f'"searched_rx_state_":{count}'),
        (f"delete {count:,} found", "act_on_all", {"action": "delete"}, f'"{count:,} messages deleted'),
        (f"bring back {count:,}", "undo_last", {}, f'"Undone for {count:,} messages'),
    ]
    for name, handler, payload, until in asked:
        payload = {"act_id": _act_id(tab)} if handler == "undo_last" else payload
        tab.heard.clear()
        call(tab, handler, payload)
        began = time.perf_counter()
        others = await _checked_meanwhile(site, asyncio.to_thread(_hear, tab, until))
        figures += [
            Figure(name, time.perf_counter() - began, "s"),
            Figure(f"check meanwhile, p95 ({handler})", others.p95 * 1000, "ms"),
            Figure(f"memory then ({handler})", site.memory() / 1e6, "MB", at_most=MOST_BYTES / 1e6),
        ]
    tab.__exit__()
    return figures


def _hear(tab: RawSocket, text: str) -> None:
    """Wait until a dashboard hears a text."""
    tab.wait(lambda: any(text in frame.replace('": ', '":') for frame in tab.heard))


def _act_id(tab: RawSocket) -> str:
    found = [one for frame in tab.heard for one in re.findall(r"many-[\w-]+", frame)]
    return found[-1]


async def _checked_meanwhile(site: Site, work: Awaitable[object]) -> Load:
    """Check a name every 20 ms until some work is done, and at least twice."""
    working, connection, checks = asyncio.ensure_future(work), await Connection.open(site.app.port), Load()
    while not working.done() or len(checks.times) < 2:
        began = time.perf_counter()
        await connection.ask(get(site.app.port, "/api/check-username-unique?username=nobody_yet"))
        checks.times.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)
    connection.close()
    await working
    return checks


async def _ticks() -> float:
    """Return the longest time in which nothing else could run here; what other processes take does not count."""
    longest, last = 0.0, time.thread_time()
    try:
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            longest, last = max(longest, now - last), now
    except asyncio.CancelledError:
        return longest
