"""Proofs of work: solved puzzles of ours count, for their purpose and for a while, and nothing else does."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import altcha
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonmsg.clock import utc_now
from anonmsg.proofs import PROOF_TTL, Proofs
from anonmsg.rules import PROOF_MAX
from tests.conftest import FakeClock

KEY = b"k" * 32


@pytest.fixture
def proofs(clock: FakeClock) -> Proofs:
    return Proofs(KEY, clock)


def solve(challenge: dict[str, Any]) -> str:
    """Do what the sender's browser does."""
    read = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(read)
    assert solution
    return altcha.Payload(read, solution).to_base64()


@cache
def solved() -> str:
    """A proof for Ann, made once, because it costs what it should cost."""
    return solve(Proofs(KEY, utc_now).challenge("ann"))


def changed(proof: str, change: Callable[[dict[str, Any]], object]) -> str:
    content = json.loads(base64.b64decode(proof))
    change(content)
    return base64.b64encode(json.dumps(content).encode()).decode()


def test_a_solved_puzzle_counts_and_is_short_enough_to_be_sent(proofs: Proofs) -> None:
    one, other = solve(proofs.challenge("a" * 20)), solve(proofs.challenge("a" * 20))

    assert proofs.read(one, "a" * 20)
    assert proofs.read(one, "a" * 20) != proofs.read(other, "a" * 20)
    assert len(one) < PROOF_MAX / 1.5


def test_it_counts_for_its_purpose_only(proofs: Proofs) -> None:
    assert proofs.read(solved(), "bob") == ""


def test_it_counts_for_a_while_only(proofs: Proofs, clock: FakeClock) -> None:
    proof = solve(proofs.challenge("ann"))
    clock.advance(PROOF_TTL - timedelta(seconds=2))
    late = proofs.read(proof, "ann")
    clock.advance(timedelta(seconds=3))

    assert late
    assert proofs.read(proof, "ann") == ""


def test_a_puzzle_of_another_site_counts_nothing(proofs: Proofs, clock: FakeClock) -> None:
    assert proofs.read(solve(Proofs(b"o" * 32, clock).challenge("ann")), "ann") == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it["challenge"]["parameters"].update(data={"purpose": "bob"}),
        lambda it: it["challenge"]["parameters"].update(keyPrefix=""),
        lambda it: it["challenge"]["parameters"].update(cost=1),
        lambda it: it["challenge"]["parameters"].update(expiresAt=2**40),
        lambda it: it["challenge"]["parameters"].pop("expiresAt"),
        lambda it: it["challenge"].pop("signature"),
        lambda it: it["challenge"].update(signature=it["challenge"]["signature"].upper()),
        lambda it: it["solution"].update(counter=it["solution"]["counter"] + 1),
        lambda it: it["solution"].update(derivedKey="00" * 32),
        lambda it: it.update(solution={}),
    ],
)
def test_what_was_changed_counts_nothing(proofs: Proofs, change: Callable[[dict[str, Any]], object]) -> None:
    proof = changed(solved(), change)

    assert (proofs.read(proof, "ann"), proofs.read(proof, "bob")) == ("", "")


def test_writing_the_same_proof_in_another_way_makes_no_second_one(proofs: Proofs) -> None:
    proof = solved()
    spellings = [
        changed(proof, lambda it: it.update(more=1)),
        changed(proof, lambda it: it["solution"].update(time=5)),
        changed(proof, lambda it: it["challenge"].update(more=[])),
        proof[:10] + "\n" + proof[10:],
    ]

    assert {proofs.read(spelling, "ann") for spelling in spellings} <= {proofs.read(proof, "ann"), ""}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
)


@given(
    st.text(max_size=200)
    | st.builds(lambda value: base64.b64encode(json.dumps(value).encode()).decode(), JSON)
    | st.builds(
        lambda parameters, signature, solution: base64.b64encode(
            json.dumps({"challenge": {"parameters": parameters, "signature": signature}, "solution": solution}).encode()
        ).decode(),
        st.fixed_dictionaries(dict.fromkeys(("algorithm", "nonce", "salt", "cost", "expiresAt", "data"), JSON)),
        JSON,
        st.fixed_dictionaries({"counter": JSON, "derivedKey": JSON}),
    )
)
def test_nonsense_is_no_proof(text: str) -> None:
    assert Proofs(KEY, utc_now).read(text, "ann") == ""


@pytest.mark.parametrize("text", ["", "A", "[" * 1990, base64.b64encode(b"[" * 1400).decode(), "\ud800", "é", "\x00"])
def test_texts_that_break_readers_are_no_proof(proofs: Proofs, text: str) -> None:
    assert proofs.read(text, "ann") == ""
