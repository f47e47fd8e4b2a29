"""The settings: what counts as set, what is refused, and that secrets stay secret."""

import base64
from pathlib import Path
from typing import Any

import pytest

from anonmsg.errors import CannotStart
from anonmsg.settings import Settings, decode_secret, encode_secret, is_loopback, load_settings, pass_on

SECRET = base64.b64encode(b"s" * 32).decode()
NAMES = [name.upper() for name in Settings.model_fields]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without any of our settings, in an empty folder."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)  # pyright: ignore[reportCallIssue]


# Where they come from


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    found = load_settings()

    assert found.embedded
    assert found.data_dir == tmp_path / ".anonmsg"
    assert found.site_url == "http://localhost:3000"
    assert not found.is_https
    assert found.mail_choice == "outbox"
    assert found.rate_limits == "on"


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_a_blank_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    expected = load_settings()
    for name in NAMES:
        monkeypatch.setenv(name, blank)

    assert load_settings() == expected


def test_blank_lines_of_a_dot_env_file_count_as_not_set(tmp_path: Path) -> None:
    expected = load_settings()
    (tmp_path / ".env").write_text("".join(f"{name}=\n" for name in NAMES) + "SOMETHING_ELSE=1\n")

    assert load_settings() == expected


def test_the_environment_wins_over_dot_env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PUBLIC_URL=https://file.example\nMAIL_FROM=file@example.org\n")
    monkeypatch.setenv("PUBLIC_URL", "https://environment.example")

    assert load_settings().site_url == "https://environment.example"
    assert load_settings().mail_from == "file@example.org"


def test_a_dot_env_file_that_is_not_utf_8_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"MAIL_FROM=J\xf6rg <a@x.com>\n")

    with pytest.raises(CannotStart, match="UTF-8"):
        load_settings()


def test_values_that_are_passed_on_are_found_by_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://before.example")

    pass_on(public_url="https://after.example")

    assert load_settings().site_url == "https://after.example"


# Wrong values


@pytest.mark.parametrize(
    "url",
    [
        "example.org",
        "ftp://example.org",
        "https://",
        "https:///x",
        "https://example.org/app",
        "https://example.org?x=1",
        "https://example.org#x",
        "https://me:hidden@example.org",
        "https://example.org:notaport",
        "https://example.org:99999",
        "http://[::1",
        "https://bücher.example",
        "javascript:alert(1)",
    ],
)
def test_a_public_url_that_is_no_bare_origin_is_refused_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PUBLIC_URL", url)

    with pytest.raises(CannotStart, match=r"PUBLIC_URL is wrong: must be like https://example\.org") as caught:
        load_settings()

    assert url not in str(caught.value).replace("like https://example.org", "")


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://example.org", "https://example.org"),
        ("https://example.org/", "https://example.org"),
        (" HTTPS://Example.ORG ", "https://example.org"),
        ("https://example.org:443", "https://example.org"),
        ("http://example.org:80/", "http://example.org"),
        ("http://example.org:8080", "http://example.org:8080"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_a_public_url_is_written_the_way_browsers_write_origins(typed: str, url: str) -> None:
    assert settings(public_url=typed).site_url == url
    assert settings(public_url=typed).is_https == url.startswith("https")


@pytest.mark.parametrize(("name", "value"), [("RATE_LIMITS", "maybe"), ("MAIL_BACKEND", "pigeon")])
def test_a_value_that_is_none_of_the_choices_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(CannotStart, match=f"{name} is wrong") as caught:
        load_settings()

    assert value not in str(caught.value)


# Mail


@pytest.mark.parametrize(
    ("values", "choice"),
    [
        ({}, "outbox"),
        ({"resend_api_key": "re_1"}, "resend"),
        ({"resend_api_key": "re_1", "mail_backend": "outbox"}, "outbox"),
        ({"resend_api_key": "re_1", "mail_backend": "resend"}, "resend"),
        ({"mongodb_uri": "mongodb://h/x", "resend_api_key": "re_1"}, "resend"),
        ({"mongodb_uri": "mongodb://h/x", "mail_backend": "outbox"}, "outbox"),
    ],
)
def test_mail_goes_through_resend_with_a_key_else_to_the_outbox_where_that_is_allowed(
    values: dict[str, str], choice: str
) -> None:
    assert settings(**values).mail_choice == choice


@pytest.mark.parametrize("values", [{"mongodb_uri": "mongodb://h/x"}, {"mail_backend": "resend"}])
def test_mail_that_would_go_nowhere_is_a_refusal(values: dict[str, str]) -> None:
    with pytest.raises(CannotStart, match="RESEND_API_KEY"):
        _ = settings(**values).mail_choice


# Origins


def test_on_loopback_all_names_of_this_machine_are_allowed_origins() -> None:
    expected = ("http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000")

    assert settings().allowed_origins == expected
    assert settings(public_url="http://127.0.0.1:3000").allowed_origins == expected
    assert settings(public_url="http://localhost").allowed_origins == (
        "http://localhost",
        "http://127.0.0.1",
        "http://[::1]",
    )


def test_elsewhere_only_the_public_url_is_an_allowed_origin() -> None:
    assert settings(public_url="https://Example.org:443/").allowed_origins == ("https://example.org",)
    assert settings(public_url="http://192.0.2.1:8000").allowed_origins == ("http://192.0.2.1:8000",)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),  # noqa: S104  # nothing binds to it here
        ("::", False),
        ("192.168.1.5", False),
        ("localhost.example.org", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine_only(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


# Secrets


def test_secrets_are_not_in_the_text_of_the_settings() -> None:
    hidden = {
        "mongodb_uri": "mongodb://user:hidden-1@h/x",
        "secret_key": "hidden-2",
        "master_key": "hidden-3",
        "resend_api_key": "hidden-4",
    }

    found = settings(**hidden)

    assert "hidden" not in repr(found) + str(found) + str(found.model_dump()) + found.model_dump_json()


def test_a_secret_comes_back_as_it_was_written() -> None:
    assert decode_secret(encode_secret(b"\xff" * 32), "X") == b"\xff" * 32
    assert decode_secret(base64.urlsafe_b64encode(b"\xff" * 32).decode(), "X") == b"\xff" * 32


@pytest.mark.parametrize(
    "text",
    [
        "hunter2-secret",
        "",
        SECRET[:-1],
        SECRET + "=",
        SECRET + SECRET,
        SECRET[:20] + " " + SECRET[20:],
        "ü" * 44,
        "s" * 32,
    ],
)
def test_a_secret_that_is_not_32_bytes_in_base64_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(CannotStart, match="MASTER_KEY must be 32 random bytes in base64") as caught:
        decode_secret(text, "MASTER_KEY")

    assert not text or text not in str(caught.value)
