"""What a session token proves, and what it does not."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonmsg.tokens import SessionClaims, SessionTokens, VerificationCodes, hash_token, new_secret_token

KEY = b"k" * 32
NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
CLAIMS = SessionClaims("65f000000000000000000001", "bob", "the-secret-session-id")
TOKENS = SessionTokens(KEY)
PAYLOAD = {"sub": "u", "name": "bob", "sid": "s", "iat": NOW, "exp": NOW + timedelta(days=1)}


def sign(payload: dict[str, Any], key: bytes = KEY, algorithm: str = "HS256") -> str:
    return jwt.encode(payload, key, algorithm=algorithm)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_token_says_what_was_signed_until_it_expires() -> None:
    token = TOKENS.sign(CLAIMS, NOW, NOW + timedelta(days=30))

    assert TOKENS.read(token, NOW) == CLAIMS
    assert TOKENS.read(token, NOW + timedelta(days=30, seconds=-1)) == CLAIMS


def test_an_expired_token_is_nobody() -> None:
    token = TOKENS.sign(CLAIMS, NOW, NOW + timedelta(days=30))

    assert TOKENS.read(token, NOW + timedelta(days=30)) is None


def test_a_token_signed_with_another_key_is_nobody() -> None:
    token = SessionTokens(b"x" * 32).sign(CLAIMS, NOW, NOW + timedelta(days=30))

    assert TOKENS.read(token, NOW) is None


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "HS384", "RS256", None, ["HS256"], {}])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_a_token_without_signature_or_with_another_algorithm_is_nobody(algorithm: object, signature: str) -> None:
    payload = part({"sub": "u", "name": "bob", "sid": "s", "exp": 99999999999})
    token = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{payload}.{signature}"

    assert TOKENS.read(token, NOW) is None


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_token_signed_with_our_key_by_another_algorithm_is_nobody(algorithm: str) -> None:
    assert TOKENS.read(sign(PAYLOAD), NOW) is not None
    assert TOKENS.read(sign(PAYLOAD, algorithm=algorithm), NOW) is None


def test_a_token_that_was_changed_anywhere_is_nobody() -> None:
    token = TOKENS.sign(CLAIMS, NOW, NOW + timedelta(days=30))
    header, payload, signature = token.split(".")
    forged = part({**PAYLOAD, "iat": 1, "exp": 99999999999, "sub": "somebody else"})

    assert TOKENS.read(f"{header}.{forged}.{signature}", NOW) is None
    for position in range(0, len(token) - 1, 7):
        changed = "A" if token[position] != "A" else "B"
        assert TOKENS.read(token[:position] + changed + token[position + 1 :], NOW) is None
    assert payload != forged


@pytest.mark.parametrize("claim", ["sub", "name", "sid", "exp"])
def test_a_token_that_lacks_a_claim_is_nobody(claim: str) -> None:
    payload = {name: value for name, value in PAYLOAD.items() if name != claim}

    assert TOKENS.read(sign(payload), NOW) is None


@pytest.mark.parametrize("claim", ["sub", "name", "sid"])
@pytest.mark.parametrize("value", [7, True, None, ["u"], {"$ne": None}], ids=repr)
def test_a_token_whose_claims_are_no_text_is_nobody(claim: str, value: object) -> None:
    payload = {**PAYLOAD, "iat": 1, "exp": 99999999999, claim: value}
    token = jwt.api_jws.encode(json.dumps(payload).encode(), KEY, algorithm="HS256")

    assert TOKENS.read(token, NOW) is None


@pytest.mark.parametrize("value", ["soon", None, [], {}, "NaN", 10**400], ids=str)
def test_a_token_whose_expiry_is_no_time_is_nobody(value: object) -> None:
    payload = {**PAYLOAD, "iat": 1, "exp": value}
    token = jwt.api_jws.encode(json.dumps(payload).encode(), KEY, algorithm="HS256")

    assert TOKENS.read(token, NOW) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "..",
        "a.b.c",
        "é.é.é",
        "\ud800",
        "a" * 100_000,
        "null",
        part([]) + ".e30.x",
        base64.urlsafe_b64encode(b'{"a":' + b"[" * 30_000).decode().rstrip("=") + ".e30.x",
    ],
    ids=lambda token: ascii(token[:10]),
)
def test_what_is_no_token_is_nobody(token: str) -> None:
    assert TOKENS.read(token, NOW) is None


@given(st.text(st.characters()))
def test_no_text_makes_reading_fail(text: str) -> None:
    assert TOKENS.read(text, NOW) is None


def test_secret_tokens_are_long_different_and_safe_in_addresses() -> None:
    tokens = {new_secret_token() for _ in range(1000)}

    assert len(tokens) == 1000
    assert all(len(token) == 32 and token.replace("-", "").replace("_", "").isalnum() for token in tokens)


def test_a_token_cannot_be_told_from_its_hash_and_any_text_has_one() -> None:
    token = new_secret_token()

    assert token not in hash_token(token)
    assert hash_token(token) == hash_token(token)
    assert hash_token(token) != hash_token(token + "a")
    assert len(hash_token("\ud800")) == 40


def test_codes_are_six_digits_spread_over_all_of_them() -> None:
    codes = [VerificationCodes(KEY).new() for _ in range(2000)]

    assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in codes)
    assert {code[0] for code in codes} == set("0123456789")
    assert len(set(codes)) > 1900


def test_a_code_matches_for_its_registration_and_key_only() -> None:
    codes = VerificationCodes(KEY)
    code_hash = codes.hash("123456", "r1")

    assert codes.matches("123456", "r1", code_hash)
    assert not codes.matches("123457", "r1", code_hash)
    assert not codes.matches("123456", "r2", code_hash)
    assert not VerificationCodes(b"x" * 32).matches("123456", "r1", code_hash)
    assert "123456" not in code_hash
