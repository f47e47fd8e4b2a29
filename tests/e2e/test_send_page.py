"""The recipient's own page: chosen in the settings, seen by senders; and the ideas that a sender picks from."""

import re

from playwright.sync_api import Locator, expect

from anonmsg.prompts import begun
from tests.e2e.people import Recipient, Sender

IDEAS = "One?\nTwo?\nThree?\nFour?\nFive?"


def open_settings(recipient: Recipient) -> None:
    recipient.open("/settings")
    expect(recipient.page.locator("#present-email")).to_have_text(recipient.email)


def save(recipient: Recipient) -> None:
    recipient.press("Save your page")
    recipient.sees("Saved.")


def message(sender: Sender) -> Locator:
    return sender.page.get_by_label("Your message")


def open_link(sender: Sender, recipient: Recipient) -> None:
    sender.page.goto(recipient.link)
    expect(sender.page.locator("#first")).to_have_count(0)  # the app has taken over
    expect(sender.page.get_by_role("button", name="Send It")).to_be_enabled()


def test_what_a_recipient_chooses_is_what_senders_see_and_what_holds(recipient: Recipient, sender: Sender) -> None:
    recipient.register()
    open_settings(recipient)
    recipient.fill("Title", "Anna\u2019s corner")
    recipient.fill("Question", "What should I sing next?")
    recipient.fill("Your own ideas", IDEAS)
    recipient.fill("Longest message", "50")
    recipient.page.get_by_label("Teal").check()
    save(recipient)

    open_link(sender, recipient)
    expect(sender.page.get_by_role("heading", level=1)).to_have_text("Anna\u2019s corner")
    sender.sees(f"Send an anonymous message to @{recipient.username}")
    sender.sees("What should I sing next?")
    expect(sender.page.locator(".accent-teal")).to_be_visible()
    expect(sender.page.locator(".prompt")).to_have_text(["One?", "Two?", "Three?"])
    sender.write("x" * 51)
    sender.sees("51 / 50")
    sender.press("Send It")
    sender.sees("Message must be at most 50 characters")
    expect(message(sender)).to_have_value("x" * 51)
    sender.write("x" * 50)
    sender.press("Send It")
    sender.sees("Message sent successfully")


def test_what_a_recipient_writes_is_text_and_stays_inside_a_small_screen(recipient: Recipient, sender: Sender) -> None:
    recipient.register()
    open_settings(recipient)
    recipient.fill("Title", "<img src=x onerror=alert(1)>" + "W" * 32)
    recipient.fill("Question", "</p><script>alert(1)</script>" + "שלום" * 20)
    recipient.fill("Your own ideas", "<b>bold</b>" + "W" * 120)
    save(recipient)
    sender.page.set_viewport_size({"width": 320, "height": 844})

    open_link(sender, recipient)

    expect(sender.page.get_by_role("heading", level=1)).to_contain_text("<img src=x onerror=alert(1)>WWW")
    expect(sender.page.locator(".question")).to_contain_text("</p><script>alert(1)</script>")
    expect(sender.page.locator(".prompt")).to_contain_text("<b>bold</b>")
    assert sender.page.locator("main img, main script, main b").count() == 0
    root = "document.documentElement"
    assert sender.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth") <= 0


def test_the_settings_keep_what_was_chosen_and_say_what_is_wrong(recipient: Recipient) -> None:
    recipient.register()
    open_settings(recipient)
    recipient.page.get_by_label("Kind words").check()
    recipient.page.get_by_label("Let search engines list my page").check()
    save(recipient)

    recipient.page.reload()
    expect(recipient.page.get_by_label("Kind words")).to_be_checked()
    expect(recipient.page.get_by_label("Fun", exact=True)).not_to_be_checked()
    expect(recipient.page.get_by_label("Clay")).to_be_checked()
    expect(recipient.page.get_by_label("Let search engines list my page")).to_be_checked()
    recipient.fill("Longest message", "7")
    recipient.press("Save your page")
    recipient.sees("Choose a number from 50 to 1000")
    expect(recipient.page.get_by_label("Longest message")).to_be_focused()
    expect(recipient.page.get_by_text("Saved.")).to_have_count(0)
    recipient.page.get_by_label("Kind words").uncheck()
    recipient.fill("Longest message", "70")
    save(recipient)
    recipient.page.reload()
    expect(recipient.page.get_by_label("Longest message")).to_have_value("70")
    expect(recipient.page.get_by_label("Kind words")).not_to_be_checked()


def test_what_is_typed_stays_when_another_section_is_used(recipient: Recipient) -> None:
    recipient.register()
    open_settings(recipient)
    recipient.fill("Title", "Half a tit")
    recipient.page.get_by_label("Rose").check()
    recipient.fill("New email", "nope")
    recipient.press("Change email")
    recipient.sees("Invalid email address")

    expect(recipient.page.get_by_label("Title")).to_have_value("Half a tit")
    expect(recipient.page.get_by_label("Rose")).to_be_checked()


def test_search_engines_are_told_what_the_recipient_says(recipient: Recipient) -> None:
    recipient.register()
    ask = recipient.page.context.request
    before = ask.get(recipient.link)
    open_settings(recipient)
    recipient.page.get_by_label("Let search engines list my page").check()
    save(recipient)
    after = ask.get(recipient.link)

    assert (before.headers["x-robots-tag"], after.headers["x-robots-tag"]) == ("noindex", "all")
    assert ['name="robots"' in answer.text() for answer in (before, after)] == [True, False]
    assert re.findall(r"<loc>(.*?)</loc>", ask.get(recipient.app.url + "/sitemap.xml").text())
    assert recipient.username not in ask.get(recipient.app.url + "/sitemap.xml").text()
    assert "Sitemap: http" in ask.get(recipient.app.url + "/robots.txt").text()


def test_other_ideas_come_without_asking_the_server_and_come_round_again(recipient: Recipient, sender: Sender) -> None:
    recipient.register()
    open_settings(recipient)
    recipient.fill("Your own ideas", IDEAS)
    save(recipient)
    open_link(sender, recipient)
    sender.page.context.set_offline(True)

    sender.press("Other ideas")
    expect(sender.page.locator(".prompt")).to_have_text(["Four?", "Five?", "One?"])
    sender.press("Other ideas")

    expect(sender.page.locator(".prompt")).to_have_text(["Two?", "Three?", "Four?"])
    expect(sender.page.get_by_role("button", name="Other ideas")).to_be_focused()


def test_three_ideas_or_fewer_have_no_others(recipient: Recipient, sender: Sender) -> None:
    recipient.register()
    open_settings(recipient)
    recipient.fill("Your own ideas", "One?\nTwo?")
    save(recipient)

    open_link(sender, recipient)

    expect(sender.page.locator(".prompt")).to_have_text(["One?", "Two?"])
    expect(sender.page.get_by_role("button", name="Other ideas")).to_have_count(0)


def test_a_picked_idea_asks_before_it_replaces_what_was_typed(recipient: Recipient, sender: Sender) -> None:
    recipient.register()
    open_link(sender, recipient)
    first, second = sender.page.locator(".prompt").nth(0), sender.page.locator(".prompt").nth(1)
    asks = sender.page.get_by_role("group", name="Replace what you have written?")

    sender.write("my own words")
    second.click()
    expect(asks).to_be_visible()
    expect(asks.get_by_role("button", name="Keep mine")).to_be_focused()
    sender.page.keyboard.press("Escape")
    expect(asks).to_have_count(0)
    expect(second).to_be_focused()
    expect(message(sender)).to_have_value("my own words")
    expect(sender.page.get_by_text("Your text stays as it is.")).to_be_attached()

    second.click()
    asks.get_by_role("button", name="Replace").click()
    expect(message(sender)).to_have_value(begun(second.inner_text()))
    expect(message(sender)).to_be_focused()
    sender.page.keyboard.type("Yes.")
    expect(message(sender)).to_have_value(begun(second.inner_text()) + "Yes.")

    sender.write("")
    first.click()
    expect(message(sender)).to_have_value(begun(first.inner_text()))
    second.click()
    expect(asks).to_have_count(0)
    expect(message(sender)).to_have_value(begun(second.inner_text()))
