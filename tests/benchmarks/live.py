"""Two hundred open dashboards: what they weigh, and how soon they show what comes."""

import asyncio
import time

from tests.benchmarks.dashboards import open_dashboard, wait_for
from tests.benchmarks.figures import Figure, p95
from tests.benchmarks.load import Connection, get, load, post
from tests.benchmarks.site import Site

DASHBOARDS = 200
SECONDS = 3
MOST_BYTES = 250_000


async def live(site: Site) -> list[Figure]:
    """Open them all, then send to one after the other."""
    people = await site.recipients(DASHBOARDS)
    for user in people:
        await site.fill(user, 20)
    check = [get(site.app.port, "/api/check-username-unique?username=nobody_yet")]
    await load(site.app.port, check, 1, 1)
    alone = await load(site.app.port, check, 1, SECONDS)
    cookies = [await site.cookie(user) for user in people]
    first, _ = await asyncio.to_thread(open_dashboard, site, cookies[0])
    before = site.memory()
    opened = [await asyncio.to_thread(open_dashboard, site, cookie) for cookie in cookies[1:]]
    tabs = [first, *(tab for tab, _ in opened)]
    weight = (site.memory() - before) / len(opened)
    connection, times = await Connection.open(site.app.port), list[float]()
    for number, (user, tab) in enumerate(zip(people, tabs, strict=True)):
        text = f"live number {number:04}"
        began = time.perf_counter()
        await connection.ask(post(site.app.port, "/api/send-message", {"username": user.username, "content": text}))
        times.append(await asyncio.to_thread(wait_for, tab, text) - began)
    connection.close()
    checks = await load(site.app.port, check, 1, SECONDS)
    for tab in tabs:
        tab.__exit__()
    return [
        Figure("send → shown on an open dashboard, p95 of 200", p95(times) * 1000, "ms", at_most=100),
        Figure("check beside 200 dashboards, p95", checks.p95 * 1000, "ms"),
        Figure("the same, beside none", checks.p95 / alone.p95, "×", at_most=1.5),
        Figure("memory a connected dashboard", weight / 1000, "KB", at_most=MOST_BYTES / 1000),
        Figure("memory of the app with 200 dashboards", site.memory() / 1e6, "MB"),
    ]
