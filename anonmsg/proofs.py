"""Proof of work: a puzzle that costs a device a moment and the server next to nothing (ALTCHA, version 2)."""

from datetime import timedelta
from typing import Any, cast

import altcha

from anonmsg.clock import Clock

PROOF_TTL = timedelta(minutes=10)
ALGORITHM, ROUNDS, PREFIX = "PBKDF2/SHA-256", 2000, "00"
"""One key in 256 begins with the prefix, so it takes some hundred keys of so many rounds; checking takes one."""


class Proofs:
    """Makes puzzles and checks their solutions. That each counts once is for others to remember."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def challenge(self, purpose: str) -> dict[str, Any]:
        """Return a new puzzle whose solution is good for one purpose and a few minutes."""
        made = altcha.create_challenge(  # pyright: ignore[reportUnknownMemberType]  # the library's types are half
            ALGORITHM,
            ROUNDS,
            key_prefix=PREFIX,
            expires_at=self._clock() + PROOF_TTL,
            data={"purpose": purpose},
            hmac_secret=self._key,
        )
        return cast(dict[str, Any], made.to_dict())  # pyright: ignore[reportUnknownMemberType]  # likewise

    def read(self, proof: str, purpose: str) -> str:
        """Return what tells the puzzle from all others that `proof` solves for a purpose; "" if it solves none."""
        if not proof or not altcha.verify_solution(proof, self._key).verified:
            return ""
        challenge = altcha.Payload.from_base64(proof).challenge
        parameters = challenge.parameters
        is_alive = float(parameters.expires_at or 0) > self._clock().timestamp()
        is_meant = parameters.data == {"purpose": purpose}  # pyright: ignore[reportUnknownMemberType]  # likewise
        return str(challenge.signature) if is_alive and is_meant else ""
