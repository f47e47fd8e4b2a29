"""`/privacy`: exactly what is kept about whom, and for how long."""

import reflex as rx

from anonmsg.components.frame import WIDE, frame, heading

COLLECTIONS: dict[str, tuple[str, str]] = {
    "users": (
        "People with a verified account: username, email address (encrypted, and a keyed hash to find it), a hash of "
        "the password, whether the inbox is open and until when or for how many messages, how dates are shown, "
        "whom you blocked (a number that means nothing elsewhere, and the beginning of a message, encrypted; a block "
        "ends after 30 days and is gone within an hour), muted "
        "words (encrypted), how far the inbox was gone through for them and for what you do to many messages at once, "
        "what you chose for your page (encrypted), the day the account was made.",
        "Until the account is deleted.",
    ),
    "registrations": (
        "Sign-ups that wait for their code: the same, with a hash of the mailed code and how often it was tried.",
        "24 hours at most; gone once verified.",
    ),
    "messages": (
        "Messages: the text (encrypted with a key of the recipient's own), when it arrived, whether it was read or "
        "deleted, and which folder it lies in: what seems to come from a program or a blocked sender is put aside. "
        "Nothing about who wrote it.",
        "Until the recipient deletes it; then up to one hour more. 30 days if its sender was blocked.",
    ),
    "sessions": (
        "Browsers that are signed in: a hash of the session's secret, whose it is, when it was used, when the "
        "password was last typed in it, and a rough label "
        "such as \u201cFirefox on Android\u201d.",
        "30 days at most, 14 without use; gone at sign-out.",
    ),
    "email_changes": (
        "New addresses that wait for their code (encrypted, and a keyed hash), with a hash of the mailed code and how "
        "often it was tried.",
        "A day at most; gone once the code is right.",
    ),
    "reserved_names": (
        "Names of deleted accounts, so that nobody is mistaken for their former owner: the name and a date, no more.",
        "30 days.",
    ),
    "resets": (
        "Links to choose a new password that were mailed: a hash of the link's secret, whose it is, and when it was "
        "asked for.",
        "30 minutes at most; gone once used.",
    ),
    "send_keys": (
        "So that a message is stored once when it is sent again by a double click or after a lost connection: a keyed "
        "hash of a random number in the form, the name and the text, and whose inbox it was for. The same number for "
        "another inbox gives another hash.",
        "24 hours.",
    ),
    "sender_tags": (
        "So that recipients can block somebody without learning who it is: for each message sent from a page with "
        "scripts a hash, under a key of the recipient's own, of a random number that the sender's browser made up. The "
        "same browser is another number in every other inbox. Nobody is shown it, and it is not exported.",
        "30 days, or a few hours if the message is deleted. A sender can make the browser forget its number at any "
        "time.",
    ),
    "burst_tags": (
        "So that recipients can clear a flood: for each message a hash of the recipient and a part of the sender's "
        "network address, under a random key that is never stored and changes every day. Nobody is shown it, and it "
        "is not exported.",
        "A day, or less if the message is deleted.",
    ),
    "keys": ("One key for each recipient's messages, itself encrypted.", "Until the account is deleted."),
    "meta": ("A fingerprint that tells whether the site's master key is the right one.", "As long as the site runs."),
}
"""Every collection of the database, with what it holds and for how long; a test compares the two."""


def _row(name: str, holds: str, lasts: str) -> rx.Component:
    return rx.el.div(
        rx.el.dt(rx.el.code(name), class_name="font-semibold"),
        rx.el.dd(holds, class_name="mt-1"),
        rx.el.dd(lasts, class_name="hint mt-1"),
        class_name="card p-5",
    )


def _section(title: str, *content: rx.Component | str) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, class_name="text-2xl font-semibold"),
        rx.el.div(*content, class_name="mt-3 grid gap-3"),
        class_name="mt-10 max-w-prose",
    )


def privacy() -> rx.Component:
    """Return the page."""
    return frame(
        heading("Privacy"),
        _section(
            "If you write to somebody",
            rx.el.p(
                "Nothing that says who you are is stored: no name, no network address, no browser details, no cookie, "
                "no fingerprint, neither in the database nor in logs."
            ),
            rx.el.p(
                "Until you send it, your text is kept in the tab in which you write it, so that a reload does not lose "
                "it. It is removed when it was sent or discarded, and after a day. Whether you like light or dark "
                "colours is remembered by your browser alone, and sent nowhere."
            ),
            rx.el.p(
                "So that people can defend an inbox, your browser makes up a random number, keeps it for 30 days and "
                "sends it along with a message. A recipient can block it without ever seeing it. It says nothing about "
                "you, and no two inboxes can compare it. You can make the browser forget it below the form, and "
                "without scripts there is none."
            ),
            rx.el.p("What you write can still give you away. Leave out what only you could know."),
        ),
        _section(
            "If you have an account",
            rx.el.p(
                "We keep what the list below says. Your email address is used to verify your account, to reset your "
                "password and to tell you that your password or address was changed or your account deleted, and for "
                "nothing else. One cookie keeps you signed in; it is only ever sent to this site. Until your account "
                "is verified, your browser remembers which sign-up was yours."
            ),
            rx.el.p("No page asks any other site for anything: no fonts, no scripts, no pictures, no analytics."),
        ),
        _section(
            "Everything in the database",
            rx.el.dl(*(_row(name, *row) for name, row in COLLECTIONS.items()), class_name="grid gap-3"),
            rx.el.p(
                "Somebody who steals the database learns names, times and counts. Texts and addresses stay "
                "unreadable without the master key, which is kept elsewhere."
            ),
        ),
        width=WIDE,
    )
