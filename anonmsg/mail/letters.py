"""The letters that anonmsg writes: their words, from templates in MJML (for the eye) and plain text.

MJML is compiled once per process, with Jinja's marks still inside, and filled in afterwards: what
people typed passes Jinja's escaping and is never parsed as MJML.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import mjml
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from anonmsg.mail.mailer import Mail

TEMPLATES = Path(__file__).parent / "templates"
CODE_TTL = timedelta(minutes=15)


def verification_mail(
    to: str,
    username: str,
    code: str,
    verify_url: str,
    site_url: str,
    *,
    code_ttl: timedelta = CODE_TTL,
    idempotency_key: str = "",
) -> Mail:
    """Return the mail that brings a verification code.

    Args:
        to: The address as the person typed it.
        username: The name that was signed up.
        code: The six digits. They come first in subject and preview, where a phone's notification
            shows them.
        verify_url: The verify page with the code in the fragment, so that mail scanners, which open
            links, change nothing and hand no code to the server.
        site_url: Where the site is, without a slash at the end.
        code_ttl: How long the code is valid, in whole minutes.
        idempotency_key: The same for every attempt to send this one mail.
    """
    subject = f"{code} is your anonmsg code"
    words = {
        "subject": subject,
        "username": username,
        "code": code,
        "minutes": int(code_ttl.total_seconds() // 60),
        "verify_url": verify_url,
        **_site(site_url),
    }
    html, text = _render("verification", words)
    return Mail(to=to, subject=subject, html=html, text=text, code=code, idempotency_key=idempotency_key)


def render(template: str, words: Mapping[str, object], site_url: str) -> tuple[str, str]:
    """Return a letter as HTML and as plain text, its two templates filled in."""
    return _render(template, {**words, **_site(site_url)})


def reset_mail(
    to: str, username: str, reset_url: str, site_url: str, *, reset_ttl: timedelta, idempotency_key: str = ""
) -> Mail:
    """Return the mail with the link that lets its reader choose a new password.

    Args:
        to: The address as the person typed it at sign-up.
        username: Whose account it is.
        reset_url: The page with the form; opening it changes nothing.
        site_url: Where the site is, without a slash at the end.
        reset_ttl: How long the link is valid, in whole minutes.
        idempotency_key: The same for every attempt to send this one mail.
    """
    subject = "Reset your anonmsg password"
    minutes = int(reset_ttl.total_seconds() // 60)
    words = {"subject": subject, "username": username, "minutes": minutes, "reset_url": reset_url, **_site(site_url)}
    html, text = _render("reset", words)
    return Mail(to=to, subject=subject, html=html, text=text, link=reset_url, idempotency_key=idempotency_key)


def password_changed_mail(
    to: str, username: str, changed_at: datetime, forgot_url: str, site_url: str, *, idempotency_key: str = ""
) -> Mail:
    """Return the mail that tells somebody that the password is another now.

    Args:
        to: The address as the person typed it at sign-up.
        username: Whose account it is.
        changed_at: When it happened (UTC).
        forgot_url: The page that mails a link for another new password.
        site_url: Where the site is, without a slash at the end.
        idempotency_key: The same for every attempt to send this one mail.
    """
    subject = "Your anonmsg password was changed"
    words = {
        "subject": subject,
        "username": username,
        "changed_at": f"{changed_at:%Y-%m-%d %H:%M} UTC",
        "forgot_url": forgot_url,
        **_site(site_url),
    }
    html, text = _render("password_changed", words)
    return Mail(to=to, subject=subject, html=html, text=text, idempotency_key=idempotency_key, is_notice=True)


def _site(site_url: str) -> dict[str, str]:
    return {"site_url": site_url, "site_name": urlsplit(site_url).netloc}


def _render(name: str, words: Mapping[str, object]) -> tuple[str, str]:
    """Return a letter as HTML and as text."""
    html = _html_template(f"{name}.mjml").render(words)
    return html, _templates().get_template(f"{name}.txt").render(words)


@cache
def _html_template(name: str) -> Template:
    # No fonts: by default MJML imports them from Google, and a mail must not tell anybody that it was opened.
    html = mjml.mjml2html(_source(name), disable_comments=True, fonts={}, include_loader=_source)
    return _templates().from_string(html)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


def _source(path: str) -> str:
    return (TEMPLATES / path).read_text("utf-8")
