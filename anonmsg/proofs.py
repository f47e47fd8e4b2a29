"""Proof of work: a puzzle that costs a device a moment and the server next to nothing (ALTCHA, version 2)."""

from datetime import timedelta
from typing import Any

import altcha as untyped_altcha

from anonmsg.clock import Clock

altcha: Any = untyped_altcha
"""Its types name a dictionary without saying of what."""

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
        challenge: dict[str, Any] = altcha.create_challenge(
            ALGORITHM,
            ROUNDS,
            key_prefix=PREFIX,
            expires_at=self._clock() + PROOF_TTL,
            data={"purpose": purpose},
            hmac_secret=self._key,
        ).to_dict()
        return challenge

    def read(self, proof: str, purpose: str) -> str:
        """Return what tells the puzzle from all others that `proof` solves for a purpose; "" if it solves none."""
        if not proof or not altcha.verify_solution(proof, self._key).verified:
            return ""
        challenge = altcha.Payload.from_base64(proof).challenge
        parameters = challenge.parameters
        is_alive = float(parameters.expires_at or 0) > self._clock().timestamp()
        return str(challenge.signature) if is_alive and parameters.data == {"purpose": purpose} else ""
