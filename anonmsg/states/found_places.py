"""What a search has found: places of messages, the newest first, of which a page shows some that stand together."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from anonmsg.models import Place

Found = tuple[Place, ...]


def _at(found: Sequence[Place], place: Place) -> int:
    """Return where a place stands or would stand."""
    return bisect_left(found, True, key=lambda other: other <= place)


def joined(found: Found, places: Iterable[Place]) -> Found:
    """Return what was found together with more places, each once."""
    everything = list(found)
    for place in places:
        if not everything or place < everything[-1]:  # how a search comes along
            everything.append(place)
        elif everything[at := _at(everything, place)] != place:
            everything.insert(at, place)
    return tuple(everything)


def without(found: Found, gone: set[str]) -> Found:
    """Return what was found but some messages."""
    return tuple(place for place in found if place.id not in gone) if gone else found


def older_than(found: Found, place: Place | None) -> Found:
    """Return what stands below a place, everything if there is none."""
    if place is None:
        return found
    at = _at(found, place)
    return found[at + (at < len(found) and found[at] == place) :]


def newer_than(found: Found, place: Place | None) -> Found:
    """Return what stands above a place, nothing if there is none."""
    return () if place is None else found[: _at(found, place)]
