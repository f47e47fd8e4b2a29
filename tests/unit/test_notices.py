"""The letters about an account that is there: what they say, and what they must not."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from anonmsg.mail.mailer import Mail
from anonmsg.mail.notices import account_deleted_mail, email_changed_mail, email_code_mail

AT = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
SITE = "https://anonmsg.example.org"

Notice = Callable[[str, str, datetime, str], Mail]
NOTICES: list[tuple[Notice, str]] = [
    (email_changed_mail, "Your email address was changed"),
    (account_deleted_mail, "Your account was deleted"),
]


@pytest.mark.parametrize(("write", "subject"), NOTICES)
def test_a_notice_says_what_happened_when_and_where(write: Notice, subject: str) -> None:
    mail = write("ada@example.org", "ada", AT, SITE)

    assert (mail.to, mail.subject, mail.code) == ("ada@example.org", subject, "")
    for text in (mail.html, mail.text):
        assert subject in text
        assert "Hello ada," in text
        assert "4 March 2026 at 05:06 UTC" in text
        assert SITE in text


def test_who_did_not_change_anything_is_told_what_to_do() -> None:
    mail = email_changed_mail("a@example.org", "ada", AT, SITE)

    assert f"If this was not you, sign in at {SITE}/sign-in at once" in mail.text


def test_the_code_for_a_new_address_comes_first() -> None:
    mail = email_code_mail("new@example.org", "ada", "482913", SITE)

    assert (mail.to, mail.subject, mail.code) == ("new@example.org", "482913 is your anonmsg code", "482913")
    for text in (mail.html, mail.text):
        assert "482913" in text
        assert "15 minutes" in text


@pytest.mark.parametrize("write", [write for write, _ in NOTICES])
def test_a_letter_fetches_nothing_and_a_name_stays_text(write: Notice) -> None:
    mail = write("ada@example.org", "<b>ada</b>", AT, SITE)

    assert "<b>ada</b>" not in mail.html
    assert "googleapis" not in mail.html
    assert "<img" not in mail.html
    assert "{{" not in mail.html + mail.text
