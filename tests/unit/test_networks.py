"""Address buckets: small networks under a daily key, and addresses that can't be forged."""

from datetime import timedelta

import pytest

from anonmsg.networks import NOWHERE, AddressBuckets, client_address, network_of
from tests.conftest import FakeClock


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("203.0.113.255", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("127.0.0.1", "127.0.0.0/24"),
        ("::1", "::/64"),
        ("", NOWHERE),
        ("not an address", NOWHERE),
        ("203.0.113.7:4711", NOWHERE),
        ("1" * 5000, NOWHERE),
        ("\ud800", NOWHERE),
    ],
)
def test_an_address_stands_for_its_small_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_neighbours_share_a_bucket_and_strangers_do_not(clock: FakeClock) -> None:
    buckets = AddressBuckets(b"k" * 32, clock)

    assert buckets.of("203.0.113.7") == buckets.of("203.0.113.200")
    assert buckets.of("203.0.113.7") != buckets.of("203.0.114.7")
    assert "203" not in buckets.of("203.0.113.7")


def test_a_bucket_is_another_one_tomorrow_and_under_another_key(clock: FakeClock) -> None:
    buckets = AddressBuckets(b"k" * 32, clock)
    today = buckets.of("203.0.113.7")
    other = AddressBuckets(b"o" * 32, clock).of("203.0.113.7")
    clock.advance(timedelta(days=1))

    assert len({today, other, buckets.of("203.0.113.7")}) == 3


@pytest.mark.parametrize(
    ("forwarded", "hops", "address"),
    [
        ([], 0, "peer"),
        (["203.0.113.9"], 0, "peer"),
        (["203.0.113.9"], 1, "203.0.113.9"),
        (["6.6.6.6, 203.0.113.9"], 1, "203.0.113.9"),
        (["6.6.6.6", "203.0.113.9"], 1, "203.0.113.9"),
        (["6.6.6.6, 203.0.113.9, 10.0.0.1"], 2, "203.0.113.9"),
        (["203.0.113.9"], 2, "peer"),
        ([" , ,203.0.113.9 , "], 1, "203.0.113.9"),
        ([""], 1, "peer"),
    ],
)
def test_only_what_our_own_proxies_say_is_believed(forwarded: list[str], hops: int, address: str) -> None:
    assert client_address("peer", forwarded, hops) == address
