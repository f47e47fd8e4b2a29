"""Themes, colours, and what is installed on a device: only what people asked for, and nothing private."""

import re
import struct
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from tests.contrast import CONTROL, TEXT, contrast, luminance
from tests.e2e.conftest import App, wait_for
from tests.e2e.places import PLACES, SCHEMES, Site, Visit, wear

PATIENCE = 10
TEXTS = [
    *((ink, ground) for ink in ("ink", "ink-soft") for ground in ("paper", "surface", "sunken", "accent-soft")),
    *(("accent", ground) for ground in ("paper", "surface")),
    *(("accent-strong", ground) for ground in ("paper", "surface")),
    ("accent-ink", "accent"),
    ("accent-ink", "accent-strong"),
    *((said, ground) for said in ("good", "bad") for ground in ("paper", "surface")),
    ("ink", "bad-soft"),
    ("paper", "ink"),
    *(("ink", f"tone-{number}") for number in range(6)),
]
CONTROLS = [
    *((line, ground) for line in ("line-strong", "focus", "bad") for ground in ("paper", "surface", "sunken")),
    ("line-strong", "accent-soft"),
    ("accent", "paper"),
    ("accent", "surface"),
    ("accent-ink", "accent"),
    ("good", "sunken"),
]
COLOUR = """(name) => {
  const probe = document.createElement("canvas").getContext("2d");
  const element = document.createElement("i");
  element.className = "probe";
  document.body.append(element);
  element.style.color = `var(--${name})`;
  probe.fillStyle = getComputedStyle(element).color;
  element.remove();
  return probe.fillStyle;
}"""


@pytest.fixture(scope="module")
def site(app: App, browser: Browser) -> Site:
    return Site(app, browser)


@pytest.fixture
def visit(site: Site) -> Iterator[Visit]:
    with site.visit() as visit:
        yield visit
        assert not visit.faults


def test_contrast_is_counted_as_the_standard_says() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_pair_of_colours_can_be_told_apart(visit: Visit, scheme: str) -> None:
    visit.open("/")
    wear(visit.page, scheme)
    names = {name for pair in (*TEXTS, *CONTROLS) for name in pair}
    colours = {name: visit.page.evaluate(COLOUR, name) for name in names}
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours.values()), colours

    weak = [
        (ink, ground, round(contrast(colours[ink], colours[ground]), 2))
        for pairs, least in ((TEXTS, TEXT), (CONTROLS, CONTROL))
        for ink, ground in pairs
        if contrast(colours[ink], colours[ground]) < least
    ]

    assert weak == []
    bright = luminance(colours["paper"]) > luminance(colours["ink"])
    assert bright == (scheme == "light")


def theme(page: Page) -> str:
    return page.evaluate("document.documentElement.className")


WATCH_THEME = """
window.worn = [];
const look = () => {
  if (!document.documentElement) return;
  window.worn.push(document.documentElement.className);
};
new MutationObserver(look).observe(document, { attributes: true, childList: true, subtree: true });
requestAnimationFrame(function frame() {
  const root = document.documentElement;
  if (document.body) window.painted ??= [root.className, getComputedStyle(root).backgroundColor];
  if (!window.painted) requestAnimationFrame(frame);
});
"""


@pytest.mark.parametrize(("device", "choice"), [("light", "Dark"), ("dark", "Light")])
def test_a_chosen_theme_is_remembered_and_does_not_flash(site: Site, device: str, choice: str) -> None:
    chosen = choice.lower()
    with site.visit(color_scheme=device) as visit:
        visit.page.add_init_script(WATCH_THEME)
        visit.open("/sign-in")
        expect(visit.page.locator("html")).to_have_class(device)
        before = visit.page.evaluate("window.painted")
        visit.page.get_by_label("Colours").select_option(choice)
        expect(visit.page.locator("html")).to_have_class(chosen)

        for path in ("/sign-in", "/u/nobody_at_all", "/"):
            visit.open(path)
            expect(visit.page.get_by_label("Colours")).to_have_value(chosen)
            first, ground = visit.page.evaluate("window.painted")
            assert first == chosen
            assert ground != before[1]
            worn = [name for name in visit.page.evaluate("window.worn") if name]
            assert set(worn) == {chosen}, worn


def test_a_choice_holds_when_the_device_changes_and_none_follows_it(visit: Visit) -> None:
    visit.open("/sign-in")
    expect(visit.page.get_by_role("button", name="Sign In")).to_be_enabled()
    colours = visit.page.get_by_label("Colours")
    colours.select_option("Dark")
    expect(visit.page.locator("html")).to_have_class("dark")
    for scheme in ("dark", "light"):
        visit.page.emulate_media(color_scheme=scheme)
        assert theme(visit.page) == "dark"

    colours.select_option("Like my device")
    expect(visit.page.locator("html")).to_have_class("light")
    visit.page.emulate_media(color_scheme="dark")
    expect(visit.page.locator("html")).to_have_class("dark")


def workers(page: Page) -> int:
    return page.evaluate("navigator.serviceWorker.getRegistrations().then((found) => found.length)")


CACHED = """async () => {
  const addresses = [];
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) addresses.push(new URL(request.url).pathname);
  }
  return addresses;
}"""
HARMLESS = re.compile(r"/assets/[^/]+|/offline\.html|/tokens\.css|/favicon\.svg")


def test_a_sender_s_device_keeps_no_trace(visit: Visit) -> None:
    next(place for place in PLACES if place.name == "send-sent").arrange(visit)

    assert workers(visit.page) == 0
    assert visit.page.evaluate(CACHED) == []
    assert visit.context.cookies() == []
    kept = visit.page.evaluate("({ ...localStorage })")
    assert kept.keys() == {"theme", "anonmsg-mark"}  # the number that the browser made up, which people can forget
    assert not [name for name in visit.page.evaluate("Object.keys(sessionStorage)") if "draft" in name]


def test_without_a_network_our_page_is_shown_and_nothing_private_was_kept(site: Site) -> None:
    with site.visit() as visit:
        page = visit.page
        visit.open_as(site.reader)
        page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
        wait_for(lambda: page.evaluate("navigator.serviceWorker.controller !== null"), PATIENCE)
        for path in ("/dashboard", "/privacy", f"/u/{site.reader.username}", "/dashboard"):
            page.goto(site.app.url + path, wait_until="networkidle")
        assert page.evaluate("fetch('/api/get-messages').then((answer) => answer.status)") == 200

        cached = page.evaluate(CACHED)
        assert "/offline.html" in cached
        assert any(path.startswith("/assets/") for path in cached)
        assert [path for path in cached if not HARMLESS.fullmatch(path)] == []

        visit.context.set_offline(True)
        page.goto(f"{site.app.url}/dashboard")
        expect(page.get_by_role("heading", name="No connection")).to_be_visible()
        assert page.evaluate("getComputedStyle(document.querySelector('.button')).borderRadius") != "0px"
        with pytest.raises(Error):
            page.evaluate("fetch('/api/get-messages').then((answer) => answer.status)")

        visit.context.set_offline(False)
        page.get_by_role("link", name="Try again").click()
        expect(page.get_by_label("Your link")).to_have_value(re.compile(site.reader.username))


def png_size(body: bytes) -> str:
    """Return the size of a PNG as a manifest writes it (PNG specification, 11.2.2)."""
    assert body[:8] == b"\x89PNG\r\n\x1a\n"
    return "x".join(map(str, struct.unpack(">II", body[16:24])))


def test_the_manifest_is_complete_and_its_icons_are_as_large_as_it_says(site: Site) -> None:
    with site.visit() as visit:
        visit.open("/")
        address = visit.page.locator("link[rel=manifest]").get_attribute("href")
        answer = visit.page.request.get(f"{site.app.url}{address}")
        assert "json" in answer.headers["content-type"]
        manifest = answer.json()

        assert {"name", "short_name", "start_url", "scope", "display", "background_color", "theme_color"} <= {*manifest}
        assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
        assert "maskable" in {icon.get("purpose") for icon in manifest["icons"]}
        for icon in manifest["icons"]:
            image = visit.page.request.get(f"{site.app.url}{icon['src']}")
            assert image.ok
            assert image.headers["content-type"] == icon["type"]
            assert icon["sizes"] == ("any" if icon["type"] == "image/svg+xml" else png_size(image.body()))
        for link in visit.page.locator("link[rel~=icon], link[rel=apple-touch-icon]").all():
            assert visit.page.request.get(f"{site.app.url}{link.get_attribute('href')}").ok


def test_the_undo_leaves_after_ten_seconds_without_moving(site: Site) -> None:
    with site.visit() as visit:
        visit.page.clock.install()
        visit.open_as(site.join("uma", 1))
        visit.press("Delete")
        toast = visit.page.locator(".toast")
        expect(toast).to_be_visible()
        assert toast.evaluate("(toast) => toast.getAnimations({subtree: true}).length") == 0

        visit.page.clock.fast_forward(9_000)
        expect(toast).to_be_visible()
        visit.page.clock.fast_forward(1_000)

        expect(toast).to_be_hidden()


def test_paper_shows_the_words_and_not_the_controls(site: Site) -> None:
    with site.visit() as visit:
        visit.open_as(site.reader)

        visit.page.emulate_media(media="print")

        expect(visit.page.locator("main li .message-text").first).to_be_visible()
        expect(visit.page.get_by_role("button", name="Delete").first).to_be_hidden()
        expect(visit.page.locator("header")).to_be_hidden()
