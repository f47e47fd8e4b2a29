"""The letters: the code where a phone shows it, nothing asked of others, nothing of the sender's parsed."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from anonmsg.mail.letters import password_changed_mail, reset_mail, verification_mail
from anonmsg.mail.mailer import Mail

SITE = "https://anon.example"
LINK = f"{SITE}/verify/bob#code=482913&sign-up=0f3c9d2e5b7a41e8a1d6c4b2f0e97385"


class Page(HTMLParser):
    """What a mail program sees of a mail: elements with their attributes, and text in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.styles: list[str] = []
        self._inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.styles.append(data)
        elif data.strip() and self._inside != "title":
            self.texts.append(" ".join(data.split()))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    @property
    def links(self) -> list[str | None]:
        return [attributes["href"] for tag, attributes in self.elements if tag == "a"]

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    def meta(self, name: str) -> str | None:
        return next(found["content"] for tag, found in self.elements if tag == "meta" and found.get("name") == name)


def letter(username: str = "bob", link: str = LINK) -> Mail:
    return verification_mail("bob@example.com", username, "482913", link, SITE, idempotency_key="key-1")


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(letter().html)


def test_the_mail_says_to_whom_it_goes_and_which_code_it_brings() -> None:
    mail = letter()

    assert (mail.to, mail.code, mail.idempotency_key) == ("bob@example.com", "482913", "key-1")


def test_the_code_comes_first_where_a_phone_shows_it(page: Page) -> None:
    mail = letter()

    assert mail.subject == "482913 is your anonmsg code"
    assert page.texts[0].startswith("482913 ")
    assert mail.text.startswith("482913 ")


def test_the_code_stands_alone_in_the_page_so_that_it_can_be_copied(page: Page) -> None:
    assert page.texts.count("482913") == 1


def test_the_link_has_the_code_in_its_fragment_in_both_parts(page: Page) -> None:
    assert LINK in page.links
    assert LINK in letter().text.splitlines()


def test_the_code_is_in_no_part_of_a_link_that_reaches_a_server(page: Page) -> None:
    asked = [str(link).partition("#")[0] for link in page.links]

    assert not any("482913" in url for url in asked)


def test_the_only_links_are_to_the_site_itself(page: Page) -> None:
    assert page.links == [LINK, SITE]


def test_opening_the_mail_asks_nobody_for_anything(page: Page) -> None:
    """The names of XML dialects look like addresses and are none; style sheets may ask, too."""
    html = re.sub(r' xmlns(:\w+)?="[^"]*"', "", letter().html)
    attributes = {name for _, found in page.elements for name in found}

    assert set(re.findall(r"https?://[^\s\"'<>)#/]+", html)) == {SITE}
    assert page.tags.isdisjoint({"img", "link", "script", "iframe", "object", "video", "audio", "form", "svg"})
    assert attributes.isdisjoint({"src", "srcset", "background", "poster", "onload"})
    assert not re.search(r"url\(|@import|@font-face|//fonts", html)


def test_the_mail_is_made_for_dark_mode(page: Page) -> None:
    assert page.meta("color-scheme") == "light dark"
    assert page.meta("supported-color-schemes") == "light dark"
    assert any("prefers-color-scheme: dark" in style for style in page.styles)


@pytest.mark.parametrize("name", ["card", "code", "ink", "page", "quiet", "button", "name"])
def test_every_class_that_the_style_changes_is_in_the_page(page: Page, name: str) -> None:
    used = {word for _, found in page.elements for word in (found.get("class") or "").split()}

    assert name in used
    assert any(f".{name}" in style for style in page.styles)


def test_phones_make_no_telephone_number_of_the_code(page: Page) -> None:
    assert "telephone=no" in str(page.meta("format-detection"))


def test_the_lines_of_the_text_fit_a_terminal() -> None:
    mail = letter("x" * 20)

    assert [line for line in mail.text.splitlines() if len(line) > 78 and line != LINK] == []
    assert mail.text.endswith("\n")
    assert mail.text.isascii()


def test_no_mark_of_a_template_is_left() -> None:
    mail = letter()

    assert "bob" in mail.text
    assert "Almost there, bob" in mail.html
    assert not re.search(r"{{|}}(?!\s*</style>)|{%|<mj-", mail.text + mail.html)


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "<mj-image src='https://evil.example/x.png'/>",
        "</mj-text><mj-raw>",
        "<!--",
        "&lt;b&gt;",
    ],
)
def test_a_hostile_username_is_text_and_nothing_else(page: Page, name: str) -> None:
    hostile = Page(letter(name).html)

    assert f"Almost there, {name}" in hostile.texts
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in page.elements]


def test_a_hostile_username_is_no_template_either() -> None:
    mail = letter("{{ 7 * 7 }}{% raw %}")

    assert "Almost there, {{ 7 * 7 }}{% raw %}" in mail.html
    assert "Almost there, {{ 7 * 7 }}{% raw %}!" in mail.text


def test_a_hostile_link_cannot_leave_its_attribute(page: Page) -> None:
    link = f'{SITE}/verify/"><script>alert(1)</script>#code=482913'

    hostile = Page(letter(link=link).html)

    assert link in hostile.links
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in page.elements]


def test_the_text_is_not_escaped_for_html() -> None:
    assert "&amp;" not in letter().text


def test_it_says_in_minutes_how_long_the_code_is_valid() -> None:
    usual = letter()
    longer = verification_mail("a@b.example", "bob", "482913", LINK, SITE, code_ttl=timedelta(minutes=30))

    assert usual.html.count("valid for 15 minutes") == 2
    assert usual.text.count("valid for 15 minutes") == 1
    assert (longer.html.count("valid for 30 minutes"), longer.text.count("valid for 30 minutes")) == (2, 1)


def test_the_site_is_named_by_host_and_port() -> None:
    mail = verification_mail("a@b.example", "bob", "482913", LINK, "http://localhost:3000")

    assert "localhost:3000" in Page(mail.html).texts
    assert mail.text.splitlines()[-1] == "http://localhost:3000"


def test_mails_are_written_fast_enough_for_many_sign_ups_at_once() -> None:
    letter()
    began = time.perf_counter()

    for _ in range(50):
        letter()

    assert time.perf_counter() - began < 1


# The letters of a password reset

RESET = f"{SITE}/reset-password/9vQb0l3Zk1xYw7Tn5RfGhJ2mPsDcAeUi"
FORGOT = f"{SITE}/forgot-password"
CHANGED_AT = datetime(2026, 3, 9, 8, 5, tzinfo=UTC)


def reset_letter(username: str = "bob") -> Mail:
    return reset_mail(
        "bob@example.com", username, RESET, SITE, reset_ttl=timedelta(minutes=30), idempotency_key="key-2"
    )


def notice(username: str = "bob") -> Mail:
    return password_changed_mail("bob@example.com", username, CHANGED_AT, FORGOT, SITE, idempotency_key="key-3")


def test_the_reset_mail_brings_its_link_and_says_how_long_it_works() -> None:
    mail = reset_letter()

    assert (mail.to, mail.link, mail.code, mail.idempotency_key) == ("bob@example.com", RESET, "", "key-2")
    assert RESET in mail.text.splitlines()
    assert "valid for 30 minutes" in mail.text
    assert "valid for 30 minutes" in mail.html
    assert "If you did not ask for this, ignore this mail" in mail.text
    assert "If you did not ask for this, ignore this mail" in mail.html
    assert "9vQb" not in mail.subject


def test_the_notice_says_when_it_happened_and_what_to_do() -> None:
    mail = notice()

    assert (mail.link, mail.code, mail.idempotency_key) == ("", "", "key-3")
    for part in (mail.text, mail.html):
        assert "bob" in part
        assert "2026-03-09 08:05 UTC" in part
        assert "If it was not" in part
    assert FORGOT in mail.text.splitlines()


@pytest.mark.parametrize(("mail", "link"), [(reset_letter(), RESET), (notice(), FORGOT)], ids=["reset", "notice"])
def test_the_letters_look_alike_and_lead_nowhere_else(page: Page, mail: Mail, link: str) -> None:
    other = Page(mail.html)

    assert other.links == [link, SITE]
    assert other.styles[-1] == page.styles[-1]
    assert other.tags <= page.tags
    assert (other.meta("color-scheme"), "anon.example" in other.texts) == ("light dark", True)
    assert mail.text.isascii()
    assert mail.text.endswith(f"{SITE}\n")
    assert [line for line in mail.text.splitlines() if len(line) > 78] == []
    assert not re.search(r"{{|}}(?!\s*</style>)|{%|<mj-", mail.text + mail.html)


@pytest.mark.parametrize("write", [reset_letter, notice])
def test_a_hostile_name_is_text_in_them_too(write: Callable[[str], Mail]) -> None:
    name = "<script>alert(1)</script>{{ 7 * 7 }}"

    hostile = Page(write(name).html)

    assert any(name in text for text in hostile.texts)
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in Page(write("bob").html).elements]
