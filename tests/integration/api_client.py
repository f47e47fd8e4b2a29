"""A program that talks to the API, through the same walls that stand around the site."""

import asyncio
from typing import Any

from httpx import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette
from starlette.routing import Mount

from anonmsg.api.app import create_api
from anonmsg.bootstrap import Services
from anonmsg.services.tagging import WRITING
from anonmsg.storage.database import INDEXES, Database
from anonmsg.web.limits import LimitBody
from anonmsg.web.origin import RequireOrigin


def connect(services: Services) -> AsyncClient:
    """Return a client that keeps cookies as a browser does."""
    site = Starlette(routes=[Mount("/api", create_api(lambda: services))])
    walled = RequireOrigin(LimitBody(site), lambda: services.settings.allowed_origins)
    return AsyncClient(transport=ASGITransport(walled), base_url=services.settings.site_url)


def said(answer: Response, status: int, message: str) -> dict[str, Any]:
    """Check an answer and return what it holds besides."""
    held = answer.json()
    assert (answer.status_code, held.pop("message")) == (status, message)
    assert held.pop("success") is (status < 400)
    assert answer.headers["cache-control"] == "no-store"
    return held


async def everything_in(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return all documents, so that a test can tell whether anything has changed; tags are written a bit later."""
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == WRITING))
    return {name: await database[name].find().sort("_id").to_list() for name in INDEXES}
