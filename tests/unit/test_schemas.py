"""Every rule and every sentence of the forms."""

import json
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from anonmsg.errors import InvalidInput
from anonmsg.rules import (
    INVISIBLE,
    MESSAGE_MAX,
    check_content,
    email_key,
    is_reserved,
    is_username,
    tidy_message,
    username_key,
)
from anonmsg.schemas import (
    AcceptMessagesForm,
    ClaimForm,
    ForgotForm,
    Form,
    MessageForm,
    PageForm,
    RegistrationForm,
    ResetForm,
    SignInForm,
    SignUpForm,
    UsernameForm,
    VerifyForm,
    parse,
)

FORMS: list[type[Form]] = [
    UsernameForm,
    SignUpForm,
    VerifyForm,
    RegistrationForm,
    ClaimForm,
    SignInForm,
    ForgotForm,
    ResetForm,
    MessageForm,
    AcceptMessagesForm,
    PageForm,
]
FIELD_NAMES = sorted({name for form in FORMS for name in form.model_fields} | {"acceptMessages", "$where", "_id"})
GOOD: dict[type[Form], dict[str, Any]] = {
    UsernameForm: {"username": "bob"},
    SignUpForm: {"username": "bob", "email": "bob@example.com", "password": "long enough"},
    VerifyForm: {"username": "bob", "code": "123456", "registration": "abc"},
    RegistrationForm: {"registration": "abc"},
    ClaimForm: {"username": "bob", "password": "long enough", "hint": "abc"},
    SignInForm: {"identifier": "bob", "password": "long enough"},
    ForgotForm: {"email": "bob@example.com"},
    ResetForm: {"token": "abc", "password": "long enough"},
    MessageForm: {"username": "bob", "content": "hi"},
    AcceptMessagesForm: {"acceptMessages": True},
    PageForm: {"cursor": "abc", "limit": 5},
}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=5,
)


def errors(form: type[Form], values: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        parse(form, values)
    return caught.value.errors


def error(form: type[Form], **change: Any) -> str:
    """The sentence for one changed field of an otherwise good form."""
    found = errors(form, GOOD[form] | change)
    assert list(found) == list(change)
    return next(iter(found.values()))


def outcome(form: type[Form], values: dict[str, Any]) -> Form | InvalidInput:
    """The checked form, or why it was refused; anything else that is raised fails the test."""
    try:
        return parse(form, values)
    except InvalidInput as refused:
        return refused


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_good_form_is_taken(form: type[Form]) -> None:
    parse(form, GOOD[form])


# Usernames


@pytest.mark.parametrize("name", ["ab", "a" * 20, "A_1", "__", "42"])
def test_a_username_of_2_to_20_letters_digits_and_underscores_is_taken_as_typed(name: str) -> None:
    assert parse(UsernameForm, {"username": name}).username == name


@pytest.mark.parametrize("name", ["", "a", "é", "\U0001f600"])
def test_a_username_under_2_characters_is_refused(name: str) -> None:
    assert error(UsernameForm, username=name) == "Username must be at least 2 characters"


@pytest.mark.parametrize("name", ["a" * 21, "a" * 1_000_000, "-" * 21])
def test_a_username_over_20_characters_is_refused(name: str) -> None:
    assert error(UsernameForm, username=name) == "Username must be no more than 20 characters"


@pytest.mark.parametrize(
    "name",
    ["bob ", " bob", "bob\n", "bo-b", "bo.b", "bób", "b\u200bob", "ｂｏｂ", "бob", "b\x00b", "١٢٣", "<b>", "\u017fam"],
)
def test_a_username_with_anything_else_in_it_is_refused(name: str) -> None:
    assert error(UsernameForm, username=name) == "Username must not contain special characters"
    assert not is_username(name)


@pytest.mark.parametrize("name", ["admin", "Admin", "SUPPORT", "api", "verify", "u", "dashboard", "settings"])
def test_the_site_keeps_some_names_in_any_case(name: str) -> None:
    assert is_reserved(name)


def test_names_that_differ_by_case_only_are_equal() -> None:
    assert username_key("BoB") == username_key("bOb") == "bob"


# E-mail


@pytest.mark.parametrize(
    "address", ["a@x.com", "A@X.com", "first.last+tag@sub.example.org", "o'neil@example.com", "jörg@bücher.de"]
)
def test_an_address_is_kept_as_typed(address: str) -> None:
    form = parse(SignUpForm, GOOD[SignUpForm] | {"email": f"  {address} "})

    assert form.email == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "bob",
        "@x.com",
        "bob@",
        "bob@x",
        "bob@localhost",
        "b" * 65 + "@example.com",
        "a@b@x.com",
        "bob@x..com",
        "bob@-x.com",
        "Bob <bob@x.com>",
        "bob@x.com\nBcc: eve@x.com",
        "bob\x00@x.com",
        "bo\u200bb@x.com",
        "bob@[127.0.0.1]",
        "a@" + "x" * 250 + ".com",
        "a@x.com" * 100_000,
        "bob@xn--a.com",
        "=?utf-8?q?bob?=@x.com",
        "=?utf-8?q?x=40victim.org=2c_a?=@evil.example",
        "=?utf-8?q??=@x.com",
        "bob@\uff58.com",
        "bob@x\u3002com",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert error(SignUpForm, email=address) == "Invalid email address"


def test_addresses_are_compared_composed_lower_cased_and_whole() -> None:
    assert email_key("JO\u0308RG@Example.COM") == email_key("jörg@example.com")
    assert email_key("a+b@x.com") != email_key("a@x.com")
    assert email_key("a.b@x.com") != email_key("ab@x.com")


# Passwords


@pytest.mark.parametrize("password", ["a" * 8, "a" * 128, "\U0001f600" * 128, " " * 8, "p\x00ssword!"])
def test_a_password_of_8_to_128_characters_is_taken_as_it_is(password: str) -> None:
    assert parse(SignUpForm, GOOD[SignUpForm] | {"password": password}).password == password


@pytest.mark.parametrize("form", [SignUpForm, ResetForm])
@pytest.mark.parametrize("password", ["password", "PASSWORD1", "12345678"])
def test_a_common_password_is_refused(form: type[Form], password: str) -> None:
    assert error(form, password=password) == "This password is too common. Choose another."


@pytest.mark.parametrize("password", ["bob123456", "BOB!!!!!", "bob@example.com", "Bob@Example.COM!"])
def test_a_password_that_is_the_name_or_address_beside_it_is_refused(password: str) -> None:
    assert error(SignUpForm, password=password) == "Password must not be your name or email"


def test_a_password_is_judged_although_name_and_address_are_wrong() -> None:
    found = errors(SignUpForm, {"username": "!", "email": "!", "password": "!!!!!!!!"})

    assert list(found) == ["username", "email"]


@pytest.mark.parametrize("token", ["", " ", "a b", "a" * 65, "../x", "$ne", "é", "a\n"])
def test_what_is_no_token_of_a_reset_is_a_link_that_is_over(token: str) -> None:
    assert error(ResetForm, token=token) == "This link is no longer valid. Ask for a new one."


@pytest.mark.parametrize("password", ["", "a" * 7, "\U0001f600" * 7])
def test_a_password_under_8_characters_is_refused(password: str) -> None:
    assert error(SignUpForm, password=password) == "Password must be at least 8 characters"


def test_a_password_over_128_characters_is_refused() -> None:
    assert error(SignUpForm, password="a" * 129) == "Password must be no more than 128 characters"


@pytest.mark.parametrize("form", [SignInForm, ClaimForm])
def test_a_password_that_cannot_be_anybodys_is_refused_before_it_is_hashed(form: type[Form]) -> None:
    assert error(form, password="") == "Enter your password"
    assert error(form, password="a" * 129) == "Incorrect password"
    parse(form, GOOD[form] | {"password": "a"})


# Sign-in


def test_an_identifier_loses_the_blanks_around_it() -> None:
    assert parse(SignInForm, GOOD[SignInForm] | {"identifier": " Bob@X.com\t"}).identifier == "Bob@X.com"


def test_an_identifier_must_be_there_and_be_possible() -> None:
    assert error(SignInForm, identifier=" \n") == "Enter your email or username"
    assert error(SignInForm, identifier="a" * 255) == "User not found"


# Codes and tokens


@pytest.mark.parametrize("code", ["123456", " 123456 ", "123 456", "000000", "12\u00a034\t56\n"])
def test_a_code_is_six_digits_and_blanks_are_forgiven(code: str) -> None:
    assert parse(VerifyForm, GOOD[VerifyForm] | {"code": code}).code == "".join(code.split())


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "１２３４５６", "-12345", "123456\x00", "1" * 10**6]
)
def test_anything_else_is_no_code(code: str) -> None:
    assert error(VerifyForm, code=code) == "Verification code must be 6 digits"


@pytest.mark.parametrize("token", ["a" * 65, "a b", "a\n", "é", "../x", "a$", "a."])
def test_a_token_that_cannot_be_one_belongs_to_no_sign_up(token: str) -> None:
    sentence = "This sign-up was not found. Please sign up again."

    assert error(VerifyForm, registration=token) == sentence
    assert error(RegistrationForm, registration=token) == sentence
    assert error(ClaimForm, hint=token) == sentence


def test_a_token_may_be_absent_only_where_the_name_can_say_which_sign_up_is_meant() -> None:
    assert parse(VerifyForm, {"username": "bob", "code": "123456"}).registration == ""
    assert errors(RegistrationForm, {}) == {"registration": "Registration is required"}
    assert "registration" in errors(RegistrationForm, {"registration": ""})


# Messages


def content(text: str) -> str:
    form = parse(MessageForm, {"username": "bob", "content": text})
    return form.content


def test_a_message_gets_lf_line_ends_composed_letters_and_no_blanks_around_it() -> None:
    assert content(" \r\n a\r\nb\rc\n\nd e\u0301 \u3000\n") == "a\nb\nc\n\nd é"


def test_a_message_may_have_1_to_1000_code_points() -> None:
    assert content("x") == "x"
    assert len(content("\U0001f600" * 1000)) == 1000
    assert len(content("e\u0301" * 1000)) == 1000
    assert len(content("\r\n".join(["x"] * 500) + "y")) == 1000
    assert len(content(" " * 5000 + "x" * 1000 + "\n" * 5000)) == 1000


@pytest.mark.parametrize(
    "text", ["x" * 1001, "\U0001f600" * 1001, "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 201, "x" * 10**6]
)
def test_a_message_over_1000_code_points_is_refused(text: str) -> None:
    assert error(MessageForm, content=text) == "Message must be at most 1000 characters"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\r\n ",
        "\u200b",
        "\u200d\ufeff\u2060",
        "\u00ad",
        "\u3164",
        "\u2800\u2800",
        "\ufe0f",
        "\U000e0100",
        "\u180b",
        "\u034f",
        "\u202e\u2066",
        "\U000e0041\U000e007f",
        INVISIBLE,
        "\u200b" * 1000,
    ],
)
def test_a_message_that_shows_nothing_is_refused(text: str) -> None:
    assert error(MessageForm, content=text) == "Write a message first"


@pytest.mark.parametrize(
    "text", [".", "\U0001f600", "❤\ufe0f", "e\u200b", "नमस्ते", "مرحبا", "\U0001f1e9\U0001f1ea", "1\ufe0f\u20e3"]
)
def test_a_message_that_shows_something_is_kept_whole(text: str) -> None:
    assert content(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("emoji", ["\U0001fae8", "\U0001fac6"])
def test_an_emoji_that_is_younger_than_the_server_counts_as_visible(emoji: str) -> None:
    assert content(emoji) == emoji


@pytest.mark.parametrize("control", ["\x00", "\x07", "\x0b", "\x1b[31m", "\x7f", "\x85"])
def test_control_characters_other_than_line_ends_and_tabs_are_refused(control: str) -> None:
    assert error(MessageForm, content=f"a{control}b") == "Message must not contain control characters"
    assert content("a\tb\nc") == "a\tb\nc"


def test_a_huge_message_is_refused_quickly_whatever_is_in_it() -> None:
    marks = "a" + "\u0315\u0316" * 100_000  # sorting these takes the normaliser half a minute

    began = time.perf_counter()
    sentence = error(MessageForm, content=marks)

    assert sentence == "Message must be at most 1000 characters"
    assert time.perf_counter() - began < 1


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_tidying_a_message_twice_changes_nothing(text: str) -> None:
    once = tidy_message(text)

    assert tidy_message(once) == once


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_stored_message_would_be_taken_again_as_it_is(text: str) -> None:
    found = outcome(MessageForm, {"username": "bob", "content": text})
    assume(isinstance(found, MessageForm))
    stored = found.content  # pyright: ignore[reportAttributeAccessIssue]  # assumed above

    assert check_content(stored) == stored
    assert 1 <= len(stored) <= MESSAGE_MAX


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_the_compared_form_of_an_address_is_stable(text: str) -> None:
    assert email_key(email_key(text)) == email_key(text)


# Lists and switches


def test_a_page_has_1_to_100_rows_and_20_unless_told() -> None:
    assert parse(PageForm, {}).limit == 20
    assert parse(PageForm, {"limit": 1}).limit == 1
    assert parse(PageForm, {"limit": 100}).limit == 100
    assert error(PageForm, limit=0) == "Limit must be a number from 1 to 100"
    assert error(PageForm, limit=101) == "Limit must be a number from 1 to 100"
    assert error(PageForm, limit=10**100) == "Limit must be a number from 1 to 100"
    assert error(PageForm, limit=True) == "Limit must be a whole number"
    assert error(PageForm, limit="5") == "Limit must be a whole number"


@pytest.mark.parametrize("cursor", ["a" * 65, "a b", "$", "a=", "é"])
def test_a_cursor_that_this_app_cannot_have_made_is_refused(cursor: str) -> None:
    assert error(PageForm, cursor=cursor) == "This cursor is not valid"


@pytest.mark.parametrize("name", ["acceptMessages", "accept_messages"])
def test_the_switch_takes_true_and_false_only(name: str) -> None:
    assert parse(AcceptMessagesForm, {name: False}).accept_messages is False
    for wrong in (0, 1, "true", None, [True]):
        assert list(errors(AcceptMessagesForm, {name: wrong}).values()) == ["acceptMessages must be true or false"]
    assert errors(AcceptMessagesForm, {}) == {"acceptMessages": "acceptMessages is required"}


# Whatever comes


@pytest.mark.parametrize("wrong", [None, 1, 1.5, True, [], ["bob"], {"$ne": None}, {"$gt": ""}, b"bob"], ids=repr)
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_other_types_and_operators_are_refused_in_every_text_field(form: type[Form], wrong: object) -> None:
    texts = {name for name, value in GOOD[form].items() if isinstance(value, str)}

    found = errors(form, GOOD[form] | dict.fromkeys(texts, wrong)) if texts else {}

    assert set(found) == texts
    assert all(sentence.endswith(" must be text") for sentence in found.values())


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_lone_surrogate_is_refused_in_every_text_field(form: type[Form]) -> None:
    for name, value in GOOD[form].items():
        if isinstance(value, str):
            assert errors(form, GOOD[form] | {name: "ab\ud800cd"}) == {
                name: "There is a character in it that can't be used"
            }


@pytest.mark.parametrize("extra", ["$where", "isVerified", "_id", "\ud800", "accepts_messages"])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_unknown_fields_are_refused(form: type[Form], extra: str) -> None:
    assert set(errors(form, GOOD[form] | {extra: True})) == {""}


def test_the_first_broken_rule_of_each_field_is_told_in_the_order_of_the_form() -> None:
    found = errors(SignUpForm, {"password": "short", "email": "nobody", "username": "-" * 30})

    assert list(found.items()) == [
        ("username", "Username must be no more than 20 characters"),
        ("email", "Invalid email address"),
        ("password", "Password must be at least 8 characters"),
    ]


def test_missing_fields_are_named() -> None:
    assert errors(SignUpForm, {}) == {
        "username": "Username is required",
        "email": "Email is required",
        "password": "Password is required",
    }


def test_secrets_are_not_in_the_text_of_a_form() -> None:
    texts = [repr(parse(form, GOOD[form])) for form in FORMS]

    assert not any(secret in text for text in texts for secret in ("long enough", "123456", "content='hi'"))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@given(values=st.dictionaries(st.sampled_from(FIELD_NAMES), anything))
def test_whatever_comes_is_either_taken_or_refused_with_sentences(form: type[Form], values: dict[str, Any]) -> None:
    found = outcome(form, values)

    if isinstance(found, InvalidInput):
        assert found.errors
        assert all(sentence and "{" not in sentence for sentence in found.errors.values())
        assert set(found.errors) <= {*form.model_fields, "acceptMessages", ""}
        assert json.dumps(found.errors, ensure_ascii=False).encode()
    else:
        assert isinstance(found, form)


@given(st.text(st.characters()))
def test_any_text_is_an_address_or_is_refused(text: str) -> None:
    found = outcome(SignUpForm, GOOD[SignUpForm] | {"email": text + "@example.com"})

    if isinstance(found, InvalidInput):
        assert list(found.errors) == ["email"]
    else:
        assert isinstance(found, SignUpForm)
        assert found.email.encode().endswith(b"@example.com")


def test_input_is_never_repeated_in_a_sentence() -> None:
    marker = "zz-marker-zz"

    for form in FORMS:
        found = errors(form, {name: {marker: marker} for name in [*GOOD[form], marker]})
        assert marker not in repr(found)
