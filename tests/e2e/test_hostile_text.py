"""What people write is text wherever it is shown: it runs nothing, and it moves nothing but itself."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import App, Watch
from tests.e2e.places import Account, Site

NARROW = {"viewport": {"width": 320, "height": 800}}
MARKUP = [
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "<svg onload=window.hacked=1><a href=javascript:window.hacked=1>x</a></svg>",
    "</p></li></ol><h1>Your inbox</h1><form action=https://evil.example>",
    "<iframe srcdoc='<script>parent.hacked = 1</script>'></iframe>",
    "<style>* { display: none }</style><base href=https://evil.example>",
    "javascript:window.hacked=1//",
    "{{7*7}} ${7*7} {`${window.hacked = 1}`} &lt;b&gt; &#60;b&#62; \\u003cb\\u003e",
    '{"__html": "<img src=x onerror=window.hacked=1>"}',
    "\"onfocus='window.hacked=1'autofocus='",
]
BIDI = [
    "right to left: \u202edesrever\u202c, and on",
    "never ended: \u202edesrever",
    "isolates: \u2066one \u2067two \u2068three",
    "embeddings: \u202aone \u202btwo \u202dthree",
    "ended too often: \u202c\u202c\u2069\u2069 text",
    "\u061c\u200e\u200f marks",
    "אני כותב \u202aabc",
]
WIDE = [
    "W" * 1000,
    "\u2060".join("W" * 400),
    "\u00a0".join(["word"] * 190),
    "\ufdfd" * 300,
    "in\u200bvis\u200dible " + "\u200b\u200c\u200d\ufeff" * 50 + "x",
    "_" * 500 + "-" * 400,
    "a" + "\u0300" * 300,
    "\t".join("tabs" for _ in range(150)),
]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PLACES_OF = """(selector) => [...document.querySelectorAll(selector)]
  .map((element) => element.getBoundingClientRect()).map(({ left, right }) => [left, right].map(Math.round).join())"""
OUTSIDE = """() => [...document.querySelectorAll("main li")].flatMap((card) => {
  const box = card.getBoundingClientRect(), range = document.createRange();
  range.selectNodeContents(card.querySelector(".message-text"));
  return [...range.getClientRects()].filter((r) => r.left < box.left - 1 || r.right > box.right + 1)
    .map(() => card.textContent.slice(0, 40));
})"""


@pytest.fixture(scope="module")
def site(app: App, browser: Browser) -> Site:
    return Site(app, browser)


def inbox_of(site: Site, open_page: Callable[..., Page], texts: list[str]) -> tuple[Page, Account]:
    """Return the dashboard of somebody who was written these texts, the first on top."""
    reader = site.join("reader")
    page = open_page(**NARROW)
    for text in reversed(texts):
        site.ask(page.request, "send-message", username=reader.username, content=text)
    page.context.add_cookies(reader.cookies)
    page.goto(f"{site.app.url}/dashboard")
    expect(page.locator("main li")).to_have_count(len(texts))
    return page, reader


@pytest.fixture
def nothing_runs(watch: Watch) -> Callable[[Page], None]:
    """Check that nothing which was only written has run; the watch sees refused scripts and foreign requests."""

    def check(page: Page) -> None:
        assert page.evaluate("window.hacked") is None
        assert page.locator("main :is(script, iframe, style, base, object, embed), #messages img").count() == 0
        assert page.locator("main form[action^='https:'], main a[href^='javascript:']").count() == 0

    return check


def test_markup_in_messages_is_shown_and_nothing_of_it_runs(
    site: Site, open_page: Callable[..., Page], nothing_runs: Callable[[Page], None]
) -> None:
    page, reader = inbox_of(site, open_page, MARKUP)

    assert page.locator("main li .message-text").all_text_contents() == MARKUP
    nothing_runs(page)
    expect(page.locator("h1")).to_have_count(1)
    site.ask(page.request, "send-message", username=reader.username, content=f"live {MARKUP[1]}")
    expect(page.locator("main li .message-text").first).to_have_text(f"live {MARKUP[1]}")
    nothing_runs(page)


def test_direction_marks_reorder_nothing_outside_their_message(site: Site, open_page: Callable[..., Page]) -> None:
    page, _ = inbox_of(site, open_page, ["plain", *BIDI, "plain"])

    assert page.locator("main li .message-text").all_text_contents() == ["plain", *BIDI, "plain"]
    assert set(page.locator("main li .message-text").evaluate_all("(all) => all.map((e) => e.dir)")) == {"auto"}
    for selector in ("main li .message-actions", "main li .message-text"):
        places = page.evaluate(PLACES_OF, selector)
        assert len(places) == len(BIDI) + 2
        assert len(set(places)) == 1, selector
    assert len({place.split(",")[0] for place in page.evaluate(PLACES_OF, "main li time")}) == 1
    bidi = page.locator("main li .message-text").evaluate_all(
        "(all) => all.map((e) => getComputedStyle(e).unicodeBidi)"
    )
    assert set(bidi) <= {"plaintext", "isolate"}


def test_no_text_is_too_wide_for_a_small_phone(site: Site, open_page: Callable[..., Page]) -> None:
    page, _ = inbox_of(site, open_page, WIDE)

    assert page.evaluate(OVERFLOW) <= 0
    assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("text", [WIDE[0], WIDE[3], MARKUP[1], BIDI[1]], ids=["long", "wide", "markup", "bidi"])
def test_a_sender_s_own_text_is_text_too(
    site: Site, open_page: Callable[..., Page], nothing_runs: Callable[[Page], None], text: str
) -> None:
    reader = site.join("reader")
    page = open_page(**NARROW)
    page.goto(f"{site.app.url}/u/{reader.username}")
    page.get_by_label("Your message").fill(text)

    page.reload()

    expect(page.get_by_label("Your message")).to_have_value(text)
    assert page.evaluate(OVERFLOW) <= 0
    nothing_runs(page)


@pytest.mark.parametrize("name", [MARKUP[0], MARKUP[1], "\u202elive", "\u2066x", "a\u200bb", "W" * 300, "\ufdfd" * 60])
@pytest.mark.parametrize("start", ["/u/", "/verify/"])
def test_a_name_in_an_address_is_never_shown_as_anybodys(
    site: Site,
    open_page: Callable[..., Page],
    watch: Watch,
    nothing_runs: Callable[[Page], None],
    start: str,
    name: str,
) -> None:
    watch.allow("404")
    page = open_page(**NARROW)

    page.goto(site.app.url + start + quote(name, safe=""))
    expect(page.get_by_text("User not found").or_(page.get_by_label("Verification Code")).first).to_be_visible()

    assert name not in page.locator("body").inner_text()
    assert name not in page.title()
    assert page.evaluate(OVERFLOW) <= 0
    nothing_runs(page)


@pytest.mark.parametrize(
    "address",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:window.hacked=1", "/dashboard//x"],
)
def test_signing_in_leads_nowhere_else(
    site: Site, open_page: Callable[..., Page], nothing_runs: Callable[[Page], None], address: str
) -> None:
    page, reader = open_page(), site.join("reader")
    page.context.add_cookies(reader.cookies)

    page.goto(f"{site.app.url}/sign-in?next={quote(address, safe='')}")

    expect(page).to_have_url(f"{site.app.url}/dashboard")
    nothing_runs(page)
