"""A recipient shares the link: as a code, as pictures, on paper, and by what the device offers."""

import io
import re
from collections.abc import Callable
from typing import Any, cast

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Error, Page, expect

from anonmsg.pictures.cards import Card
from anonmsg.web.poster import poster_page
from tests.e2e.conftest import App
from tests.e2e.people import Recipient

SHARE = """
window.shared = [];
navigator.share = (what) => { window.shared.push(what); return Promise.reject(new DOMException("no", "AbortError")); };
"""


def codes_in(picture: bytes) -> list[str]:
    found = cast(Any, zxingcpp).read_barcodes(Image.open(io.BytesIO(picture)))
    return [code.text for code in found]


def picture_of(page: Page, *, whole: bool = True) -> bytes:
    """Take a picture of a page; of one that has just come to the front Chromium may have none the first time."""
    page.bring_to_front()
    try:
        return page.screenshot(full_page=whole)
    except Error:
        return page.screenshot(full_page=whole)


def sheets_of(page: Page) -> list[int]:
    """How many sheets of A4 and of US Letter a page is when it is printed."""
    prints = [page.pdf(format=size, print_background=True) for size in ("A4", "Letter")]
    return [len(re.findall(rb"/Type\s*/Page\b", each)) for each in prints]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_code_on_the_screen_leads_to_the_link_in_both_themes(recipient: Recipient, scheme: Any) -> None:
    recipient.page.emulate_media(color_scheme=scheme)
    recipient.join()

    recipient.press("QR code")
    expect(recipient.page.get_by_role("img", name="QR code of your link")).not_to_have_js_property("naturalWidth", 0)

    assert codes_in(picture_of(recipient.page, whole=False)) == [recipient.link]


@pytest.mark.parametrize(
    ("button", "save", "name"),
    [
        ("QR code", "Save PNG", "qr.png"),
        ("QR code", "Save SVG", "qr.svg"),
        ("Pictures", "Save the square picture", "square.png"),
        ("Pictures", "Save the tall picture", "story.png"),
    ],
)
def test_each_file_is_saved_and_the_inbox_stays_connected(
    recipient: Recipient, button: str, save: str, name: str
) -> None:
    recipient.join()
    recipient.press(button)

    with recipient.page.expect_download() as download:
        recipient.page.get_by_role("link", name=save).click()

    saved = download.value.path().read_bytes()
    assert download.value.suggested_filename == f"anonmsg-{recipient.username}-{name}"
    if name.endswith("svg"):
        assert saved.startswith(b"<?xml")
    elif name == "qr.png":
        assert codes_in(saved) == [recipient.link]
    else:
        assert Image.open(io.BytesIO(saved)).info["Title"] == f"@{recipient.username}"
    recipient.press("Close")
    recipient.page.get_by_role("switch").click()
    recipient.sees("Your inbox is closed. People who open your link are told so.")


def test_nothing_is_fetched_before_somebody_wants_to_see_it(recipient: Recipient) -> None:
    asked: list[str] = []
    recipient.page.on("request", lambda request: asked.append(request.url))
    recipient.join()
    expect(recipient.page.get_by_role("button", name="Pictures", exact=True)).to_be_visible()
    before = [url for url in asked if url.startswith(f"{recipient.link}/")]

    recipient.press("Pictures")
    for picture in recipient.page.get_by_role("dialog").get_by_role("img").all():
        expect(picture).not_to_have_js_property("naturalWidth", 0)

    assert before == []
    assert {url.rpartition("/")[2] for url in asked if url.startswith(f"{recipient.link}/")} == {
        "square.png",
        "story.png",
    }


def test_the_device_shares_the_link_where_it_can(app: App, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.add_init_script(SHARE)
    recipient = Recipient(app, page)
    recipient.join()

    recipient.press("Share")

    assert page.evaluate("window.shared") == [{"title": "Send me an anonymous message", "url": recipient.link}]
    expect(page.get_by_role("button", name="Share", exact=True)).to_be_enabled()


def test_where_a_device_cannot_share_there_is_no_button_for_it(app: App, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.add_init_script("delete Navigator.prototype.share")
    recipient = Recipient(app, page)
    recipient.join()
    expect(page.get_by_role("button", name="QR code", exact=True)).to_be_visible()

    assert page.get_by_role("button", name="Share", exact=True).count() == 0


@pytest.mark.parametrize("name", ["QR code", "Pictures"])
def test_a_dialog_is_opened_walked_and_left_with_the_keyboard(recipient: Recipient, name: str) -> None:
    page = recipient.page
    recipient.join()
    dialog = page.get_by_role("dialog", name=name)
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()

    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    reached = set()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.matches('body, dialog *')")
        reached.add(page.evaluate("document.activeElement.textContent"))
    page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    assert {"Close", *(("Save SVG", "Save PNG") if name == "QR code" else ("Save",))} <= reached


def test_the_poster_opens_beside_the_inbox_and_prints_on_one_sheet(recipient: Recipient) -> None:
    recipient.join()

    with recipient.page.context.expect_page() as opened:
        recipient.page.get_by_role("link", name="Poster").click()
    poster = opened.value
    expect(poster.get_by_role("heading", name=f"@{recipient.username}")).to_be_visible()

    assert codes_in(picture_of(poster)) == [recipient.link]
    assert sheets_of(poster) == [1, 1]
    poster.emulate_media(media="print")
    expect(poster.get_by_role("button", name="Print")).to_be_hidden()
    recipient.page.bring_to_front()
    expect(recipient.page.get_by_label("Your link")).to_have_value(recipient.link)


def test_the_button_of_the_poster_prints_it(recipient: Recipient) -> None:
    page = recipient.page
    page.add_init_script("window.printed = 0; window.print = () => { window.printed += 1; };")
    recipient.join()
    recipient.open(f"/u/{recipient.username}/poster")

    recipient.press("Print")

    assert page.evaluate("window.printed") == 1


def test_the_poster_needs_no_script(app: App, recipient: Recipient, open_page: Callable[..., Page]) -> None:
    recipient.join()
    page = open_page(java_script_enabled=False)

    page.goto(f"{recipient.link}/poster")

    expect(page.get_by_text("Print it with your browser")).to_be_visible()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    assert codes_in(picture_of(page)) == [recipient.link]


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("Feedback for the third-year seminar on computing machines", ""),
        (
            "Ada’s corner 🎉",
            "What should I keep doing, what should I stop doing, and what have you always wanted? " * 2,
        ),
        ("何でも聞いてください。匿名で大丈夫です。" * 3, "何でも聞いてください。匿名で大丈夫です。" * 7),
        ("W" * 60, "x" * 140),
        ("صفحة ليلى " * 6, "اسألني أي شيء عن المحاضرة بصراحة " * 4),
    ],
)
@pytest.mark.parametrize("width", [320, 1280])
def test_much_text_stays_on_one_sheet(recipient: Recipient, title: str, question: str, width: int) -> None:
    page = recipient.page
    recipient.join()
    card = Card(recipient.username, recipient.link, title[:60], question[:140])
    page.route("**/poster", lambda route: route.fulfill(body=poster_page(card), content_type="text/html"))
    page.set_viewport_size({"width": width, "height": 844})

    recipient.open(f"/u/{recipient.username}/poster")

    assert codes_in(picture_of(page)) == [recipient.link]
    assert sheets_of(page) == [1, 1]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
