"""The plain HTTP around the pages: the cookie, which file answers, with what status and what headers."""

import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from anonmsg import bootstrap
from anonmsg.bootstrap import Services
from anonmsg.errors import NotAuthenticated, Unavailable
from anonmsg.models import User
from anonmsg.schemas import SignInForm, parse
from anonmsg.services.sessions import TICKET_TTL
from anonmsg.storage.database import Database
from anonmsg.tokens import SessionClaims, SessionTokens
from anonmsg.web.build import START, Build
from anonmsg.web.first_page import EARLY, LOCAL, SCRIPTED
from anonmsg.web.session import SESSION_ROUTES
from anonmsg.web.site import wrap
from tests.conftest import CLIENT, FakeClock
from tests.integration.conftest import PASSWORD, People

INLINE, THEME = "console.log('ä')", "\n  const theme = 1;\n"
STYLE = "p::before { content: 'ä' }"
FILES = {
    "index.html": f"<html><head></head><body>home<script>{INLINE}</script></body></html>",
    "dashboard.html": f'<html><head></head><body>inbox<script type="module">{THEME}</script></body></html>',
    "sign-in.html": '<html><head><script src="/assets/app.js"></script></head><body>sign in</body></html>',
    "404.html": "<html><head></head><body>nothing here</body></html>",
    "__spa-fallback.html": '<html><head><meta charSet="utf-8"/><link href="/assets/look.css" rel="stylesheet"/></head>'
    f"<body>any page<script>{INLINE}</script></body></html>",
    "assets/look.css": STYLE,
    "assets/app.js": "1",
}
Ticket = Callable[[], Awaitable[str]]


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A small built front end."""
    for name, text in FILES.items():
        path = tmp_path / "client" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path / "client"


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse("an answer", headers={"cache-control": "public, max-age=5"})


async def fail(request: Request) -> PlainTextResponse:
    raise RuntimeError("what somebody wrote")


def browser(services: Services, build: Path) -> AsyncClient:
    """Return something that keeps cookies and follows no redirects, in front of the whole site."""
    files = Mount("/", StaticFiles(directory=build, html=True))
    site = Starlette(
        routes=[*SESSION_ROUTES, Route("/api/echo", echo), Route("/ours", echo), Route("/fail", fail), files]
    )
    return AsyncClient(transport=ASGITransport(wrap(site, build)), base_url=services.settings.site_url)


@pytest.fixture
async def client(services: Services, build: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncClient]:
    monkeypatch.setattr(bootstrap, "_running", services)
    async with browser(services, build) as client:
        yield client


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


@pytest.fixture
def ticket(services: Services, ann: User) -> Ticket:
    """Signs in as a page does and returns what the page is handed."""

    async def ticket() -> str:
        form = parse(SignInForm, {"identifier": "ann", "password": PASSWORD})
        return await services.sessions.sign_in_with_ticket(form, "Firefox on Linux", CLIENT)

    return ticket


def cookie_of(answer: Response, name: str = "anonmsg") -> Any:
    return SimpleCookie(answer.headers["set-cookie"])[name]


def said(answer: Response) -> tuple[int, bool, str]:
    return answer.status_code, answer.json()["success"], answer.json()["message"]


# The cookie


async def test_a_ticket_is_exchanged_for_a_cookie_that_scripts_and_other_sites_cannot_use(
    client: AsyncClient, ticket: Ticket, services: Services, ann: User
) -> None:
    answer = await client.post("/session", content=await ticket())

    cookie = cookie_of(answer)
    assert said(answer) == (200, True, "Signed in successfully")
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/")
    assert (cookie["max-age"], cookie["secure"], cookie["domain"]) == (str(30 * 24 * 3600), "", "")
    assert (await services.sessions.identify(cookie.value)).user_id == ann.id


async def test_under_https_the_cookie_is_secure_and_bound_to_the_host(
    services: Services, build: Path, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = services.settings.model_copy(update={"public_url": "https://anonmsg.example"})
    secure = replace(services, settings=settings)
    monkeypatch.setattr(bootstrap, "_running", secure)

    async with browser(secure, build) as client:
        answer = await client.post("/session", content=await ticket())
        inside = await client.get("/dashboard")
        left = await client.post("/sign-out")

    cookie, gone = cookie_of(answer, "__Host-anonmsg"), cookie_of(left, "__Host-anonmsg")
    assert (cookie["secure"], cookie["path"], cookie["domain"], cookie["httponly"]) == (True, "/", "", True)
    assert (gone["secure"], gone["path"], gone["max-age"]) == (True, "/", "0")
    assert inside.status_code == 200
    assert inside.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


async def test_a_ticket_is_good_once_and_for_a_minute(client: AsyncClient, ticket: Ticket, clock: FakeClock) -> None:
    used, old = await ticket(), await ticket()
    first = await client.post("/session", content=used)
    second = await client.post("/session", content=used)
    clock.advance(TICKET_TTL)
    late = await client.post("/session", content=old)

    assert first.status_code == 200
    assert said(second) == said(late) == (403, False, "Not authenticated")
    assert "set-cookie" not in second.headers
    assert "set-cookie" not in late.headers


@pytest.mark.parametrize("body", [b"", b"x", b"\xff\xfe", b"x" * 5000, b'{"$ne": null}', b"null"])
async def test_what_is_no_ticket_is_refused(
    client: AsyncClient, ticket: Ticket, database: Database, body: bytes
) -> None:
    await ticket()

    answer = await client.post("/session", content=body)

    assert said(answer) == (403, False, "Not authenticated")
    assert await database["sessions"].count_documents({}) == 1


async def test_signing_in_again_ends_the_session_that_the_browser_had(
    client: AsyncClient, ticket: Ticket, services: Services
) -> None:
    await client.post("/session", content=await ticket())
    before = client.cookies["anonmsg"]
    await client.post("/session", content=await ticket())

    with pytest.raises(NotAuthenticated):
        await services.sessions.identify(before)
    assert await services.sessions.identify(client.cookies["anonmsg"])


async def test_a_failed_exchange_keeps_the_session(client: AsyncClient, ticket: Ticket, services: Services) -> None:
    await client.post("/session", content=await ticket())

    await client.post("/session", content=b"rubbish")

    assert await services.sessions.identify(client.cookies["anonmsg"])


async def test_signing_out_ends_the_session_takes_the_cookie_and_goes_home(
    client: AsyncClient, ticket: Ticket, services: Services
) -> None:
    await client.post("/session", content=await ticket())
    token = client.cookies["anonmsg"]

    answer = await client.post("/sign-out")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "anonmsg" not in client.cookies
    with pytest.raises(NotAuthenticated):
        await services.sessions.identify(token)


async def test_signing_out_without_a_session_goes_home(client: AsyncClient) -> None:
    assert (await client.post("/sign-out")).headers["location"] == "/"


async def test_while_the_database_is_away_nobody_is_signed_in_or_out(
    client: AsyncClient, ticket: Ticket, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.post("/session", content=await ticket())

    async def away(*_: str) -> str:
        raise Unavailable

    monkeypatch.setattr(services.sessions, "exchange", away)
    monkeypatch.setattr(services.sessions, "sign_out", away)
    signed_in = await client.post("/session", content=b"x")
    signed_out = await client.post("/sign-out")

    assert said(signed_in) == (503, False, Unavailable.sentence)
    assert (signed_out.status_code, signed_out.headers["location"]) == (303, "/dashboard")
    assert "set-cookie" not in signed_out.headers


@pytest.mark.parametrize("path", ["/session", "/sign-out"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_another_site_can_neither_sign_in_nor_out(
    client: AsyncClient, ticket: Ticket, services: Services, path: str, origin: str
) -> None:
    await client.post("/session", content=await ticket())
    before = client.cookies["anonmsg"]

    answer = await client.post(path, content=await ticket(), headers={"origin": origin})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert await services.sessions.identify(before)


@pytest.mark.parametrize("path", ["/session", "/sign-out"])
async def test_opening_an_address_changes_nothing(client: AsyncClient, ticket: Ticket, path: str) -> None:
    await client.post("/session", content=await ticket())

    answer = await client.get(path)

    assert answer.status_code in {404, 405}
    assert (await client.get("/dashboard")).status_code == 200


# Which file answers


@pytest.mark.parametrize(("path", "text"), [("/", "home"), ("/sign-in", "sign in"), ("/sign-in/", "sign in")])
async def test_pages_answer_under_their_own_addresses(client: AsyncClient, path: str, text: str) -> None:
    answer = await client.get(path)

    assert (answer.status_code, text in answer.text) == (200, True)
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/", "/settings"])
@pytest.mark.parametrize("kind", ["none", "rubbish", "another key", "expired"])
async def test_a_private_page_without_a_true_cookie_leads_to_sign_in_and_back(
    client: AsyncClient, ann: User, people: People, clock: FakeClock, path: str, kind: str
) -> None:
    claims = SessionClaims(ann.id, "Ann", "made up")
    tokens = {
        "rubbish": "rubbish",
        "another key": SessionTokens(b"x" * 32).sign(claims, clock.now, clock.now + 2 * TICKET_TTL),
        "expired": SessionTokens(b"s" * 32).sign(claims, clock.now - 2 * TICKET_TTL, clock.now),
    }
    if kind in tokens:
        client.cookies.set("anonmsg", tokens[kind])

    answer = await client.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next=%2F{path.strip('/')}"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_private_page_is_sent_to_who_is_signed_in_and_kept_by_no_cache(
    client: AsyncClient, ticket: Ticket
) -> None:
    await client.post("/session", content=await ticket())

    answer = await client.get("/dashboard")

    assert (answer.status_code, "inbox" in answer.text) == (200, True)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        ("/u/ann", 200, "Send an anonymous message to @Ann"),
        ("/u/ANN/", 200, "Send an anonymous message to @Ann"),
        ("/u/nobody", 404, "User not found"),
        ("/u/x", 404, "User not found"),
        ("/u/%3Cscript%3E", 404, "User not found"),
        ("/u/%ff%fe", 404, "User not found"),
        ("/u/" + "x" * 5000, 404, "User not found"),
    ],
)
async def test_the_send_page_has_the_status_and_title_of_its_recipient(
    client: AsyncClient, ann: User, path: str, status: int, title: str
) -> None:
    answer = await client.get(path)

    assert answer.status_code == status
    assert f">{title}</title>" in answer.text
    assert "any page" in answer.text


async def test_whatever_a_name_were_it_could_not_break_out_of_the_title(
    client: AsyncClient, ann: User, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def recipient(username: str) -> User:
        return replace(ann, username="</title><script>alert('x')</script>&")

    monkeypatch.setattr(services.sharing, "recipient", recipient)
    answer = await client.get("/u/ann")

    assert "@&lt;/title&gt;&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&amp;</title>" in answer.text


async def test_the_send_page_opens_while_the_database_is_away(
    client: AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(username: str) -> User:
        raise Unavailable

    monkeypatch.setattr(services.sharing, "recipient", away)
    answer = await client.get("/u/ann")

    assert answer.status_code == 503
    assert ">Send an anonymous message</title>" in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_the_send_page_says_what_is_possible_there(client: AsyncClient, ann: User, method: str) -> None:
    answer = await client.request(method, "/u/ann")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


def test_pages_that_are_no_addresses_have_none(build: Path) -> None:
    built = Build(build)

    for path in ("/404", "/index", "/__spa-fallback", "/", "/nowhere"):
        assert built.page_file(path) == path
    assert built.page_file("/dashboard/") == "/dashboard.html"


# Headers


def hash_of(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


async def test_the_policy_allows_our_files_and_exactly_the_inline_scripts_of_the_pages(client: AsyncClient) -> None:
    policy = (await client.get("/")).headers["content-security-policy"]

    directives = {name: rest for name, _, rest in (part.partition(" ") for part in policy.split("; "))}
    scripts = (INLINE, THEME, SCRIPTED, EARLY, LOCAL, START)
    assert directives["script-src"].split() == ["'self'", *sorted(map(hash_of, scripts))]
    assert "unsafe" not in policy
    assert "*" not in policy
    assert directives["default-src"] == directives["connect-src"] == "'self'"
    assert directives["style-src"].split() == ["'self'", hash_of(STYLE)]
    assert directives["frame-ancestors"] == directives["object-src"] == directives["base-uri"] == "'none'"
    assert directives["form-action"] == "'self'"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", {}, 200),
        ("HEAD", "/", {}, 200),
        ("GET", "/nowhere", {}, 404),
        ("GET", "/assets/nowhere.js", {}, 404),
        ("GET", "/u/nobody", {}, 404),
        ("DELETE", "/session", {}, 405),
        ("POST", "/sign-in", {}, 405),
        ("POST", "/session", {"origin": "https://evil.example"}, 403),
        ("POST", "/session", {"content-length": "99999999"}, 413),
        ("GET", "/dashboard", {}, 303),
        ("GET", "/assets/app.js", {}, 200),
        ("GET", "/fail", {}, 500),
        ("GET", "/", {"host": "evil.example"}, 400),
        ("GET", "/_event", {}, 404),
    ],
)
async def test_every_answer_has_the_headers_refusals_too(
    client: AsyncClient, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = await client.request(method, path, headers=headers)

    assert answer.status_code == status
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert "strict-transport-security" not in answer.headers
    assert ("immutable" in answer.headers["cache-control"]) is (path == "/assets/app.js")


@pytest.mark.parametrize(
    ("path", "caching"),
    [
        ("/", "no-cache"),
        ("/sign-in", "no-cache"),
        ("/u/ann", "private, no-cache"),
        ("/dashboard", "no-store"),
        ("/api/echo", "no-store"),
        ("/session", "no-store"),
        ("/sign-out", "no-store"),
        ("/ours", "public, max-age=5"),
        ("/assets/app.js", "public, max-age=31536000, immutable"),
        ("/assets/nowhere.js", "no-cache"),
        ("/assetsfake", "no-cache"),
    ],
)
async def test_only_files_with_a_hash_in_their_name_are_kept_for_long(
    client: AsyncClient, path: str, caching: str
) -> None:
    assert (await client.get(path)).headers["cache-control"] == caching


async def test_what_a_browser_has_already_stays_kept(client: AsyncClient) -> None:
    first = await client.get("/assets/app.js")

    again = await client.get("/assets/app.js", headers={"if-none-match": first.headers["etag"]})

    assert again.status_code == 304
    assert "immutable" in again.headers["cache-control"]


async def test_starting_and_ending_the_server_passes_untouched(build: Path) -> None:
    passed: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["type"])
        await send({"type": "something"})

    async def send(message: Any) -> None:
        passed.append(message["type"])

    await wrap(app, build)({"type": "lifespan"}, None, send)  # type: ignore[arg-type]

    assert passed == ["lifespan", "something"]
