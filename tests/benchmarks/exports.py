"""Exports: how long a large one takes, and what the app weighs meanwhile."""

import asyncio
import math
import time
from collections.abc import Awaitable

import httpx

from anonmsg import routes
from anonmsg.cookies import read_cookie
from anonmsg.models import User
from anonmsg.schemas import ConfirmForm, parse
from anonmsg.services.exporting import Kind
from tests.benchmarks.figures import Figure
from tests.benchmarks.process import MOST_BYTES
from tests.benchmarks.site import Site
from tests.integration.conftest import PASSWORD

KINDS: tuple[Kind, ...] = ("json", "csv")
OFTEN = 0.1
"""Seconds between two looks at the memory."""

IDLE = 0.05
"""Seconds of work in one second that an app without visitors needs at most."""

ENDS = {"json": b'"isComplete": true\n}\n', "csv": b'"\r\n'}


async def export(site: Site) -> list[Figure]:
    """Export a million messages both ways."""
    count, figures = 1_000_000 // site.scale, list[Figure]()
    (user,) = await site.recipients(1)
    await site.fill(user, count)
    await _idle(site)
    cookie = await _confirmed(site, user)
    for kind in KINDS:
        began = time.perf_counter()
        most = await _most_memory(site, _download(site, kind, cookie, count))
        figures += [
            Figure(f"export {count:,} messages as {kind.upper()}", time.perf_counter() - began, "s"),
            Figure(f"memory then, at most ({kind})", most / 1e6, "MB", at_most=MOST_BYTES / 1e6),
        ]
    return figures


async def _idle(site: Site) -> None:
    """Wait until the app has heard of all that was put into its database, which costs time and memory of its own."""
    before, now = -math.inf, site.worked()
    while now - before > IDLE:
        await asyncio.sleep(1)
        before, now = now, site.worked()


async def _confirmed(site: Site, user: User) -> str:
    """Return the header of a browser in which the password was just typed."""
    cookie, services = await site.cookie(user), site.services
    identity = await services.sessions.identify(read_cookie(cookie, services.settings))
    await services.confirmation.confirm(identity, parse(ConfirmForm, {"current_password": PASSWORD}))
    return cookie


async def _download(site: Site, kind: Kind, cookie: str, count: int) -> None:
    """Read a file to its end, and see that it is complete; each message is a line of its own."""
    lines, end = 0, b""
    async with (
        httpx.AsyncClient(base_url=site.app.url, headers={"Cookie": cookie}, timeout=60) as browser,
        browser.stream("POST", routes.export_file(kind)) as answer,
    ):
        assert answer.status_code == 200, answer.headers
        async for piece in answer.aiter_raw():
            lines += piece.count(b"\n")
            end = (end + piece)[-64:]
    assert lines >= count, lines
    assert end.endswith(ENDS[kind]), end


async def _most_memory(site: Site, work: Awaitable[None]) -> int:
    """Return what the app weighed at most while some work was done."""
    working, most = asyncio.ensure_future(work), 0
    while not working.done():
        most = max(most, await asyncio.to_thread(site.memory))
        await asyncio.sleep(OFTEN)
    await working
    return most
