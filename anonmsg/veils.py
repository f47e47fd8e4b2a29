"""Veils: ids and cursors of messages for people who want no exact times, because both tell when a message came."""

import base64
import os
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from anonmsg.cursors import decode_cursor

ID_BYTES = 12
CHECK = b"\x00" * 4
HIDDEN_ID = re.compile(r"[0-9a-f]{32}")
NONCE_BYTES = 12
HIDDEN_CURSOR_LENGTH = 64


class Veil:
    """Hides ids and cursors, and finds them again; an id is always hidden in the same way, so it still names one."""

    def __init__(self, key: bytes) -> None:
        # One block and never two, so the plain mode gives away nothing but that two ids are the same, which they say.
        self._block = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305  # see above
        self._aead = AESGCM(key)

    def hide_id(self, message_id: str) -> str:
        """Return what stands for an id."""
        return self._block.encryptor().update(bytes.fromhex(message_id) + CHECK).hex()

    def reveal_id(self, text: str) -> str:
        """Return the id that `text` stands for; itself if it stands for none."""
        if not HIDDEN_ID.fullmatch(text):
            return text
        plain = self._block.decryptor().update(bytes.fromhex(text))
        return plain[:ID_BYTES].hex() if plain.endswith(CHECK) else text

    def hide_cursor(self, cursor: str) -> str:
        """Return what stands for a cursor; "" for none."""
        if not cursor:
            return ""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._aead.encrypt(nonce, base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), None)
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def reveal_cursor(self, text: str) -> str:
        """Return the cursor that `text` stands for; itself if it stands for none."""
        if len(text) != HIDDEN_CURSOR_LENGTH or decode_cursor(text) is not None:
            return text
        try:
            sealed = base64.urlsafe_b64decode(text)
            plain = self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except (InvalidTag, ValueError):
            return text
        return base64.urlsafe_b64encode(plain).decode().rstrip("=")
