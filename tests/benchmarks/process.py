"""The process itself: how soon it serves, what it weighs, and how long a million messages take to make."""

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median

from anonmsg.commands import seeding
from tests.benchmarks.figures import Figure
from tests.benchmarks.load import get, load, message
from tests.benchmarks.site import Site
from tests.e2e.conftest import App

STARTS = 3
SECONDS = 5.0
MOST_BYTES = 220e6


async def memory(site: Site) -> list[Figure]:
    """Weigh the app idle, after load, and with large inboxes."""
    idle = site.memory()
    people, port = await site.recipients(50), site.app.port
    sends = [message(port, user.username) for user in people]
    await load(port, [*sends, get(port, "/"), get(port, f"/u/{people[0].username}")], 16, SECONDS)
    loaded = site.memory()
    await site.fill(people[0], 1_000_000 // site.scale)
    cookie = await site.cookie(people[0])
    await load(port, [get(port, "/api/get-messages?limit=100", cookie), sends[0]], 16, SECONDS)
    weights = {"idle": idle, "after load": loaded, "with a big inbox": site.memory()}
    return [Figure(f"memory {when}", size / 1e6, "MB", at_most=MOST_BYTES / 1e6) for when, size in weights.items()]


async def start(site: Site) -> list[Figure]:
    """Start the built app, its database included, on a folder that has been used before."""
    times = list[float]()
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        for _ in range(STARTS + 1):
            app = App(Path(folder) / "data")
            began = time.perf_counter()
            await asyncio.to_thread(app.start)
            times.append(time.perf_counter() - began)
            await asyncio.to_thread(app.stop)
    return [Figure("start, already built", median(times[1:]), "s", at_most=2)]


async def seed(site: Site) -> list[Figure]:
    """Seed a million messages."""
    count, data_dir = 1_000_000 // site.scale, str(site.app.data_dir)
    began = time.perf_counter()
    await asyncio.to_thread(seeding.run, "demo", count, data_dir, lambda _: None)
    return [Figure(f"seed {count:,} messages", time.perf_counter() - began, "s", at_most=120 / site.scale)]
