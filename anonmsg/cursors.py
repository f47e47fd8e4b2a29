"""Cursors: a place in a list of messages, as a text that programs may keep."""

import base64
import binascii
import struct
from datetime import UTC, datetime, timedelta

from anonmsg.models import Place

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHAPE = struct.Struct(">q12s")


def encode_cursor(place: Place) -> str:
    """Return a text that marks the place of a message."""
    milliseconds = (place.created_at - EPOCH) // timedelta(milliseconds=1)
    return base64.urlsafe_b64encode(SHAPE.pack(milliseconds, bytes.fromhex(place.id))).decode().rstrip("=")


def decode_cursor(cursor: str) -> Place | None:
    """Return the place that a cursor marks, or None if it marks none."""
    try:
        milliseconds, binary = SHAPE.unpack(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return Place(EPOCH + timedelta(milliseconds=milliseconds), binary.hex())
    except (binascii.Error, struct.error, ValueError, OverflowError):
        return None
