"""Encryption of single fields: AES-256-GCM, with what a value belongs to as associated data.

A sealed value is one version byte, a random 12-byte nonce and the ciphertext with its tag (NIST
SP 800-38D). The associated data ties it to its place: moved to another document it does not open.
"""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from anonmsg.rules import email_key

VERSION = b"\x01"
NONCE_BYTES = 12
PADDING_STEP = 256


class CannotOpen(Exception):
    """The value was sealed with another key, for another place, or has been changed."""


def new_key() -> bytes:
    """Return a random 256-bit key."""
    return AESGCM.generate_key(256)


class Sealer:
    """Seals and opens values with one key."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)
        self._key = key

    def digest(self, purpose: bytes, value: bytes) -> bytes:
        """Return a keyed hash of 16 bytes, under a key of its own for each purpose (NIST SP 800-108)."""
        return hmac.digest(hmac.digest(self._key, purpose, hashlib.sha256), value, hashlib.sha256)[:16]

    def seal(self, plain: bytes, place: bytes) -> bytes:
        """Return `plain` sealed for `place`."""
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + self._aead.encrypt(nonce, plain, place)

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """Return what was sealed for `place`.

        Raises:
            CannotOpen: If it was not sealed with this key for this place.
        """
        if sealed[:1] != VERSION:
            raise CannotOpen
        body = sealed[1:]
        try:
            return self._aead.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], place)
        except (InvalidTag, ValueError):
            raise CannotOpen from None


def pad(plain: bytes) -> bytes:
    """Return `plain` filled up to a multiple of 256 bytes, so that its length tells little (ISO/IEC 7816-4)."""
    marked = plain + b"\x80"
    return marked + b"\x00" * (-len(marked) % PADDING_STEP)


def unpad(padded: bytes) -> bytes:
    """Return what `pad` was given."""
    return padded[: padded.rindex(b"\x80")]


class EmailVault:
    """Keeps addresses unreadable, yet findable by a keyed hash of the normalised address."""

    def __init__(self, encryption_key: bytes, index_key: bytes) -> None:
        self._sealer = Sealer(encryption_key)
        self._index_key = index_key

    def hash(self, email: str) -> bytes:
        """Return the keyed hash under which `email` is found, whatever its case."""
        return hmac.digest(self._index_key, email_key(email).encode(), hashlib.sha256)

    def seal(self, email: str) -> bytes:
        """Return `email` as typed, sealed and padded."""
        return self._sealer.seal(pad(email.encode()), b"email:" + self.hash(email))

    def open(self, sealed: bytes, email_hash: bytes) -> str:
        """Return the address that was sealed.

        Raises:
            CannotOpen: If it does not belong to `email_hash` or the key is another.
        """
        return unpad(self._sealer.open(sealed, b"email:" + email_hash)).decode()
