"""Address buckets: what is counted instead of network addresses, and can't be turned back into them."""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Sequence
from datetime import date

from anonmsg.clock import Clock

IPV4_PREFIX, IPV6_PREFIX = 24, 64
"""A bucket is a small network, because one person often has many addresses of it."""

NOWHERE = "nowhere"
"""The network of a client without an address, such as one on a Unix socket."""

_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]*)\](?::\d+)?|(?P<v4>[0-9.]+):\d+")
"""How some proxies write addresses."""


def network_of(address: str) -> str:
    """Return the small network that an address is in; addresses that are none share one bucket."""
    written = _WITH_PORT.fullmatch(address)
    bare = (written["v6"] or written["v4"] or "") if written else address
    try:
        found = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return NOWHERE
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    prefix = IPV4_PREFIX if found.version == 4 else IPV6_PREFIX
    return str(ipaddress.ip_network((found, prefix), strict=False))


class AddressBuckets:
    """Turns addresses into buckets with a key that changes every day (UTC).

    The key is derived, not stored, so that all processes of a site count in the same buckets, and
    whoever finds one in a counter can't try all networks without the master key.
    """

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock
        self._day, self._today = date.min, b""

    def of(self, address: str) -> str:
        """Return today's bucket of an address."""
        day = self._clock().date()
        if day != self._day:
            self._day, self._today = day, hmac.digest(self._key, day.isoformat().encode(), hashlib.sha256)
        return hmac.digest(self._today, network_of(address).encode(), hashlib.sha256).hex()[:32]


def client_address(peer: str, forwarded: Sequence[str], trusted_hops: int) -> str:
    """Return the address of whoever asks, "" if it is unknown.

    Args:
        peer: Who is connected to us.
        forwarded: The request's `X-Forwarded-For` lines. Each proxy appends whom it was asked by, so only as many
            entries from the end are believed as there are proxies of ours; what stands before can be forged.
        trusted_hops: How many proxies of ours there are.
    """
    if trusted_hops <= 0:
        return peer
    hops = [hop.strip() for line in forwarded for hop in line.split(",") if hop.strip()]
    return hops[-trusted_hops] if len(hops) >= trusted_hops else peer
