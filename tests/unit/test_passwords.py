"""How passwords are stored, and that hashing them holds nobody else up."""

import asyncio
import base64
import hashlib
import hmac
import re
import threading
from collections.abc import AsyncIterator

import bcrypt
import pytest

from anonmsg.errors import Busy
from anonmsg.passwords import COST, PasswordHasher

PEPPER = b"p" * 32


@pytest.fixture
async def hasher() -> AsyncIterator[PasswordHasher]:
    hasher = PasswordHasher(PEPPER, cost=4)
    yield hasher
    hasher.close()


async def test_a_password_is_stored_as_the_readme_says(hasher: PasswordHasher) -> None:
    stored = await hasher.hash("correct horse")
    peppered = base64.b64encode(hmac.digest(PEPPER, b"correct horse", hashlib.sha256))

    assert re.fullmatch(r"v1\$\$2b\$04\$[./A-Za-z0-9]{53}", stored)
    assert bcrypt.checkpw(peppered, stored.removeprefix("v1$").encode())


async def test_the_cost_is_12_unless_told() -> None:
    hasher = PasswordHasher(PEPPER)

    stored = await hasher.hash("correct horse")
    hasher.close()

    assert COST == 12
    assert stored.startswith("v1$$2b$12$")


async def test_only_the_same_password_fits(hasher: PasswordHasher) -> None:
    stored = await hasher.hash("correct horse")

    assert await hasher.verify("correct horse", stored)
    assert not await hasher.verify("Correct horse", stored)
    assert not await hasher.verify("correct horse ", stored)
    assert not await hasher.verify("", stored)


async def test_the_same_password_is_stored_differently_each_time(hasher: PasswordHasher) -> None:
    assert await hasher.hash("correct horse") != await hasher.hash("correct horse")


async def test_a_password_fits_with_its_pepper_only(hasher: PasswordHasher) -> None:
    stored = await hasher.hash("correct horse")
    other = PasswordHasher(b"x" * 32, cost=4)

    assert not await other.verify("correct horse", stored)
    other.close()


async def test_a_password_counts_whole_beyond_72_bytes(hasher: PasswordHasher) -> None:
    stored = await hasher.hash("a" * 100 + "b")

    assert await hasher.verify("a" * 100 + "b", stored)
    assert not await hasher.verify("a" * 100 + "c", stored)
    assert not await hasher.verify("a" * 100, stored)


async def test_a_password_counts_whole_beyond_a_zero_byte(hasher: PasswordHasher) -> None:
    stored = await hasher.hash("abc\x00def")

    assert await hasher.verify("abc\x00def", stored)
    assert not await hasher.verify("abc\x00xyz", stored)
    assert not await hasher.verify("abc", stored)


async def test_ways_to_type_the_same_characters_are_the_same_password(hasher: PasswordHasher) -> None:
    stored = await hasher.hash("Pässwörd ﬁ")

    assert await hasher.verify("Pa\u0308sswo\u0308rd fi", stored)
    assert await hasher.verify("Ｐässwörd fi", stored)


async def test_bcrypt_never_runs_on_the_event_loop(hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[str] = set()

    def note(*_: object) -> bool:
        threads.add(threading.current_thread().name)
        return True

    hashed = bcrypt.hashpw(b"x", bcrypt.gensalt(4))
    monkeypatch.setattr(bcrypt, "hashpw", lambda *_: hashed if note() else b"")
    monkeypatch.setattr(bcrypt, "checkpw", note)

    await hasher.verify("correct horse", await hasher.hash("correct horse"))

    assert threads == {"bcrypt_0"}
    assert threading.current_thread().name not in threads


async def test_who_comes_when_the_queue_is_full_is_told_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    monkeypatch.setattr(bcrypt, "checkpw", lambda *_: gate.wait(5))
    hasher = PasswordHasher(PEPPER, cost=4, queue=3)
    waiting = [asyncio.ensure_future(hasher.verify("correct horse", "v1$x")) for _ in range(3)]
    await asyncio.sleep(0)

    with pytest.raises(Busy):
        await hasher.verify("correct horse", "v1$x")
    with pytest.raises(Busy):
        await hasher.hash("correct horse")

    gate.set()
    assert await asyncio.gather(*waiting) == [True] * 3
    assert await hasher.verify("correct horse", "v1$x")
    hasher.close()


async def test_who_gives_up_waiting_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    monkeypatch.setattr(bcrypt, "checkpw", lambda *_: gate.wait(5))
    hasher = PasswordHasher(PEPPER, cost=4, queue=2)
    first, second = (asyncio.ensure_future(hasher.verify("correct horse", "v1$x")) for _ in range(2))
    await asyncio.sleep(0)

    second.cancel()
    await asyncio.wait([second])
    third = asyncio.ensure_future(hasher.verify("correct horse", "v1$x"))
    gate.set()

    assert await asyncio.gather(first, third) == [True, True]
    hasher.close()
