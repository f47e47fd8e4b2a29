"""The master key, and the keys that are derived from it, each for one purpose only.

HKDF-SHA-256 (RFC 5869) makes independent keys from one secret, so that a key which leaks in one
place opens nothing elsewhere.
"""

import hashlib
import hmac
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from anonmsg.errors import CannotStart
from anonmsg.settings import SECRET_BYTES, decode_secret, encode_secret

Purpose = Literal[
    "email encryption",
    "email index",
    "page encryption",
    "data key wrapping",
    "password pepper",
    "verification code",
    "check value",
    "address buckets",
    "proof of work",
    "send keys",
    "counters",
    "muted words encryption",
    "veils",
]


@dataclass(frozen=True, slots=True)
class MasterKey:
    """32 random bytes that everything encrypted hangs on."""

    secret: bytes

    def __repr__(self) -> str:
        """Return a text without the secret, because texts end up in logs."""
        return "MasterKey(…)"

    def derive(self, purpose: Purpose) -> bytes:
        """Return the 32-byte key for `purpose`."""
        info = f"anonmsg/v1/{purpose}".encode()
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(self.secret)

    def check_value(self) -> bytes:
        """Return a value that tells this key from another without helping to find it."""
        return hmac.digest(self.derive("check value"), b"anonmsg", hashlib.sha256)


def read_key_file(path: Path) -> bytes | None:
    """Return the key in a file, or None if there is no such file.

    Raises:
        CannotStart: If the file is not readable or holds no key.
    """
    try:
        text = path.read_text("ascii")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"The key file {path} can't be read ({type(error).__name__}).") from None
    return decode_secret(text.strip(), f"The key file {path}")


def make_key_file(path: Path) -> bytes:
    """Write a new random key that only this user can read, and return it; never replaces a file.

    The file gets its name when it is whole and on disk, so that a crash leaves no half of a key.

    Raises:
        FileExistsError: If there is a file of that name.
    """
    key = os.urandom(SECRET_BYTES)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="ascii", dir=path.parent, prefix=f".{path.name}.") as file:  # 0600
        file.write(encode_secret(key) + "\n")
        file.flush()
        os.fsync(file.fileno())
        os.link(file.name, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return key
