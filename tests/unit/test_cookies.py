"""The session cookie is found among others, and scripts never see it."""

import pytest

from anonmsg.cookies import cookie_flags, cookie_name, read_cookie
from anonmsg.settings import Settings

HTTP = Settings(_env_file=None, public_url="http://localhost:3000")  # pyright: ignore[reportCallIssue]
HTTPS = Settings(_env_file=None, public_url="https://example.org")  # pyright: ignore[reportCallIssue]


def test_under_https_the_cookie_belongs_to_this_host_and_travels_encrypted_only() -> None:
    flags = cookie_flags(HTTPS)

    assert flags == {"key": "__Host-anonmsg", "path": "/", "httponly": True, "samesite": "lax", "secure": True}


def test_without_https_the_cookie_is_still_unreadable_for_scripts() -> None:
    flags = cookie_flags(HTTP)

    assert flags == {"key": "anonmsg", "path": "/", "httponly": True, "samesite": "lax", "secure": False}


@pytest.mark.parametrize(
    "header",
    [
        "anonmsg=TOKEN",
        "a=1; anonmsg=TOKEN; b=2",
        "a=1;anonmsg=TOKEN;b=2",
        'prefs={"theme":"dark"}; anonmsg=TOKEN',
        "list[0]=x; anonmsg=TOKEN",
        "naïve=ü; anonmsg=TOKEN",
        "novalue; anonmsg=TOKEN",
        "=; ;; anonmsg=TOKEN",
        "xanonmsg=other; anonmsg=TOKEN",
        "anonmsg=TOKEN; anonmsg=later",
    ],
)
def test_the_cookie_is_found_whatever_stands_beside_it(header: str) -> None:
    assert read_cookie(header, HTTP) == "TOKEN"


@pytest.mark.parametrize("header", ["", ";", "anonmsg", "anonmsg=", "other=TOKEN", "ANONMSG=TOKEN", "\x00", "=" * 9999])
def test_no_cookie_is_no_token(header: str) -> None:
    assert read_cookie(header, HTTP) == ""


def test_under_https_the_cookie_without_the_prefix_counts_for_nothing() -> None:
    assert cookie_name(HTTPS) == "__Host-anonmsg"
    assert read_cookie("anonmsg=TOKEN", HTTPS) == ""
    assert read_cookie("__Host-anonmsg=TOKEN", HTTPS) == "TOKEN"


def test_a_token_keeps_its_dots_dashes_and_equal_signs() -> None:
    assert read_cookie("anonmsg=a.b-c_d==", HTTP) == "a.b-c_d=="
