"""Pictures are drawn once, on a thread, kept in a bounded place, and never by too many at once."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from anonmsg.errors import Busy
from anonmsg.models import User
from anonmsg.pictures.cards import Card, Shape
from anonmsg.services.picturing import Pictures

ADA = Card("ada", "https://anonmsg.example/u/ada")


class Hand:
    """Draws bytes instead of pictures, and waits while it is held."""

    def __init__(self) -> None:
        self.drawn: list[str] = []
        self.threads: set[str] = set()
        self.size = 10
        self.free = threading.Event()
        self.free.set()

    def __call__(self, card: Card, shape: Shape) -> bytes:
        self.free.wait(10)
        if card.title == "broken":
            raise RuntimeError("no such font")
        self.drawn.append(f"{card.username} {shape}")
        self.threads.add(threading.current_thread().name)
        return f"{card.username} {shape}".ljust(self.size).encode()


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def pictures(hand: Hand) -> Iterator[Pictures]:
    pictures = Pictures(hand, "https://anonmsg.example", most_bytes=30, most_waiting=2)
    yield pictures
    hand.free.set()
    pictures.close()


def cards(*names: str) -> list[Card]:
    return [replace(ADA, username=name) for name in names]


def test_a_card_holds_the_public_link_and_nothing_private(pictures: Pictures) -> None:
    user = User("0" * 24, "ada", True, datetime.now(UTC))

    assert pictures.card(user) == ADA


async def test_a_picture_is_drawn_once(pictures: Pictures, hand: Hand) -> None:
    first, second = await pictures.get(ADA, "preview"), await pictures.get(ADA, "preview")

    assert first is second
    assert hand.drawn == ["ada preview"]


async def test_who_asks_while_it_is_drawn_waits_for_the_same(pictures: Pictures, hand: Hand) -> None:
    found = await asyncio.gather(*(pictures.get(ADA, "story") for _ in range(20)))

    assert len(set(found)) == 1
    assert hand.drawn == ["ada story"]


async def test_other_words_are_another_picture(pictures: Pictures, hand: Hand) -> None:
    for card in (ADA, replace(ADA, title="Ada"), replace(ADA, question="Ada"), replace(ADA, accent="plum")):
        await pictures.get(card, "preview")

    assert len(hand.drawn) == 4


async def test_it_is_drawn_away_from_the_event_loop(pictures: Pictures, hand: Hand) -> None:
    hand.free.clear()
    waiting = asyncio.create_task(pictures.get(ADA, "preview"))
    await asyncio.sleep(0)

    assert not waiting.done()
    hand.free.set()
    await waiting
    assert hand.threads.isdisjoint({threading.main_thread().name})


async def test_the_oldest_go_when_there_are_too_many(pictures: Pictures, hand: Hand) -> None:
    for card in cards("a", "b", "c", "a", "d", "a", "b"):
        await pictures.get(card, "preview")

    assert hand.drawn == ["a preview", "b preview", "c preview", "d preview", "b preview"]


async def test_a_picture_larger_than_the_place_is_given_out_and_not_kept(pictures: Pictures, hand: Hand) -> None:
    hand.size = 100

    assert len(await pictures.get(ADA, "preview")) == 100
    await pictures.get(ADA, "preview")
    assert len(hand.drawn) == 2


async def test_too_many_at_once_are_refused_and_later_served(pictures: Pictures, hand: Hand) -> None:
    hand.free.clear()
    one, two, three = cards("a", "b", "c")
    waiting = [asyncio.create_task(pictures.get(card, "preview")) for card in (one, two)]
    await asyncio.sleep(0)

    with pytest.raises(Busy):
        await pictures.get(three, "preview")

    hand.free.set()
    await asyncio.gather(*waiting)
    assert await pictures.get(three, "preview")


async def test_who_hangs_up_takes_the_picture_from_nobody(pictures: Pictures, hand: Hand) -> None:
    hand.free.clear()
    leaving, staying = (asyncio.create_task(pictures.get(ADA, "preview")) for _ in range(2))
    await asyncio.sleep(0)

    leaving.cancel()
    hand.free.set()

    assert await staying
    assert hand.drawn == ["ada preview"]


async def test_a_fault_is_seen_by_who_asked_and_kept_for_nobody(pictures: Pictures) -> None:
    broken = replace(ADA, title="broken")

    for _ in range(3):
        with pytest.raises(RuntimeError):
            await pictures.get(broken, "preview")
    assert await pictures.get(ADA, "preview")
