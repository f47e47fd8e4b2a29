"""Stories of forgotten passwords, and of fields that show and rate what is typed."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import App, Watch
from tests.e2e.people import PASSWORD, Recipient
from tests.e2e.test_keyboard import Keyboard

NEW = "quite another long one"


@pytest.fixture
def keyboard(recipient: Recipient, watch: Watch) -> Keyboard:
    watch.allow("WebSocket is closed before the connection is established")  # a page that is left at once
    return Keyboard(recipient.page)


def ask_for_link(person: Recipient) -> str:
    """Have a link mailed, from the sign-in page, and return it."""
    person.open("/sign-in")
    person.page.get_by_role("link", name="Forgot password?").click()
    person.is_at("/forgot-password")
    person.fill("Email", person.email.upper())
    person.press("Send the link")
    person.sees("If that address has an account, a mail is on its way")
    return person.app.reset_link_for(person.email)


def test_somebody_forgets_the_password_and_every_open_page_is_signed_out(
    recipient: Recipient, app: App, open_page: Callable[..., Page]
) -> None:
    recipient.join()
    phone = Recipient(app, open_page())
    phone.username, phone.email = recipient.username, recipient.email

    link = ask_for_link(phone)
    phone.page.goto(link)
    expect(phone.page).to_have_title("Reset your password")
    phone.fill("New password", NEW)
    phone.press("Change password")
    phone.is_at("/sign-in")
    phone.sees("Your password was changed. Sign in with the new one.")
    recipient.is_at("/sign-in")
    phone.sign_in(PASSWORD)
    phone.sees("Incorrect password")
    phone.sign_in(NEW)
    phone.is_at("/dashboard")

    recipient.page.goto(link)
    recipient.sees("This link is no longer valid. Ask for a new one.")
    recipient.page.get_by_role("link", name="Ask for a new link").click()
    recipient.is_at("/forgot-password")
    assert "Subject: Your anonmsg password was changed" in app.newest_mail(recipient.email)
    for secret in (link.rpartition("/")[2], recipient.email, NEW):
        assert secret not in app.log


def test_a_link_that_is_opened_many_times_still_works_and_nothing_else_learns_it(
    recipient: Recipient, app: App
) -> None:
    recipient.sign_up()
    recipient.verify()
    link = ask_for_link(recipient)
    told: list[str] = []
    recipient.page.on("request", lambda request: told.append(request.headers.get("referer", "")))

    for _ in range(3):
        assert recipient.page.request.get(link).ok
    recipient.page.goto(link)
    expect(recipient.page.get_by_role("button", name="Change password")).to_be_enabled()
    recipient.fill("New password", NEW)
    recipient.press("Change password")
    recipient.is_at("/sign-in")

    assert all(not referer or referer.startswith(app.url) for referer in told)
    recipient.page.go_back()
    assert link != recipient.page.url  # the address was replaced, so the history has it no more


def test_a_password_is_reset_with_the_keyboard(recipient: Recipient, keyboard: Keyboard) -> None:
    recipient.sign_up()
    recipient.verify()

    keyboard.tab_to("Forgot password?")
    keyboard.press("Enter")
    recipient.is_at("/forgot-password")
    keyboard.tab_to("Email")
    keyboard.type(recipient.email)
    keyboard.tab_to("Send the link")
    keyboard.press("Enter")
    recipient.sees("If that address has an account, a mail is on its way")
    recipient.page.goto(recipient.app.reset_link_for(recipient.email))
    expect(recipient.page.get_by_role("button", name="Change password")).to_be_enabled()
    keyboard.tab_to("New password")
    keyboard.type("password1")
    keyboard.press("Enter")
    expect(recipient.page.locator("#password-error")).to_have_text("This password is too common. Choose another.")
    expect(recipient.page.get_by_label("New password")).to_be_focused()
    keyboard.press("Control+A")
    keyboard.type(NEW)
    keyboard.tab_to("Show")
    keyboard.press("Space")
    expect(recipient.page.get_by_label("New password")).to_have_attribute("type", "text")
    keyboard.tab_to("Change password")
    keyboard.press("Enter")
    recipient.is_at("/sign-in")
    recipient.sees("Your password was changed. Sign in with the new one.")


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up"])
def test_what_is_typed_can_be_shown_and_is_hidden_again_when_it_is_sent(recipient: Recipient, path: str) -> None:
    recipient.open(path)
    field = recipient.page.get_by_label("Password", exact=True)
    recipient.fill("Password", "short")
    expect(field).to_have_attribute("type", "password")
    expect(recipient.page.get_by_role("button", name=re.compile("^Sign (In|Up)$"))).to_be_enabled()  # the page listens

    recipient.press("Show")
    hide = recipient.page.get_by_role("button", name="Hide", exact=True)
    expect(field).to_have_attribute("type", "text")
    expect(field).to_have_value("short")
    expect(hide).to_have_attribute("aria-pressed", "true")
    expect(hide).to_have_attribute("aria-controls", "password")
    hide.click()
    expect(field).to_have_attribute("type", "password")
    recipient.press("Show")
    expect(field).to_have_attribute("type", "text")
    field.press("Enter")
    expect(field).to_have_attribute("type", "password")
    expect(recipient.page.get_by_role("button", name="Show", exact=True)).to_have_attribute("aria-pressed", "false")
    expect(field).to_have_value("short")


def test_what_is_shown_stays_shown_while_the_page_answers(recipient: Recipient) -> None:
    recipient.open("/sign-up")
    field = recipient.page.get_by_label("Password", exact=True)
    expect(recipient.page.get_by_role("button", name="Sign Up")).to_be_enabled()
    recipient.press("Show")

    for password, said in (("short", "Weak. Too short so far."), (PASSWORD, "Strong")):
        recipient.fill("Password", password)
        expect(recipient.page.locator("#password-strength")).to_have_text(said)
        expect(field).to_have_attribute("type", "text")
        expect(field).to_have_value(password)


def test_the_strength_follows_what_is_typed_or_pasted_and_moves_nothing(recipient: Recipient) -> None:
    page = recipient.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    recipient.open("/sign-up")
    verdict, bars = page.locator("#password-strength"), page.locator(".bars")
    button = page.get_by_role("button", name="Sign Up")
    expect(button).to_be_enabled()
    place = button.bounding_box()
    recipient.fill("Username", "annabelle")

    for password, said, score in (
        ("short", "Weak. Too short so far.", "0"),
        ("password1", "Weak. People guess this one first.", "0"),
        ("Annabelle1984", "Weak. It is your name or email.", "0"),
        (PASSWORD, "Strong", "4"),
    ):
        recipient.fill("Password", password)
        expect(verdict).to_have_text(said)
        expect(bars).to_have_class(f"bars bars-{score}")
        assert button.bounding_box() == place
    recipient.fill("Password", "")
    expect(verdict).to_be_empty()
    page.evaluate(f"navigator.clipboard.writeText('{PASSWORD}')")
    page.get_by_label("Password", exact=True).focus()
    page.keyboard.press("Control+V")
    expect(verdict).to_have_text("Strong")
    expect(page.get_by_label("Password", exact=True)).to_have_value(PASSWORD)


def test_a_password_that_was_refused_is_said_by_its_field(recipient: Recipient) -> None:
    recipient.open("/sign-up")
    recipient.fill("Username", recipient.username)
    recipient.fill("Email", recipient.email)
    recipient.fill("Password", f"{recipient.username}!")
    recipient.press("Sign Up")

    expect(recipient.page.locator("#password-error")).to_have_text("Password must not be your name or email")
    expect(recipient.page.get_by_label("Password", exact=True)).to_be_focused()
