"""The whole job, told as stories."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from anonmsg.prompts import begun
from tests.e2e.conftest import App, Watch
from tests.e2e.people import PASSWORD, Recipient, Sender, scripts_held

OTHER = "another good password"


def test_somebody_signs_up_receives_reads_deletes_and_closes_the_inbox(recipient: Recipient, sender: Sender) -> None:
    recipient.open("/")
    recipient.page.get_by_role("link", name="Create your link").first.click()
    recipient.sign_up()
    recipient.sees("User registered successfully. Please verify your email")
    recipient.verify()
    recipient.sees("Account verified successfully")
    recipient.sign_in()
    recipient.is_at("/dashboard")
    recipient.sees("No messages yet")

    sender.send(recipient.link, "You are kinder than you think.\n<b>Really</b>")
    expect(recipient.page.locator("main li .message-text")).to_have_text(
        "You are kinder than you think.\n<b>Really</b>"
    )
    recipient.press("Delete")
    recipient.sees("No messages yet")
    recipient.press("Undo")
    expect(recipient.page.locator("main li")).to_have_count(1)
    recipient.press("Delete")
    recipient.page.reload()
    recipient.sees("No messages yet")

    recipient.page.get_by_role("switch", name="Accept Messages").click()
    recipient.sees("Your inbox is closed. People who open your link are told so.")
    sender.press("Send another")
    sender.sees("User is not accepting messages")


def test_the_live_check_says_what_is_wrong_with_a_name_and_when_it_is_free(recipient: Recipient) -> None:
    recipient.open("/sign-up")

    for name, verdict in {
        "a": "Username must be at least 2 characters",
        "a" * 21: "Username must be no more than 20 characters",
        "no spaces": "Username must not contain special characters",
        "Admin": "Username is already taken",
        recipient.username: "Username is unique",
    }.items():
        recipient.fill("Username", name)
        expect(recipient.page.locator("#username-verdict")).to_have_text(verdict)
    recipient.fill("Username", "")
    expect(recipient.page.locator("#username-verdict")).to_be_empty()


def test_what_was_typed_before_the_page_listened_is_checked_too(recipient: Recipient) -> None:
    with scripts_held(recipient.page) as release:
        recipient.page.goto(recipient.app.url + "/sign-up", wait_until="commit")
        recipient.fill("Username", "Admin")
        recipient.fill("Password", "password1")
        release()
        expect(recipient.page.locator("#username-verdict")).to_have_text("Username is already taken")
        expect(recipient.page.locator("#password-strength")).to_have_text("Weak. People guess this one first.")


def test_a_taken_name_is_taken_in_any_case_and_cannot_be_signed_up(
    recipient: Recipient, app: App, open_page: Callable[..., Page]
) -> None:
    recipient.join_by_hand()
    other = Recipient(app, open_page())

    other.open("/sign-up")
    other.fill("Username", recipient.username.upper())
    other.sees("Username is already taken")
    other.fill("Email", other.email)
    other.fill("Password", PASSWORD)
    other.press("Sign Up")

    expect(other.page.locator("#username-error")).to_have_text("Username is already taken")
    expect(other.page.get_by_label("Username", exact=True)).to_be_focused()
    other.is_at("/sign-up")


def test_every_bad_field_gets_its_sentence_and_the_first_one_the_focus(recipient: Recipient) -> None:
    recipient.open("/sign-up")
    recipient.fill("Username", "a!")
    recipient.fill("Email", "nope")
    recipient.fill("Password", "short")
    recipient.press("Sign Up")

    expect(recipient.page.locator("#username-error")).to_have_text("Username must not contain special characters")
    expect(recipient.page.locator("#email-error")).to_have_text("Invalid email address")
    expect(recipient.page.locator("#password-error")).to_have_text("Password must be at least 8 characters")
    expect(recipient.page.get_by_label("Username", exact=True)).to_be_focused()
    expect(recipient.page.get_by_label("Email", exact=True)).to_have_value("nope")
    expect(recipient.page.get_by_label("Email", exact=True)).to_have_attribute("aria-invalid", "true")


def test_the_mailed_link_fills_in_the_code_and_another_browser_needs_the_password(
    recipient: Recipient, app: App, open_page: Callable[..., Page]
) -> None:
    recipient.sign_up()
    mail = app.newest_mail(recipient.email).replace("=\n", "").replace("=3D", "=").replace("&amp;", "&")
    link = re.search(r"http://localhost:\d+/verify/\S+?#code=\d{6}&sign-up=\w+", mail)
    assert link
    phone = Recipient(app, open_page())
    phone.page.goto(link[0])

    expect(phone.page.get_by_label("Verification Code")).to_have_value(recipient.code)
    assert "#" not in phone.page.url
    phone.press("Verify")
    phone.sees("Enter your password")
    phone.fill("Password", OTHER)
    phone.press("Verify")
    phone.sees("Incorrect password")
    phone.fill("Password", PASSWORD)
    phone.press("Verify")
    phone.is_at("/sign-in")
    phone.sees("Account verified successfully")


def test_a_wrong_code_is_refused_five_times_and_then_none_is_tried(recipient: Recipient) -> None:
    recipient.sign_up()
    wrong = "000000" if recipient.code != "000000" else "000001"

    recipient.fill("Verification Code", "12ab56")
    recipient.press("Verify")
    recipient.sees("Verification code must be 6 digits")
    for _ in range(5):
        recipient.fill("Verification Code", wrong)
        recipient.press("Verify")
        recipient.sees("Incorrect verification code")
        expect(recipient.page.get_by_role("button", name="Verify", exact=True)).to_be_enabled()
    recipient.fill("Verification Code", recipient.code)
    recipient.press("Verify")
    recipient.sees("Too many attempts. Request a new code.")
    expect(recipient.page.get_by_role("button", name="Send a new code")).to_be_disabled()
    expect(recipient.page.locator("#cooldown-note")).to_contain_text("You can ask for another code in")


def test_sign_in_says_what_is_wrong(recipient: Recipient) -> None:
    recipient.open("/sign-in")
    recipient.sign_in()
    recipient.sees("User not found")

    recipient.sign_up()
    recipient.open("/sign-in")
    recipient.sign_in()
    recipient.sees("Please verify your account before login")
    recipient.page.get_by_role("link", name="Enter your verification code").click()
    recipient.verify()
    recipient.sign_in(OTHER)
    recipient.sees("Incorrect password")
    expect(recipient.page.get_by_label("Email or Username")).to_have_value(recipient.username)
    recipient.fill("Email or Username", recipient.email.upper())
    recipient.fill("Password", PASSWORD)
    recipient.press("Sign In")
    recipient.is_at("/dashboard")


def test_guards_send_everybody_where_they_belong(recipient: Recipient) -> None:
    recipient.open("/dashboard")
    recipient.is_at("/sign-in")
    recipient.open("/settings")
    recipient.is_at("/sign-in")
    recipient.open("/dashboard")
    assert "next=%2Fdashboard" in recipient.page.url

    recipient.join_by_hand()
    for path in ("/sign-in", "/sign-up", f"/verify/{recipient.username}"):
        recipient.open(path)
        recipient.is_at("/dashboard")


def test_signing_out_in_one_tab_empties_the_others(recipient: Recipient, sender: Sender) -> None:
    recipient.join_by_hand()
    sender.send(recipient.link, "Only for your eyes")
    recipient.sees("Only for your eyes")
    other_tab = Recipient(recipient.app, recipient.page.context.new_page())
    other_tab.open("/dashboard")
    other_tab.sees("Only for your eyes")

    recipient.press("Sign out")
    recipient.is_at("/")
    other_tab.is_at("/sign-in")
    expect(other_tab.page.get_by_text("Only for your eyes")).to_have_count(0)
    recipient.open("/dashboard")
    recipient.is_at("/sign-in")


def test_what_a_sender_typed_survives_an_error_and_a_reload(recipient: Recipient, sender: Sender) -> None:
    recipient.join_by_hand()
    sender.page.goto(recipient.link)
    sender.write("x" * 1001)
    expect(sender.page.locator("#content-counter")).to_have_text("1001 / 1000")
    sender.press("Send It")
    sender.sees("Message must be at most 1000 characters")
    expect(sender.page.get_by_label("Your message")).to_have_value("x" * 1001)

    sender.write("half a thought")
    sender.page.reload()
    expect(sender.page.get_by_label("Your message")).to_have_value("half a thought")
    sender.write(" \u200b \n")
    sender.press("Send It")
    sender.sees("Write a message first")
    sender.write("a whole thought")
    sender.press("Send It")
    sender.sees("Message sent successfully")
    sender.press("Send another")
    expect(sender.page.get_by_label("Your message")).to_have_value("")


def test_an_unknown_link_is_said_to_be_unknown(sender: Sender, watch: Watch) -> None:
    watch.allow("404")

    answer = sender.page.goto(f"{sender.app.url}/u/nobody_at_all")

    assert answer is not None
    assert answer.status == 404
    sender.sees("User not found")
    answer = sender.page.goto(f"{sender.app.url}/no/such/page")
    assert answer is not None
    assert answer.status == 404
    sender.sees("This page does not exist")


def test_a_double_click_sends_once(recipient: Recipient, sender: Sender) -> None:
    recipient.join_by_hand()
    sender.page.goto(recipient.link)
    sender.write("just once")

    sender.page.get_by_role("button", name="Send It").dblclick()
    sender.sees("Message sent successfully")

    recipient.sees("just once")
    recipient.press("Refresh")
    expect(recipient.page.locator("main li")).to_have_count(1)


def test_a_prompt_fills_the_field_and_never_overwrites_without_asking(recipient: Recipient, sender: Sender) -> None:
    recipient.join_by_hand()
    sender.page.goto(recipient.link)
    prompt = sender.page.locator(".prompt").first
    prompt.click()
    expect(sender.page.get_by_label("Your message")).to_have_value(begun(prompt.inner_text()))

    sender.write("my own words")
    prompt.click()
    sender.sees("Replace what you have written?")
    expect(sender.page.get_by_label("Your message")).to_have_value("my own words")
    sender.press("Keep mine")

    expect(sender.page.get_by_label("Your message")).to_have_value("my own words")
    expect(prompt).to_be_focused()


def test_the_sample_on_the_home_page_works_and_tells_the_server_nothing(
    app: App, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
    page.goto(app.url)
    page.get_by_role("button", name="Try sending it").click()
    expect(page.get_by_role("status").get_by_text("Write a message first")).to_be_visible()
    page.get_by_label("A sample message").fill("Nobody else reads this sample")
    page.get_by_role("button", name="Try sending it").click()

    newest = page.get_by_role("listitem").filter(has_text="Sample").first
    expect(newest).to_contain_text("Nobody else reads this sample")
    newest.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Nobody else reads this sample")).to_have_count(0)
    assert not any("sample" in frame for frame in sent)
