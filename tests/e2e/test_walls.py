"""What stands around every address of the real app: who may change anything, under which name, with what headers."""

import contextlib
import re
import socket
from collections.abc import Iterator

import httpx
import pytest

from anonmsg import routes
from anonmsg.anonmsg import app as anonmsg_app
from anonmsg.commands.building import CLIENT
from tests.e2e.conftest import App, free_port
from tests.e2e.raw_socket import RawSocket

PUBLIC = "anonmsg.example"
EVIL = "https://evil.example"
UNKNOWN = ["/no/such/page", "/u/nobody_at_all", "/api/nothing", "/%00", "/..%2f..%2fetc/passwd", "/_event", "/_upload"]
CHANGING = ["POST", "PUT", "PATCH", "DELETE"]
FORM = {"content-type": "application/x-www-form-urlencoded"}
FILE_POLICY = ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]
TOO_LARGE = {"X-Body": "too large"}
POLICY = [
    "default-src 'self'",
    r"style-src 'self' 'sha256-[\w+/]{43}='",  # the one of the first page: test_send_page compares it
    "img-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
]
PERMISSIONS = {f"{name}=()" for name in ("camera", "geolocation", "microphone", "payment", "usb")} | {
    "clipboard-write=(self)",
    "web-share=(self)",
}


@pytest.fixture(scope="module")
def client(app: App) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app.url) as client:
        yield client


@pytest.fixture(scope="module")
def public(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The app as it is behind a proxy with a certificate, asked as that proxy asks."""
    app = App(tmp_path_factory.mktemp("public") / "data", free_port(), PUBLIC_URL=f"https://{PUBLIC}")
    app.start()
    with httpx.Client(base_url=app.url, headers={"Host": PUBLIC}) as client:
        yield client
    assert app.stop() == 0, app.log
    assert "Traceback" not in app.log, app.log


def api_routes(client: httpx.Client) -> list[str]:
    described = client.get("/api/openapi.json").json()["paths"]
    return sorted(f"/api{path}".replace("{message_id}", "0" * 24) for path in described)


def every_address(client: httpx.Client) -> list[str]:
    """Return addresses of everything the app answers, and of some that it does not."""
    pages = [re.sub(r"\[\w+\]", "ann", f"/{page}".replace("/index", "/")) for page in anonmsg_app._unevaluated_pages]
    files = [f"/{path.relative_to(CLIENT).as_posix()}" for path in CLIENT.rglob("*") if path.is_file()]
    own = [routes.SESSION, routes.SIGN_OUT, *routes.HEALTH, "/api", "/api/", "/api/openapi.json"]
    return [*pages, *files, *own, *api_routes(client), *UNKNOWN]


def check_headers(answer: httpx.Response, *, https: bool = False) -> None:
    """Check what every answer has, whatever else it says."""
    headers, where = answer.headers, (answer.request.method, answer.request.url.path, answer.status_code)
    policy = headers.get("content-security-policy", "").split("; ")
    others = [part for part in policy if not part.startswith("script-src")]
    is_file = answer.request.url.path.startswith("/assets/") and answer.status_code == 200
    expected = FILE_POLICY if is_file else POLICY
    assert len(others) == len(expected), where
    assert all(re.fullmatch(allowed, part) for allowed, part in zip(expected, others, strict=True)), (where, others)
    assert not re.search(r"unsafe|\*|http:|https:", headers["content-security-policy"]), where
    assert headers["x-content-type-options"] == "nosniff", where
    assert headers["referrer-policy"] == "same-origin", where
    assert headers["cross-origin-opener-policy"] == "same-origin", where
    assert headers["cross-origin-resource-policy"] == "same-origin", where
    assert set(headers["permissions-policy"].split(", ")) == PERMISSIONS, where
    hsts = "max-age=31536000; includeSubDomains" if https else None
    assert headers.get("strict-transport-security") == hsts, where
    path = answer.request.url.path
    private = path.startswith("/api/") or path in {"/dashboard", "/settings", "/session", "/sign-out"}
    assert (headers["cache-control"] == "no-store") or not private, where


# Other sites


@pytest.mark.parametrize("headers", [{"Origin": EVIL}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_form_of_another_site_changes_nothing_at_any_address(client: httpx.Client, headers: dict[str, str]) -> None:
    addresses = every_address(client)
    assert len(addresses) > 40

    for address in addresses:
        answer = client.post(address, content="username=ann&content=hi", headers={**FORM, **headers})
        assert answer.status_code == 403, address
        if address.startswith("/u/"):  # people see this one
            assert "This request came from another site. Your browser still has your text: go back." in answer.text
        else:
            assert answer.json() == {"success": False, "message": "This request came from another site"}
        assert "set-cookie" not in answer.headers
        check_headers(answer)


@pytest.mark.parametrize("method", CHANGING)
def test_neither_does_any_other_request_of_another_site(client: httpx.Client, method: str) -> None:
    for address in (*api_routes(client), routes.SESSION, routes.SIGN_OUT, "/"):
        assert client.request(method, address, headers={"Origin": EVIL}).status_code == 403


@pytest.mark.parametrize("path", ["/api/sign-in", "/api/session", "/session", "/sign-out", "/", "/_event", "/ping"])
@pytest.mark.parametrize(
    "origin",
    [EVIL, "null", "*", "http://localhost", "http://localhost:{port}.evil.example", "http://evil.example:{port}"],
)
def test_other_sites_are_not_told_that_they_may_ask(client: httpx.Client, path: str, origin: str) -> None:
    origin = origin.format(port=client.base_url.port)
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-any"}

    for answer in (client.options(path, headers=asked), client.get(path, headers={"Origin": origin})):
        assert "access-control-allow-origin" not in answer.headers
        check_headers(answer)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_our_own_pages_are(client: httpx.Client, name: str) -> None:
    origin = f"http://{name}:{client.base_url.port}"
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}

    answer = client.options("/api/sign-in", headers=asked)

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)
    check_headers(answer)


# Other names


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "localhost, evil.example", "0x7f.1"])
def test_under_another_name_there_is_nothing(client: httpx.Client, host: str) -> None:
    for method, path in (("GET", "/"), ("GET", "/u/ann"), ("POST", "/api/sign-in"), ("OPTIONS", "/"), ("GET", "/x")):
        answer = client.request(method, path, headers={"Host": host})
        assert (answer.status_code, answer.json()["message"]) == (400, "This site is not reached under this name")
        check_headers(answer)


@pytest.mark.parametrize(
    "host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}", "LOCALHOST", "localhost:8080"]
)
def test_a_site_on_this_machine_answers_under_its_names_and_through_forwarders(client: httpx.Client, host: str) -> None:
    assert client.get("/", headers={"Host": host.format(port=client.base_url.port)}).status_code == 200


def test_a_public_site_answers_under_its_name_alone_and_its_health_under_any(public: httpx.Client) -> None:
    port = public.base_url.port

    statuses = {host: public.get("/", headers={"Host": host}).status_code for host in (PUBLIC, f"{PUBLIC}:443")}
    refused = [f"{PUBLIC}:{port}", f"localhost:{port}", "127.0.0.1", f"www.{PUBLIC}", f"{PUBLIC}.evil.example"]

    assert statuses == {PUBLIC: 200, f"{PUBLIC}:443": 200}
    assert {public.get("/", headers={"Host": host}).status_code for host in refused} == {400}
    assert {public.get(path, headers={"Host": f"10.0.0.7:{port}"}).status_code for path in routes.HEALTH} == {200}


# Headers


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", {}, 200),
        ("HEAD", "/", {}, 200),
        ("GET", "/privacy", {}, 200),
        ("GET", "/tokens.css", {}, 200),
        ("GET", "/ping", {}, 200),
        ("GET", "/api/openapi.json", {}, 200),
        ("GET", "/api/check-username-unique?username=somebody_new", {}, 200),
        ("POST", "/api/sign-out", {}, 200),
        ("GET", "/dashboard", {}, 303),
        ("GET", "/settings", {}, 303),
        ("POST", "/sign-out", {}, 303),
        ("GET", "/api/check-username-unique?username=x", {}, 400),
        ("GET", "/", {"Host": "evil.example"}, 400),
        ("GET", "/api/session", {}, 401),
        ("POST", "/session", {}, 403),
        ("POST", "/", {"Origin": EVIL}, 403),
        ("POST", "/api/sign-in", {"Origin": EVIL}, 403),
        ("GET", "/no/such/page", {}, 404),
        ("GET", "/u/nobody_at_all", {}, 404),
        ("GET", "/assets/nothing.js", {}, 404),
        ("GET", "/api/nothing", {}, 404),
        ("GET", "/_event", {}, 404),
        ("GET", "/session", {}, 404),
        ("POST", "/sign-in", {}, 405),
        ("PATCH", "/api/session", {}, 405),
        ("TRACE", "/", {}, 405),
        ("POST", "/session", TOO_LARGE, 413),
        ("POST", "/api/sign-in", TOO_LARGE, 413),
    ],
)
def test_every_answer_has_every_header(
    client: httpx.Client, public: httpx.Client, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    body = b"x" * 70_000 if headers is TOO_LARGE else None
    plain, secure = (site.request(method, path, headers=headers, content=body) for site in (client, public))

    assert (plain.status_code, secure.status_code) == (status, status)
    check_headers(plain)
    check_headers(secure, https=True)


@pytest.mark.parametrize(
    ("header", "path", "query"),
    [
        (("Origin", EVIL), "/_event/", "EIO=4&transport=websocket"),
        (("Host", "evil.example"), "/_event/", "EIO=4&transport=websocket"),
        (("X-None", "none"), "/_event/", "EIO=3&transport=websocket"),
        (("X-None", "none"), "/no/such/socket", "EIO=4&transport=websocket"),
    ],
)
def test_a_refused_handshake_has_every_header_too(
    client: httpx.Client, app: App, header: tuple[str, str], path: str, query: str
) -> None:
    with RawSocket(app.port, [header], path=path, query=query) as refused:
        lines = refused.headers.split("\r\n")[1:]

    answer = httpx.Response(
        refused.status,
        headers=[(name, value) for name, _, value in (line.partition(": ") for line in lines)],
        request=httpx.Request("GET", f"{app.url}{path}"),
    )
    assert refused.status == 403
    check_headers(answer)


def test_a_handshake_that_is_hung_up_before_it_is_refused_is_no_fault(client: httpx.Client, app: App) -> None:
    start = len(app.log)
    handshake = (
        f"GET /no/such/socket HTTP/1.1\r\nHost: localhost:{app.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", app.port), 30) as other_end:
            other_end.sendall(handshake.encode())

    assert client.get("/ping").status_code == 200
    assert app.log[start:] == ""


def test_what_a_browser_has_already_comes_with_every_header_too(client: httpx.Client) -> None:
    tag = client.get("/tokens.css").headers["etag"]

    answer = client.get("/tokens.css", headers={"If-None-Match": tag})

    assert answer.status_code == 304
    check_headers(answer)


@pytest.mark.parametrize(
    "path",
    ["/sign-in/", "//evil.example", "//evil.example/..", "/dashboard//evil.example", "/\\evil.example", "/api//x"],
)
def test_no_address_leads_out_of_the_site(client: httpx.Client, path: str) -> None:
    answer = client.get(f"{client.base_url}".rstrip("/") + path)

    where = answer.headers.get("location", "/")
    assert where.startswith("/")
    assert not where.startswith(("//", "/\\"))
    check_headers(answer)


@pytest.mark.parametrize(
    "path", ["//dashboard", "/./dashboard", "/assets/..", "/u/nobody_at_all//", "/u//nobody_at_all"]
)
def test_an_address_with_an_empty_part_or_dots_is_none(client: httpx.Client, app: App, path: str) -> None:
    with socket.create_connection(("127.0.0.1", app.port), 30) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:9\r\nConnection: close\r\n\r\n".encode())
        head = line.makefile("rb").read().partition(b"\r\n\r\n")[0].decode().lower()

    assert head.startswith("http/1.1 404")
    assert "content-security-policy:" in head
    assert "location:" not in head


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
@pytest.mark.parametrize("path", ["/api/delete-message/a%0Ab", "/api/%0A", "/u/a%0D%0Ab", "/%00", "/assets/%1B.js"])
def test_an_address_with_a_control_character_is_none(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, path)

    assert (answer.status_code, answer.json()["message"]) == (404, "There is nothing at this address")
    assert "content-security-policy" in answer.headers


# Half requests


def test_whoever_sends_half_a_request_stops_nobody_of_the_same_network(client: httpx.Client, app: App) -> None:
    head = f"POST /api/send-message HTTP/1.1\r\nHost: localhost:{app.port}\r\nContent-Type: application/json\r\n"
    with contextlib.ExitStack() as stack:
        stalled = [stack.enter_context(socket.create_connection(("127.0.0.1", app.port), 30)) for _ in range(5)]
        for one in stalled:
            one.sendall(f"{head}Content-Length: 99\r\n\r\n{{".encode())
        message = {"username": "nobody_at_all", "content": "hello"}
        meanwhile = [client.post("/api/send-message", json=message).status_code for _ in range(5)]
        answers = [one.recv(65536).partition(b"\r\n")[0] for one in stalled]

    assert meanwhile == [404] * 5
    assert [answer.split()[1] for answer in answers] == [b"408"] * 5
