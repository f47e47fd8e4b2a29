"""What goes with a share link, over HTTP: pictures, codes and a poster, for everybody and about nobody else."""

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest
import zxingcpp
from httpx import ASGITransport, AsyncClient, Response
from PIL import Image
from starlette.applications import Starlette

from anonmsg import bootstrap
from anonmsg.bootstrap import Services
from anonmsg.errors import Unavailable
from anonmsg.models import User
from anonmsg.page_forms import SendPageForm
from anonmsg.pictures.cards import SIZES
from anonmsg.schemas import DeleteAccountForm, parse
from anonmsg.settings import Settings
from anonmsg.storage.database import Database
from anonmsg.web.sharing import SHARING_ROUTES
from anonmsg.web.site import wrap
from tests.conftest import FakeClock, FakeMailer
from tests.integration.conftest import PASSWORD, SECRETS, People

NAMES = ("preview.png", "square.png", "story.png", "qr.svg", "qr.png", "poster")
PAGE = "<html><head></head><body>any page</body></html>"


@pytest.fixture
def build(tmp_path: Path) -> Path:
    (tmp_path / "__spa-fallback.html").write_text(PAGE, "utf-8")
    return tmp_path


def connect(build: Path, url: str) -> AsyncClient:
    site = wrap(Starlette(routes=SHARING_ROUTES), build)
    return AsyncClient(transport=ASGITransport(site, client=("192.0.2.7", 1)), base_url=url)


@pytest.fixture
async def client(services: Services, build: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncClient]:
    monkeypatch.setattr(bootstrap, "_running", services)
    async with connect(build, services.settings.site_url) as client:
        yield client


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


def image(answer: Response) -> Image.Image:
    return Image.open(io.BytesIO(answer.content))


class Graph(HTMLParser):
    """Reads Open Graph as chats do: the first of each property."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "meta" and given.get("property"):
            self.found.setdefault(given["property"] or "", given.get("content") or "")


async def test_the_send_page_leads_a_chat_to_a_picture_of_the_size_and_text_that_it_names(
    client: AsyncClient, ann: User, services: Services
) -> None:
    graph = Graph((await client.get("/u/ann")).text).found
    answer = await client.get(graph["og:image"])

    assert graph["og:url"] == f"{services.settings.site_url}/u/Ann"
    assert graph["og:image"].startswith(f"{services.settings.site_url}/u/Ann/preview.png?v=")
    assert answer.headers["content-type"] == graph["og:image:type"]
    assert image(answer).size == (int(graph["og:image:width"]), int(graph["og:image:height"]))
    assert image(answer).info["Title"] == graph["og:title"] == "@Ann"
    assert image(answer).info["Description"] == graph["og:description"]


async def test_what_a_recipient_chose_is_in_the_tags_and_the_pictures(
    client: AsyncClient, ann: User, services: Services, people: People
) -> None:
    before = Graph((await client.get("/u/ann")).text).found
    identity = await services.sessions.identify(await people.session("ann"))

    chosen = {"title": "Ann’s corner", "question": "Ask me anything about the talk", "accent": "teal"}
    await services.send_pages.change(identity, parse(SendPageForm, chosen))

    graph = Graph((await client.get("/u/ann")).text).found
    picture = image(await client.get(graph["og:image"]))
    assert graph["og:image"] != before["og:image"]
    assert picture.info["Title"] == graph["og:title"] == "Ann’s corner"
    assert picture.info["Description"] == graph["og:description"] == "Ask me anything about the talk"


@pytest.mark.parametrize("shape", SIZES)
async def test_each_picture_has_its_size(client: AsyncClient, ann: User, shape: Any) -> None:
    answer = await client.get(f"/u/ann/{shape}.png")

    assert answer.status_code == 200
    assert image(answer).size == SIZES[shape]
    assert len(answer.content) <= 60 * 1024


async def test_the_code_leads_back_to_the_link(client: AsyncClient, ann: User, services: Services) -> None:
    found = cast(Any, zxingcpp).read_barcodes(image(await client.get("/u/ann/qr.png")))
    drawing = await client.get("/u/ann/qr.svg")

    assert [code.text for code in found] == [f"{services.settings.site_url}/u/Ann"]
    assert drawing.headers["content-type"].startswith("image/svg+xml")
    assert drawing.text.startswith("<?xml")


async def test_the_poster_is_a_page_with_the_code_on_it(client: AsyncClient, ann: User) -> None:
    answer = await client.get("/u/ann/poster")

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "@Ann" in answer.text
    assert 'src="/u/Ann/qr.svg"' in answer.text
    assert "style=" not in answer.text


async def test_a_picture_is_kept_only_under_the_address_that_names_what_it_shows(
    client: AsyncClient, ann: User, services: Services
) -> None:
    digest = services.pictures.card(ann).digest()
    named, other, plain = [
        (await client.get(f"/u/ann/preview.png{query}")).headers["cache-control"]
        for query in (f"?v={digest}", "?v=0123456789abcdef", "")
    ]

    assert "immutable" in named
    assert other == plain == "public, no-cache"


async def test_who_has_a_picture_is_not_sent_it_again(client: AsyncClient, ann: User) -> None:
    first = await client.get("/u/ann/square.png")
    again = await client.get("/u/ann/square.png", headers={"if-none-match": f'"old", W/{first.headers["etag"]}'})
    other = await client.get("/u/ann/story.png", headers={"if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert other.status_code == 200


async def test_only_the_preview_may_be_shown_by_other_sites(client: AsyncClient, ann: User) -> None:
    policies = {name: (await client.get(f"/u/ann/{name}")).headers["cross-origin-resource-policy"] for name in NAMES}
    missing = await client.get("/u/nobody/preview.png")

    assert policies == {name: "cross-origin" if name == "preview.png" else "same-origin" for name in NAMES}
    assert missing.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_else_is_told_by_it(client: AsyncClient, ann: User, name: str) -> None:
    answer = await client.get(f"/u/ANN/{name}")

    assert answer.status_code == 200
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "set-cookie" not in answer.headers
    assert ann.id.encode() not in answer.content
    assert b"ann@example.com" not in answer.content


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("username", ["nobody", "a", "x" * 5000, "%00", "ann%2F..", "%F0%9F%98%80", "ann.."])
async def test_for_a_name_that_is_nobodys_there_is_nothing(
    client: AsyncClient, ann: User, username: str, name: str
) -> None:
    answer = await client.get(f"/u/{username}/{name}")

    assert answer.status_code == 404


@pytest.mark.parametrize("name", NAMES)
async def test_of_a_deleted_account_nothing_is_shown_even_if_it_was_drawn_before(
    client: AsyncClient, ann: User, services: Services, people: People, name: str
) -> None:
    before = await client.get(f"/u/ann/{name}")
    leaver = await services.sessions.identify(await people.session("ann"))
    await services.leaving.leave(leaver, parse(DeleteAccountForm, {"password": PASSWORD, "word": "delete"}))
    after = await client.get(f"/u/ann/{name}")

    assert (before.status_code, after.status_code) == (200, 404)
    assert after.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", NAMES)
async def test_it_can_only_be_read(client: AsyncClient, ann: User, name: str) -> None:
    head = await client.head(f"/u/ann/{name}")
    others = [(await client.request(method, f"/u/ann/{name}")).status_code for method in ("POST", "PUT", "DELETE")]

    assert (head.status_code, head.content) == (200, b"")
    assert others == [405, 405, 405]


async def test_who_asks_too_often_waits(
    settings: Settings, database: Database, mailer: FakeMailer, clock: FakeClock, build: Path,
    monkeypatch: pytest.MonkeyPatch, people: People,
) -> None:  # fmt: skip
    await people.verified("ann")
    strict = settings.model_copy(update={"limits": {"picture per client": "2/minute"}})
    services = bootstrap.build_services(strict, SECRETS, database, mailer, clock, password_cost=4)
    monkeypatch.setattr(bootstrap, "_running", services)

    async with connect(build, services.settings.site_url) as client:
        answers = [await client.get(path) for path in ("/u/ann/preview.png", "/u/nobody/qr.svg", "/u/ann/poster")]

    assert [answer.status_code for answer in answers] == [200, 404, 429]
    assert 0 < int(answers[2].headers["retry-after"]) <= 60
    assert answers[2].headers["cache-control"] == "no-store"


async def test_without_its_database_it_says_so_and_nothing_is_kept(
    client: AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_username: str) -> User:
        raise Unavailable

    monkeypatch.setattr(services.sharing, "recipient", fail)
    answer = await client.get("/u/ann/preview.png")

    assert answer.status_code == 503
    assert answer.headers["cache-control"] == "no-store"


async def test_the_picture_follows_the_name_as_its_owner_writes_it(
    client: AsyncClient, ann: User, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def other(_username: str) -> User:
        return replace(ann, username="ANN")

    before = await client.get("/u/ann/preview.png")
    monkeypatch.setattr(services.sharing, "recipient", other)
    after = await client.get("/u/ann/preview.png")

    assert before.headers["etag"] != after.headers["etag"]
    assert image(after).info["Title"] == "@ANN"
