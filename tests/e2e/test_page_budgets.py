"""What a page costs on the wire, whether it stands still, and whether it keeps to the strict policy."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, Route, expect

from tests.e2e.conftest import App, wait_for
from tests.e2e.places import MOST_SHIFT, WIDTHS, Site, Visit, resize

KB = 1024
SEND_BYTES, SEND_SCRIPT = 165 * KB, 150 * KB
OTHER_BYTES = 170 * KB
"""Five forms and a dialog; nobody waits for this page on a slow network as senders do for theirs."""

SEND_REQUESTS = 12
"""How many requests a send page may make when it is opened for the first time; it makes 11."""

REPEAT_BYTES = 10 * KB
SHORT = 3 * KB
"""What is not worth packing. The head is counted, of which the policy alone is 1 KB and grows with every page."""

QUIET_SECONDS = 10


@dataclass
class Wire:
    """What a page loads, as the browser's network layer counts it; WebSocket frames are not in it.

    Attributes:
        answers: By request, the answer's address, kind and encoding.
        sizes: By request, the bytes of heads and bodies.
    """

    session: CDPSession
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.session.on("Network.responseReceived", self._answer)
        self.session.on("Network.loadingFinished", self._finish)
        self.session.send("Network.enable")

    def _answer(self, event: dict[str, Any]) -> None:
        headers = {name.lower(): value for name, value in event["response"]["headers"].items()}
        self.answers[event["requestId"]] = {
            "url": event["response"]["url"],
            "type": event["type"],
            "encoding": headers.get("content-encoding", ""),
        }

    def _finish(self, event: dict[str, Any]) -> None:
        self.sizes[event["requestId"]] = event["encodedDataLength"]

    def forget(self) -> None:
        self.answers.clear()
        self.sizes.clear()

    @property
    def total(self) -> int:
        return round(sum(self.sizes.values()))

    @property
    def requests(self) -> int:
        return len(self.answers)

    @property
    def script(self) -> int:
        """Bytes of scripts; pages preload them, so the address tells what they are."""
        return round(sum(size for request, size in self.sizes.items() if self._is_script(request)))

    def _is_script(self, request: str) -> bool:
        answer = self.answers.get(request, {"type": "", "url": ""})
        return answer["type"] == "Script" or answer["url"].endswith(".js")

    def unpacked(self) -> list[str]:
        """Return the scripts and styles of some length that came without Brotli."""
        return [
            answer["url"]
            for request, answer in self.answers.items()
            if "/assets/" in answer["url"] and answer["encoding"] != "br" and self.sizes.get(request, 0) > SHORT
        ]


@pytest.fixture(scope="module")
def site(app: App, browser: Browser) -> Site:
    return Site(app, browser)


def load(visit: Visit, path: str) -> Wire:
    """Open a page with nothing kept, and wait until it has loaded all that it wants."""
    wire = Wire(visit.context.new_cdp_session(visit.page))
    open_quietly(visit.page, visit.site.app.url + path)
    return wire


def open_quietly(page: Page, url: str) -> None:
    page.goto(url, wait_until="networkidle")
    expect(page.locator("h1")).to_be_visible()


ROUTES: dict[str, Callable[[Site], str]] = {
    "home": lambda _: "/",
    "sign-up": lambda _: "/sign-up",
    "verify": lambda site: f"/verify/{site.waiting.username}",
    "sign-in": lambda _: "/sign-in",
    "forgot": lambda _: "/forgot-password",
    "reset": lambda _: "/reset-password/there-is-no-such-link",
    "dashboard": lambda _: "/dashboard",
    "settings": lambda _: "/settings",
    "send": lambda site: f"/u/{site.reader.username}",
    "privacy": lambda _: "/privacy",
}
SIGNED_IN = {"dashboard", "settings"}


@pytest.mark.parametrize("route", ROUTES)
def test_a_page_costs_no_more_bytes_than_its_budget(site: Site, route: str) -> None:
    with site.visit(service_workers="block") as visit:  # what a worker hands out would not be counted
        if route in SIGNED_IN:
            visit.context.add_cookies(site.reader.cookies)

        wire = load(visit, ROUTES[route](site))
        cold, script, unpacked = wire.total, wire.script, wire.unpacked()
        visit.page.goto("about:blank")
        wire.forget()
        open_quietly(visit.page, site.app.url + ROUTES[route](site))

        print(f"{route}: {cold} bytes, {script} of them script; again {wire.total}")  # noqa: T201  # shown by -rP
        assert script > 50 * KB  # the count sees scripts
        assert cold <= (SEND_BYTES if route == "send" else OTHER_BYTES), cold
        assert route != "send" or script <= SEND_SCRIPT, script
        assert wire.total <= REPEAT_BYTES, wire.total
        assert unpacked == []
        assert [fault for fault in visit.faults if "blocked by Playwright" not in fault] == []


def test_a_send_page_makes_few_requests(site: Site) -> None:
    with site.visit(service_workers="block") as visit:
        wire = load(visit, ROUTES["send"](site))

        print(f"send: {wire.requests} requests")  # noqa: T201  # shown by -rP
        assert 1 < wire.requests <= SEND_REQUESTS, [answer["url"] for answer in wire.answers.values()]


def test_the_form_of_a_send_page_is_usable_after_one_request_and_no_script(site: Site) -> None:
    """Everything but the page itself is held back, and the message is written and sent all the same."""
    with site.visit(service_workers="block") as visit:
        page, wire = visit.page, Wire(visit.context.new_cdp_session(visit.page))
        held: list[Route] = []

        def hold(route: Route) -> None:
            if route.request.is_navigation_request():
                route.continue_()
            else:
                held.append(route)

        page.route("**/*", hold)
        page.goto(site.app.url + ROUTES["send"](site), wait_until="commit")
        page.get_by_label("Your message", exact=True).fill("Written with nothing but the page.")

        expect(page.get_by_role("button", name="Send It", exact=True)).to_be_enabled()
        wait_for(lambda: len(wire.sizes) > 0, QUIET_SECONDS)
        assert (wire.requests, wire.script) == (1, 0)
        with page.expect_navigation(wait_until="commit"):
            page.get_by_role("button", name="Send It", exact=True).click()
        expect(page.get_by_text("Message sent successfully")).to_be_visible()
        assert (wire.script, len(held) > 0) == (0, True)


@pytest.mark.parametrize("width", [WIDTHS[0], WIDTHS[-1]])
@pytest.mark.parametrize("route", ROUTES)
def test_nothing_moves_while_scripts_arrive(site: Site, route: str, width: int) -> None:
    held: list[Any] = []
    holding = True

    def hold(request: Route) -> None:
        if holding:
            held.append(request)
        else:
            request.continue_()

    with site.visit() as visit:
        resize(visit.page, width)
        if route in SIGNED_IN:
            visit.context.add_cookies(site.reader.cookies)
        visit.page.route("**/assets/*.js", hold)
        visit.page.goto(site.app.url + ROUTES[route](site), wait_until="commit")
        wait_for(lambda: visit.page.evaluate("performance.getEntriesByName('first-paint').length > 0"), QUIET_SECONDS)

        holding = False
        for request in held:
            request.continue_()
        visit.page.wait_for_load_state("networkidle")
        expect(visit.page.locator("h1")).to_be_visible()

        shifts = visit.shifts()
        assert sum(shift["value"] for shift in shifts) < MOST_SHIFT, shifts


def test_no_page_has_a_style_of_its_own_in_its_source(site: Site) -> None:
    with site.visit() as visit:
        for route, path in ROUTES.items():
            source = visit.page.request.get(site.app.url + path(site)).text()

            assert source.count("<style") == (1 if route == "send" else 0), route  # its hash is in the policy
            assert ' style="' not in source, route


def test_the_policy_is_strict(site: Site) -> None:
    with site.visit() as visit:
        answer = visit.page.goto(site.app.url)

        assert answer is not None
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'self'" in policy
        visit.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">not so</p>')")
        wait_for(lambda: bool(visit.violations()), QUIET_SECONDS)
        assert visit.violations() == ["style-src-attr refused inline"]
