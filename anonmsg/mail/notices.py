"""Letters about an account that is there: what has changed in it, and the code for a new address."""

from datetime import datetime

from anonmsg.mail.letters import CODE_TTL, render
from anonmsg.mail.mailer import Mail


def email_changed_mail(to: str, username: str, at: datetime, site_url: str) -> Mail:
    """Return the mail to the old address that says that the account has another one."""
    return _notice(
        to,
        username,
        at,
        site_url,
        "Your email address was changed",
        "your account has another email address now. No more mails about it come to this one.",
        f"If this was not you, sign in at {site_url}/sign-in at once, and change your password and the address.",
    )


def account_deleted_mail(to: str, username: str, at: datetime, site_url: str) -> Mail:
    """Return the mail that says goodbye."""
    return _notice(
        to,
        username,
        at,
        site_url,
        "Your account was deleted",
        "your account and everything in it was deleted. It can't be brought back.",
        "Nobody can take your name for 30 days. This is the last mail about this account.",
    )


def email_code_mail(to: str, username: str, code: str, site_url: str) -> Mail:
    """Return the mail that brings a code to a new address."""
    subject = f"{code} is your anonmsg code"
    words = {"subject": subject, "username": username, "code": code, "minutes": int(CODE_TTL.total_seconds() // 60)}
    html, text = render("email_change", words, site_url)
    return Mail(to=to, subject=subject, html=html, text=text, code=code)


def _notice(to: str, username: str, at: datetime, site_url: str, subject: str, first: str, second: str) -> Mail:
    when = f"This happened on {at.day} {at:%B %Y} at {at:%H:%M} UTC."
    words = {"subject": subject, "username": username, "first": first, "second": second, "when": when}
    html, text = render("notice", words, site_url)
    return Mail(to=to, subject=subject, html=html, text=text, is_notice=True)
