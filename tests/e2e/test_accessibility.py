"""Every place of the site for every hand, eye and screen: WCAG 2.2 AA, in both themes and all widths."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import App
from tests.e2e.places import HEIGHT, PLACES, SCHEMES, WIDTHS, Place, Site, Visit, resize, wear

AXE = Axe()
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
TARGET = 24
"""CSS pixels (WCAG 2.2, 2.5.8)."""

TOLERABLE_MS = 10
"""What lasts no longer than a frame does not move."""

TRIES = 3

ZOOMED = (320, 211)
"""What is left of a window of 1280 by 844 at 400 % (WCAG 2.2, 1.4.10)."""

SPACING = """
* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }
"""
"""WCAG 2.2, 1.4.12."""

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LOST_TEXT = """() => {
  const lost = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const frames = ".button, .prompt, .card, .pill, .toast, .banner, .notice, .dialog, .empty";
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest("script, style, .sr-only, .skip, select, textarea")) continue;
    if (!parent.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const text = range.getBoundingClientRect();
    const around = parent.closest(frames);
    const frame = around && !around.closest("dialog") && around.getBoundingClientRect(); // dialogs scroll inside
    const sides = text.left < -1 || text.right > document.documentElement.clientWidth + 1;
    const leaves = frame && (text.left < frame.left - 1 || text.right > frame.right + 1
      || text.top < frame.top - 1 || text.bottom > frame.bottom + 1);
    if (sides || leaves) lost.push(node.data.trim().slice(0, 60));
  }
  return lost;
}"""
SMALL_TARGETS = """(least) => [...document.querySelectorAll("a[href], button, input, select, textarea")]
  .filter((control) => control.type !== "hidden" && control.checkVisibility() && !control.matches(".skip"))
  .filter((control) => getComputedStyle(control).display !== "inline"
    || control.textContent.trim() === control.parentElement.textContent.trim())
  .map((control) => [control.textContent || control.id, control.getBoundingClientRect()])
  .filter(([, box]) => box.width < least || box.height < least)
  .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""
MOVING = """(tolerable) => document.getAnimations()
  .filter((animation) => animation.effect.getComputedTiming().duration > tolerable)
  .map((animation) => [animation.animationName ?? animation.transitionProperty, animation.effect.target.className])"""
UNSEEN_CONTROLS = """() => {
  const clear = (colour) => /^(?:rgba\\(.*, 0\\)|transparent)$/.test(colour);
  const shows = (style) => parseFloat(style.borderTopWidth) >= 1 && style.borderTopStyle !== "none"
    && !clear(style.borderTopColor) && style.borderTopColor !== style.backgroundColor;
  const unseen = [...document.querySelectorAll("button, input, select, textarea, a.button")]
    .filter((control) => control.type !== "hidden" && control.checkVisibility() && !shows(getComputedStyle(control)))
    .map((control) => control.textContent || control.id);
  for (const control of document.querySelectorAll(".switch")) {
    const thumb = getComputedStyle(control, "::after").backgroundColor;
    if (clear(thumb) || thumb === getComputedStyle(control).backgroundColor) unseen.push("thumb of a switch");
  }
  return unseen;
}"""


@pytest.fixture(scope="module")
def site(app: App, browser: Browser) -> Site:
    return Site(app, browser)


@pytest.fixture(scope="module", params=PLACES, ids=lambda place: place.name)
def place(request: pytest.FixtureRequest) -> Place:
    """A place; all tests look at one before the next is prepared."""
    return request.param


@pytest.fixture(scope="module")
def visit(site: Site, place: Place) -> Iterator[Visit]:
    """Somebody at the place.

    What answers a press later than half a second after it counts as moving by itself. So on a busy machine a place
    where something moved is gone to anew; what really moves by itself does so each time.
    """
    for _ in range(TRIES - 1):
        with site.visit() as visit:
            visit.arrive(place)
            if not visit.has_moved:
                yield from _looked_at(visit, place)
                return
    with site.visit() as visit:
        visit.arrive(place)
        yield from _looked_at(visit, place)


def _looked_at(visit: Visit, place: Place) -> Iterator[Visit]:
    yield visit
    assert not place.faults(visit)


@pytest.fixture
def page(visit: Visit) -> Iterator[Page]:
    """The page of the place, as wide as a phone, light, without anything that a test put on it."""
    resize(visit.page, 390)
    wear(visit.page, "light")
    yield visit.page
    visit.page.emulate_media(forced_colors="none")
    visit.page.evaluate("document.adoptedStyleSheets = []")


def test_a_place_stands_still_and_keeps_to_the_policy(visit: Visit) -> None:
    assert visit.on_arrival == []


def run_axe(page: Page) -> list[str]:
    """Return what axe-core finds, a line a node."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    found: dict[str, Any] = page.evaluate(f"axe.run({json.dumps(RULES)})")
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"]]


def look(page: Page, scheme: str, width: int) -> list[str]:
    wear(page, scheme)
    resize(page, width)
    return [f"{width} {scheme} {line}" for line in run_axe(page)]


def test_axe_finds_nothing(page: Page) -> None:
    found = look(page, "light", 390) + look(page, "dark", 1280)

    assert found == []


@pytest.mark.evening
def test_axe_finds_nothing_in_any_width_and_theme(page: Page) -> None:
    found = [line for scheme in SCHEMES for width in WIDTHS for line in look(page, scheme, width)]

    assert found == []


def test_nothing_has_to_be_scrolled_sideways_at_any_width_or_zoom(page: Page) -> None:
    for size in (*((width, HEIGHT) for width in WIDTHS), ZOOMED):
        resize(page, *size)

        assert page.evaluate(OVERFLOW) <= 0, size
        assert page.evaluate(LOST_TEXT) == [], size


def test_wider_text_spacing_loses_nothing(page: Page) -> None:
    resize(page, 320)
    page.evaluate(
        """async (css) => {
          document.adoptedStyleSheets = [await new CSSStyleSheet().replace(css)];
        }""",
        SPACING,
    )

    assert page.evaluate(OVERFLOW) <= 0
    assert page.evaluate(LOST_TEXT) == []


def test_targets_are_large_and_nothing_moves_for_people_who_asked_for_that(page: Page) -> None:
    assert page.evaluate(SMALL_TARGETS, TARGET) == []
    assert page.evaluate(MOVING, TOLERABLE_MS) == []


def test_controls_can_be_seen_in_forced_colours(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    for scheme in SCHEMES:
        wear(page, scheme)

        assert page.evaluate(UNSEEN_CONTROLS) == [], scheme


def test_a_page_has_one_heading_and_its_landmarks(page: Page, place: Place) -> None:
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("main")).to_have_count(1)
    expect(page.locator("main h1")).to_have_count(1)
    expect(page.locator("nav:not(:has(a, button))")).to_have_count(0)
    if place.is_framed:
        expect(page.locator("header")).to_have_count(1)
        expect(page.locator("footer")).to_have_count(1)
    assert page.title()
    assert page.locator("html").get_attribute("lang") == "en"


def test_errors_belong_to_their_fields(page: Page) -> None:
    for field in page.locator("[aria-invalid='true']").all():
        sentence = page.locator(f"#{field.get_attribute('aria-describedby')}")
        expect(sentence).not_to_be_empty()
        expect(sentence).to_have_role("alert")


@pytest.mark.parametrize("path", ["/", "/sign-up", "/sign-in", "/forgot-password", "/privacy"])
def test_the_places_for_announcements_are_there_before_any_script(site: Site, path: str) -> None:
    with site.visit(java_script_enabled=False) as visit:
        visit.open(path)

        regions = visit.page.locator("[role='status']")
        assert regions.count() >= 2  # what the whole site says, and what this page says
        assert not [text for text in regions.all_inner_texts() if text.strip()]


@pytest.mark.parametrize("name", ["send-opening", "dashboard-opening"])
def test_the_places_for_announcements_are_there_before_the_first_answer(site: Site, name: str) -> None:
    with site.visit() as visit:
        next(place for place in PLACES if place.name == name).arrange(visit)

        assert visit.page.locator("[role='status']").count() >= 2


def test_the_skip_link_leads_past_the_header(site: Site) -> None:
    for name in ("home", "sign-in", "dashboard-full", "send", "privacy"):
        with site.visit() as visit:
            next(place for place in PLACES if place.name == name).arrange(visit)
            visit.page.evaluate("document.activeElement.blur()")

            visit.page.keyboard.press("Tab")
            skip = visit.page.get_by_role("link", name="Skip to content")
            expect(skip).to_be_focused()
            expect(skip).to_be_in_viewport(ratio=1)
            visit.page.keyboard.press("Enter")
            expect(visit.page.locator("main")).to_be_focused()
            visit.page.keyboard.press("Tab")
            assert visit.page.evaluate("document.activeElement.closest('main, footer') !== null")


SNAPSHOTS = {
    "home": """
        - heading "Hear what people really think." [level=1]
        - paragraph: Share one link and receive honest messages. Nobody can see who wrote them, not even us.
        - link "Create your link":
          - /url: /sign-up
        - link "Sign in":
          - /url: /sign-in
        - heading "Try it" [level=2]
        - heading "What a sender sees" [level=3]
        - text: A sample message
        - textbox "A sample message"
        - button "Try sending it"
        - status
        - heading "What you see" [level=3]
        - list
        - heading "How it works" [level=2]
        - list
        - heading "How senders stay safe" [level=2]
    """,
    "sign-up-errors": """
        - heading "Create your account" [level=1]
        - text: Username
        - textbox "Username" [invalid]
        - text: Email
        - textbox "Email" [invalid]
        - alert: Invalid email address
        - text: Password
        - textbox "Password" [invalid]
        - alert: Password must be at least 8 characters
        - button "Sign Up"
    """,
    "sign-in-wrong": """
        - heading "Sign in" [level=1]
        - textbox "Email or Username"
        - textbox "Password" [invalid]
        - alert: Incorrect password
        - button "Sign In"
        - paragraph:
          - link "Create your link"
    """,
    "dashboard-closed": """
        - heading "Your inbox" [level=1]
        - textbox "Your link"
        - button "Copy"
        - status
        - button "QR code"
        - button "Pictures"
        - link "Poster"
        - status: Your inbox is closed. People who open your link are told so.
        - switch "Accept Messages"
        - heading "Messages" [level=2]
        - button "Select"
        - button "Refresh"
        - search:
          - searchbox "Search messages"
          - button "Search"
        - navigation "Lists":
          - button "Inbox 1"
          - button /Unread/
          - button "Starred"
          - button "Archived"
          - button "Filtered"
        - list:
          - listitem:
            - paragraph: "Your notes saved my exam. I never said thank you, so here it is: thank you!"
            - paragraph:
              - time
            - button "Star"
            - button "Archive"
            - button "Delete"
    """,
    "send": """
        - heading /Send an anonymous message to @/ [level=1]
        - textbox "Your message"
        - button "Send It"
        - paragraph:
          - link "What is kept"
        - heading "Not sure how to begin?" [level=2]
        - list
        - paragraph:
          - link "Create your own link"
    """,
    "send-sent": """
        - heading /Send an anonymous message to @/ [level=1]
        - status:
          - paragraph: Message sent successfully
          - paragraph: Thank you for being honest.
          - button "Send another"
          - link "Create your own link"
    """,
}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_a_page_reads_as_meant_to_somebody_who_hears_it(site: Site, name: str) -> None:
    with site.visit() as visit:
        next(place for place in PLACES if place.name == name).arrange(visit)

        main: Locator = visit.page.get_by_role("main")
        expect(main).to_match_aria_snapshot(SNAPSHOTS[name])
