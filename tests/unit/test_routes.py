"""Addresses of the site, and that nobody is led out of it."""

import pytest

from anonmsg import routes
from anonmsg.routes import inside, reset_page, send_page, sign_in_then, verify_page
from anonmsg.rules import is_reserved


@pytest.mark.parametrize("path", ["/dashboard", "/settings"])
def test_who_was_sent_to_sign_in_comes_back(path: str) -> None:
    assert inside(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/dashboard",
        "javascript:alert(1)",
        "/dashboard/../../x",
        "/dashboard?next=//evil.example",
        "/dashboard#x",
        "dashboard",
        " /dashboard",
        "/dashboard\n",
        "/DASHBOARD",
        "/%64ashboard",
        "/sign-out",
        "/u/bob",
        "///evil.example",
        "//dashboard",
        "\\\\evil.example",
        "/\t/evil.example",
        "/%2f/evil.example",
        "https:/evil.example",
        "https:dashboard",
        "data:text/html,x",
        "/dashboard/",
        "/dashboard//evil.example",
        "/dashboard\\@evil.example",
        "/dashboard;x",
        "/dashboard\r\nSet-Cookie: x=y",
        "/dashboard%0d%0aSet-Cookie:x=y",
        "/dashboard\x00",
        "/dashboard\u200b",
        "/\uff44ashboard",
        "/settings/../..//evil.example",
    ],
)
def test_any_other_address_leads_to_the_dashboard(path: str) -> None:
    assert inside(path) == "/dashboard"


def test_the_default_can_be_another() -> None:
    assert inside("//evil.example", "/") == "/"


def test_names_are_quoted_in_addresses() -> None:
    assert verify_page("bob") == "/verify/bob"
    assert send_page("bob") == "/u/bob"
    assert verify_page("a/b?c#d") == "/verify/a%2Fb%3Fc%23d"
    assert reset_page("a/b") == "/reset-password/a%2Fb"
    assert send_page("../é") == "/u/..%2F%C3%A9"
    assert sign_in_then("/settings?a=b&c") == "/sign-in?next=%2Fsettings%3Fa%3Db%26c"


def test_no_name_could_be_taken_for_a_route() -> None:
    paths = [value for name, value in vars(routes).items() if name.isupper() and isinstance(value, str)]
    words = {part.replace("-", "_") for path in paths for part in path.split("/") if part and not {"[", "."} & {*part}}

    assert words >= {
        "sign_up",
        "verify",
        "sign_in",
        "dashboard",
        "settings",
        "u",
        "privacy",
        "api",
        "forgot_password",
        "reset_password",
    }
    assert [word for word in words if not is_reserved(word)] == []
