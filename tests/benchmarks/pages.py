"""What people feel in a browser: when a send page is there, and how long an answer takes to reach the screen.

The times are the browser's own, so that nothing of what drives it is in them.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

import bcrypt
from playwright.sync_api import Browser, Page, sync_playwright

from anonmsg.components.username_field import DEBOUNCE_MS
from anonmsg.passwords import COST
from tests.benchmarks.figures import Figure
from tests.benchmarks.site import Site
from tests.browser import find_browser
from tests.e2e.conftest import FLAGS, wait_for
from tests.e2e.test_first_page import SLOW, SLOW_CPU
from tests.integration.conftest import PASSWORD

ROUNDS = 7
PATIENCE = 30.0
BASELINE_PAINT_SLOW, BASELINE_USABLE_SLOW, BASELINE_USABLE = 608.0, 1807.0, 414.0
BASELINE_CHECK, BASELINE_SEND, BASELINE_SIGN_IN, BASELINE_COST, MORE = 27.0, 48.0, 208.0, 10, 60.0

WATCH = """(() => {
  const now = () => performance.timeOrigin + performance.now();
  const look = () => {
    if (!window.formThere && document.querySelector("textarea[name=content]")) window.formThere = performance.now();
    const text = sessionStorage.getItem("awaited");
    if (text && !sessionStorage.getItem("shown") && document.body?.innerText.includes(text))
      sessionStorage.setItem("shown", now());
  };
  for (const kind of ["input", "click"])
    addEventListener(kind, () => sessionStorage.setItem("began", now()), {capture: true});
  new MutationObserver(look).observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
})()"""
"""Notes when the form of a send page is there, and when an awaited text is on the screen after the last input."""

PAINTED = "performance.getEntriesByName('first-contentful-paint').length > 0 && window.formThere > 0"
TIMES = "[performance.getEntriesByName('first-contentful-paint')[0].startTime, window.formThere]"
BEGIN = "text => { sessionStorage.removeItem('shown'); sessionStorage.setItem('awaited', text) }"
TOOK = "sessionStorage.getItem('shown') - sessionStorage.getItem('began')"


@contextmanager
def _page(browser: Browser, *, slow: bool = False) -> Iterator[Page]:
    """Open a page in a browser that was never here, on a slow phone if so asked."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.add_init_script(WATCH)
    if slow:
        session = context.new_cdp_session(page)
        session.send("Network.emulateNetworkConditions", SLOW)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_CPU})
    yield page
    context.close()


def _opened(browser: Browser, link: str, *, slow: bool) -> tuple[float, float]:
    """Return the milliseconds until something is painted, and until the form can be used, which needs no script."""
    with _page(browser, slow=slow) as page:
        page.goto(link)
        wait_for(lambda: page.evaluate(PAINTED), PATIENCE)
        paint, form = page.evaluate(TIMES)
        return paint, max(paint, form)


def _took(page: Page, text: str, act: Callable[[], None]) -> float:
    """Return the milliseconds from the last input or press of an act to a text on the screen."""
    page.evaluate(BEGIN, text)
    act()
    page.get_by_text(text, exact=True).first.wait_for()
    return page.evaluate(TOOK)


def _checked(browser: Browser, url: str) -> float:
    with _page(browser) as page:
        page.goto(f"{url}/sign-up", wait_until="networkidle")
        name = page.get_by_label("Username", exact=True)
        return _took(page, "Username is unique", lambda: name.press_sequentially("nobody_yet")) - DEBOUNCE_MS


def _sent(browser: Browser, link: str) -> float:
    with _page(browser) as page:
        page.goto(link, wait_until="networkidle")
        page.get_by_label("Your message", exact=True).fill("An honest word about something.")
        page.wait_for_timeout(1100)  # who is faster counts as a program
        press = page.get_by_role("button", name="Send It", exact=True).click
        return _took(page, "Message sent successfully", press)


def _signed_in(browser: Browser, url: str, username: str) -> float:
    with _page(browser) as page:
        page.goto(f"{url}/sign-in", wait_until="networkidle")
        page.get_by_label("Email or Username", exact=True).fill(username)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        press = page.get_by_role("button", name="Sign In", exact=True).click
        return _took(page, "No messages yet", press)


def _hashing(cost: int) -> float:
    """Return the milliseconds of one hash."""
    began = time.perf_counter()
    bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(cost))
    return (time.perf_counter() - began) * 1000


def _measure(site: Site, link: str, username: str) -> list[Figure]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(playwright), args=FLAGS)
        _opened(browser, link, slow=False)
        plain, slow = list[tuple[float, float]](), list[tuple[float, float]]()
        checks, sends, sign_ins, longer = list[float](), list[float](), list[float](), list[float]()
        for _ in range(ROUNDS):
            plain.append(_opened(browser, link, slow=False))
            slow.append(_opened(browser, link, slow=True))
            checks.append(_checked(browser, site.app.url))
            sends.append(_sent(browser, link))
            sign_ins.append(_signed_in(browser, site.app.url, username))
            longer.append(_hashing(COST) - _hashing(BASELINE_COST))
        browser.close()
    sign_in_budget = BASELINE_SIGN_IN + median(longer) + MORE
    return [
        Figure("/u/<name> first paint, slow", median(p for p, _ in slow), "ms", at_most=0.9 * BASELINE_PAINT_SLOW),
        Figure("/u/<name> form usable, slow", median(u for _, u in slow), "ms", at_most=0.35 * BASELINE_USABLE_SLOW),
        Figure("/u/<name> form usable, no throttle", median(u for _, u in plain), "ms", at_most=0.35 * BASELINE_USABLE),
        Figure("name typed → availability, less debounce", median(checks), "ms", at_most=BASELINE_CHECK),
        Figure("Send It → sent", median(sends), "ms", at_most=BASELINE_SEND),
        Figure("Sign In → dashboard", median(sign_ins), "ms", at_most=sign_in_budget),
    ]


async def pages(site: Site) -> list[Figure]:
    """Open send pages, and do what people do most."""
    (user,) = await site.recipients(1)
    await site.join("signs_in")
    return await asyncio.to_thread(_measure, site, f"{site.app.url}/u/{user.username}", "signs_in")
