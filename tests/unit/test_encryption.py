"""What is sealed opens in its own place only, and tells little by its length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonmsg.storage.encryption import CannotOpen, EmailVault, Sealer, new_key, pad, unpad

SEALER = Sealer(b"k" * 32)
VAULT = EmailVault(b"e" * 32, b"i" * 32)


@given(st.binary(max_size=600), st.binary(max_size=40))
def test_what_was_sealed_opens_in_its_place(plain: bytes, place: bytes) -> None:
    assert SEALER.open(SEALER.seal(plain, place), place) == plain


def test_moved_to_another_place_it_does_not_open() -> None:
    sealed = SEALER.seal(b"secret", b"message 1")

    with pytest.raises(CannotOpen):
        SEALER.open(sealed, b"message 2")


def test_it_does_not_open_with_another_key() -> None:
    sealed = SEALER.seal(b"secret", b"here")

    with pytest.raises(CannotOpen):
        Sealer(new_key()).open(sealed, b"here")


def test_with_any_byte_changed_it_does_not_open() -> None:
    sealed = SEALER.seal(b"secret", b"here")

    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(CannotOpen):
            SEALER.open(bytes(changed), b"here")


@pytest.mark.parametrize("length", [0, 1, 5, 12, 13, 20, 28])
def test_cut_short_it_does_not_open(length: int) -> None:
    with pytest.raises(CannotOpen):
        SEALER.open(SEALER.seal(b"", b"here")[:length], b"here")


def test_the_same_text_is_sealed_differently_each_time() -> None:
    sealed = {SEALER.seal(b"secret", b"here") for _ in range(100)}

    assert len(sealed) == 100
    assert not any(b"secret" in one for one in sealed)


@given(st.binary(max_size=1100))
def test_padding_fills_256_byte_steps_and_comes_off_whole(plain: bytes) -> None:
    padded = pad(plain)

    assert len(padded) % 256 == 0
    assert len(plain) < len(padded) <= len(plain) + 256
    assert unpad(padded) == plain


@pytest.mark.parametrize(("length", "padded"), [(0, 256), (1, 256), (255, 256), (256, 512), (511, 512), (512, 768)])
def test_texts_of_similar_length_look_alike(length: int, padded: int) -> None:
    assert len(pad(b"x" * length)) == padded


@pytest.mark.parametrize("plain", [b"\x80", b"\x80\x80\x00", b"\x00" * 256, b"x" + b"\x80" * 300])
def test_padding_is_told_from_what_looks_like_it(plain: bytes) -> None:
    assert unpad(pad(plain)) == plain


def test_an_address_comes_back_as_typed() -> None:
    sealed = VAULT.seal("Bob@Example.COM")

    assert VAULT.open(sealed, VAULT.hash("bob@example.com")) == "Bob@Example.COM"
    assert len(VAULT.seal("a@x.com")) == len(VAULT.seal("a-much-longer-address@some.where.example.org"))


def test_an_address_is_found_whatever_its_case_and_only_with_the_key() -> None:
    assert VAULT.hash("JO\u0308RG@x.com") == VAULT.hash("jörg@X.com")
    assert VAULT.hash("a@x.com") != VAULT.hash("b@x.com")
    assert VAULT.hash("a@x.com") != EmailVault(b"e" * 32, b"j" * 32).hash("a@x.com")


def test_an_address_does_not_open_beside_another_ones_hash() -> None:
    with pytest.raises(CannotOpen):
        VAULT.open(VAULT.seal("a@x.com"), VAULT.hash("b@x.com"))


def test_new_keys_are_256_random_bits() -> None:
    assert len(new_key()) == 32
    assert new_key() != new_key()
