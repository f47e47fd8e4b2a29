"""What search engines are told: the site's own pages may be listed, people only if they said so."""

import re
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from anonmsg import bootstrap, routes
from anonmsg.bootstrap import Services
from anonmsg.errors import Unavailable
from anonmsg.models import User
from anonmsg.page_forms import SendPageForm
from anonmsg.schemas import parse
from anonmsg.services.sessions import Identity
from anonmsg.web.robots import META, ROBOTS_ROUTES
from anonmsg.web.site import wrap
from tests.integration.conftest import People


@pytest.fixture
async def client(services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncClient]:
    for page in ("index", "sign-up", "sign-in", "privacy", "dashboard", "__spa-fallback", "404"):
        (tmp_path / f"{page}.html").write_text(f"<html><head></head><body>{page}</body></html>")
    monkeypatch.setattr(bootstrap, "_running", services)
    site = Starlette(routes=[*ROBOTS_ROUTES, Mount("/", StaticFiles(directory=tmp_path, html=True))])
    transport = ASGITransport(wrap(site, tmp_path))
    async with AsyncClient(transport=transport, base_url=services.settings.site_url) as client:
        yield client


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


async def list_page(services: Services, user: User, is_indexed: bool) -> None:
    form = parse(SendPageForm, {"is_indexed": is_indexed})
    await services.send_pages.change(Identity(user.id, user.username, "x", None), form)


async def test_a_send_page_is_listed_only_if_its_owner_says_so(
    client: AsyncClient, services: Services, ann: User
) -> None:
    for is_indexed in (False, True, False):
        await list_page(services, ann, is_indexed)
        answer = await client.get("/u/ann")

        assert answer.headers["x-robots-tag"] == ("all" if is_indexed else "noindex")
        assert (META in answer.text) is not is_indexed


async def test_a_page_is_not_listed_before_anybody_chose(client: AsyncClient, ann: User) -> None:
    answer = await client.get("/u/ann")

    assert answer.headers["x-robots-tag"] == "noindex"
    assert META in answer.text


async def test_a_page_of_nobody_or_without_a_database_is_not_listed(
    client: AsyncClient, services: Services, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    await list_page(services, ann, True)
    nobody = await client.get("/u/nobody")

    async def away(_: str) -> None:
        raise Unavailable

    monkeypatch.setattr(services.sharing, "recipient", away)
    without = await client.get("/u/ann")

    assert [(answer.status_code, answer.headers["x-robots-tag"]) for answer in (nobody, without)] == [
        (404, "noindex"),
        (503, "noindex"),
    ]


@pytest.mark.parametrize(
    ("path", "tag"),
    [
        *((path, "all") for path in routes.LISTED),
        *((path, "noindex") for path in ("/dashboard", "/settings", "/verify/ann", "/reset-password/x", "/no/such")),
        *((path, "noindex") for path in ("/forgot-password", "/api/session", "/session", "/export/json")),
    ],
)
async def test_only_pages_about_the_site_may_be_listed(client: AsyncClient, path: str, tag: str) -> None:
    assert (await client.get(path)).headers["x-robots-tag"] == tag


async def test_what_pages_load_bears_no_tag_because_it_costs_bytes(client: AsyncClient) -> None:
    assert "x-robots-tag" not in (await client.get("/assets/app.js")).headers


async def test_robots_may_read_every_page_because_pages_say_themselves_what_may_be_listed(client: AsyncClient) -> None:
    answer = await client.get("/robots.txt")

    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.splitlines() == [
        "User-agent: *",
        "Disallow: /api/",
        "Sitemap: http://localhost:3000/sitemap.xml",
    ]


async def test_the_sitemap_lists_the_pages_of_the_site_by_their_whole_addresses_and_no_person(
    client: AsyncClient, services: Services, ann: User
) -> None:
    await list_page(services, ann, True)

    answer = await client.get("/sitemap.xml", headers={"Host": "localhost:9999"})

    assert answer.headers["content-type"].startswith("application/xml")
    root = ET.fromstring(answer.text)  # noqa: S314  # our own answer
    locations = [element.text for element in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert locations == [services.settings.site_url + path for path in routes.LISTED]
    assert not re.search(r"/u/|ann", answer.text, re.IGNORECASE)
