"""The settings page, told as stories: a new password, a new address, other browsers, an export, goodbye."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import App, Watch
from tests.e2e.people import PASSWORD, Recipient, Sender

NEW_PASSWORD = "another good password"


def again(recipient: Recipient, page: Page) -> Recipient:
    """The same person at another tab or device."""
    other = Recipient(recipient.app, page)
    other.username, other.email = recipient.username, recipient.email
    return other


@pytest.fixture
def other_device(recipient: Recipient, open_page: Callable[..., Page]) -> Callable[[], Recipient]:
    def sign_in() -> Recipient:
        other = again(recipient, open_page())
        other.open("/sign-in")
        other.sign_in()
        other.is_at("/dashboard")
        expect(other.page.get_by_label("Your link")).to_have_value(other.link)
        return other

    return sign_in


def open_settings(recipient: Recipient) -> None:
    recipient.page.get_by_role("link", name="Settings").click()
    recipient.is_at("/settings")
    expect(recipient.page.locator("#present-email")).to_have_text(recipient.email)


def confirm(recipient: Recipient, password: str = PASSWORD) -> None:
    dialog = recipient.page.get_by_role("dialog", name="Confirm it is you")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Current password").fill(password)
    dialog.get_by_role("button", name="Continue").click()


def test_a_new_password_keeps_this_browser_in_and_turns_the_others_out(
    recipient: Recipient, other_device: Callable[[], Recipient]
) -> None:
    recipient.join()
    phone = other_device()
    other_tab = again(recipient, recipient.page.context.new_page())
    visited: list[str] = []
    other_tab.page.on("framenavigated", lambda frame: visited.append(frame.url))
    other_tab.open("/dashboard")
    expect(other_tab.page.get_by_label("Your link")).to_have_value(recipient.link)
    other_tab.page.evaluate("window.isTheSameDocument = true")
    cookie = recipient.page.context.cookies()[0].get("value")
    open_settings(recipient)

    recipient.fill("New password", "short")
    recipient.press("Change password")
    recipient.sees("Password must be at least 8 characters")
    recipient.fill("New password", NEW_PASSWORD)
    recipient.press("Change password")
    confirm(recipient, "not the one")
    recipient.sees("Incorrect password")
    confirm(recipient)

    recipient.sees("Your password was changed")
    recipient.is_at("/settings")
    phone.is_at("/sign-in")
    expect(other_tab.page.get_by_label("Your link")).to_have_value(recipient.link)
    other_tab.page.wait_for_function("!window.isTheSameDocument")
    expect(other_tab.page.get_by_label("Your link")).to_have_value(recipient.link)
    other_tab.is_at("/dashboard")
    assert not [url for url in visited if "/sign-in" in url]
    assert recipient.page.context.cookies()[0].get("value") != cookie
    assert "Your anonmsg password was changed" in recipient.app.newest_mail(recipient.email)
    phone.sign_in(PASSWORD)
    phone.sees("Incorrect password")
    phone.fill("Password", NEW_PASSWORD)
    phone.press("Sign In")
    phone.is_at("/dashboard")


def test_a_new_address_counts_once_its_code_was_entered(recipient: Recipient, app: App) -> None:
    recipient.join()
    open_settings(recipient)
    new_email = f"new_{recipient.email}"

    recipient.fill("New email", recipient.email.upper())
    recipient.press("Change email")
    confirm(recipient)
    recipient.sees("This is your email address already")
    recipient.fill("New email", new_email)
    recipient.press("Change email")
    recipient.sees(new_email)
    expect(recipient.page.get_by_label("Verification Code")).to_be_focused()
    expect(recipient.page.locator("#present-email")).to_have_text(recipient.email)
    code = app.code_for(new_email)
    recipient.fill("Verification Code", "000000" if code != "000000" else "000001")
    recipient.press("Use this address")
    recipient.sees("Incorrect verification code")
    expect(recipient.page.get_by_role("button", name="Send a new code")).to_be_disabled()
    recipient.fill("Verification Code", code)
    recipient.press("Use this address")

    recipient.sees("Your email address was changed")
    expect(recipient.page.locator("#present-email")).to_have_text(new_email)
    assert "Your email address was changed" in app.newest_mail(recipient.email)


def test_other_browsers_are_listed_and_signed_out_one_by_one_or_together(
    recipient: Recipient, other_device: Callable[[], Recipient], sender: Sender
) -> None:
    recipient.join()
    first, second, third = other_device(), other_device(), other_device()
    sender.send(recipient.link, "Only for your eyes")
    second.sees("Only for your eyes")
    open_settings(recipient)
    rows = recipient.page.locator("main li")
    expect(rows).to_have_count(4)
    expect(rows.filter(has_text="This browser")).to_have_count(1)

    recipient.page.get_by_role("button", name=re.compile("^Sign out .*Linux")).first.click()
    confirm(recipient)
    recipient.sees("That browser was signed out.")
    expect(rows).to_have_count(3)
    recipient.press("Sign out everywhere else")
    recipient.sees("Every other browser was signed out.")

    expect(rows).to_have_count(1)
    recipient.sees("You are signed in nowhere else.")
    for other in (first, second, third):
        other.is_at("/sign-in")
        expect(other.page.get_by_text("Only for your eyes")).to_have_count(0)


def test_everything_can_be_taken_along_and_the_page_stays_connected(recipient: Recipient, sender: Sender) -> None:
    recipient.join()
    sender.send(recipient.link, '=HYPERLINK("http://evil.example")')
    recipient.sees('=HYPERLINK("http://evil.example")')
    open_settings(recipient)
    page = recipient.page

    recipient.press("Export as JSON")
    with page.expect_download() as downloading:
        confirm(recipient)
    exported = json.loads(Path(downloading.value.path()).read_text("utf-8"))
    with page.expect_download() as downloading:
        recipient.press("Export as CSV")
    text = Path(downloading.value.path()).read_text("utf-8-sig")

    assert downloading.value.suggested_filename == "anonmsg.csv"
    assert exported["account"]["email"] == recipient.email
    assert [message["content"] for message in exported["messages"]] == ['=HYPERLINK("http://evil.example")']
    assert list(csv.reader(io.StringIO(text)))[1][1] == '\'=HYPERLINK("http://evil.example")'
    recipient.fill("New password", "short")
    recipient.press("Change password")
    recipient.sees("Password must be at least 8 characters")
    expect(page.get_by_text("No connection.")).to_have_count(0)


def test_somebody_deletes_the_account_and_is_gone_everywhere(
    recipient: Recipient, other_device: Callable[[], Recipient], sender: Sender, watch: Watch
) -> None:
    watch.allow("404")
    recipient.join()
    phone = other_device()
    sender.send(recipient.link, "I will miss you")
    recipient.sees("I will miss you")
    open_settings(recipient)

    recipient.press("Delete my account")
    recipient.sees("Enter your password")
    recipient.sees("Type the word delete")
    recipient.fill("Your password", PASSWORD)
    recipient.fill("Type “delete” to go on", "delete")
    recipient.page.keyboard.press("Enter")
    recipient.press("Delete my account")

    recipient.is_at("/")
    recipient.sees("Your account and everything in it was deleted.")
    assert recipient.page.context.cookies() == []
    phone.is_at("/sign-in")
    answer = sender.page.goto(recipient.link)
    assert answer is not None
    assert answer.status == 404
    recipient.open("/dashboard")
    recipient.is_at("/sign-in")
    recipient.sign_in()
    recipient.sees("User not found")
    assert "Your account was deleted" in recipient.app.newest_mail(recipient.email)
    recipient.open("/sign-up")
    recipient.fill("Username", recipient.username)
    recipient.sees("Username is already taken")


def test_enter_in_a_field_deletes_nothing(recipient: Recipient) -> None:
    recipient.join()
    open_settings(recipient)
    recipient.fill("Your password", PASSWORD)
    recipient.fill("Type “delete” to go on", "delete")

    for label in ("Your password", "Type “delete” to go on"):
        recipient.page.get_by_label(label).press("Enter")
    recipient.fill("New password", "short")
    recipient.press("Change password")
    recipient.sees("Password must be at least 8 characters")  # whatever was sent before it has been answered

    recipient.is_at("/settings")
    expect(recipient.page.locator("#present-email")).to_have_text(recipient.email)


def test_the_question_can_be_dismissed_and_asked_again(recipient: Recipient) -> None:
    recipient.join()
    open_settings(recipient)
    dialog = recipient.page.get_by_role("dialog", name="Confirm it is you")

    for leave in ("Escape", "Cancel", "Escape"):
        recipient.press("Export as CSV")
        expect(dialog).to_be_visible()
        expect(recipient.page.get_by_label("Current password")).to_be_focused()
        expect(recipient.page.get_by_label("Current password")).to_have_value("")
        recipient.fill("Current password", "half a pass")
        if leave == "Escape":
            recipient.page.keyboard.press("Escape")
        else:
            recipient.press("Cancel")
        expect(dialog).to_be_hidden()
        expect(recipient.page.get_by_role("button", name="Export as CSV")).to_be_focused()

    recipient.page.get_by_role("link", name="Your inbox").click()
    recipient.is_at("/dashboard")
