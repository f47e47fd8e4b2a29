"""Cursors: a place in a list of messages, as a text that programs may keep."""

import base64
import binascii
import struct
from datetime import UTC, datetime, timedelta

from anonmsg.models import Place

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHAPE = struct.Struct(">q12s")
PLACE_BYTES = SHAPE.size


def pack_place(place: Place) -> bytes:
    """Return `PLACE_BYTES` bytes that stand in the same order as places do, from 1970 on."""
    milliseconds = (place.created_at - EPOCH) // timedelta(milliseconds=1)
    return SHAPE.pack(milliseconds, bytes.fromhex(place.id))


def unpack_place(packed: bytes) -> Place:
    """Return the place of which these are the bytes."""
    milliseconds, binary = SHAPE.unpack(packed)
    return Place(EPOCH + timedelta(milliseconds=milliseconds), binary.hex())


def encode_cursor(place: Place) -> str:
    """Return a text that marks the place of a message."""
    return base64.urlsafe_b64encode(pack_place(place)).decode().rstrip("=")


def decode_cursor(cursor: str) -> Place | None:
    """Return the place that a cursor marks, or None if it marks none."""
    try:
        return unpack_place(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, struct.error, ValueError, OverflowError):
        return None
