"""Secrets that travel: session tokens (JWT), one-use tickets, registration tokens and mailed codes."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import jwt

ALGORITHM = "HS256"
CODE_DIGITS = 6
MESSAGE_ID_BYTES = 12


def new_secret_token() -> str:
    """Return 192 random bits, safe in addresses and JSON."""
    return secrets.token_urlsafe(24)


def hash_token(token: str) -> str:
    """Return what is stored of a random token.

    A plain hash is enough for something that cannot be guessed (OWASP Session Management).
    """
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class SessionClaims:
    """What a session token says; true only while the `sessions` collection agrees."""

    user_id: str
    username: str
    session_id: str


class SessionTokens:
    """Signs and reads the JWT (RFC 7519) that the session cookie holds."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, claims: SessionClaims, issued_at: datetime, expires_at: datetime) -> str:
        """Return the token for `claims`, valid until `expires_at`."""
        payload = {
            "sub": claims.user_id,
            "name": claims.username,
            "sid": claims.session_id,
            "iat": issued_at,
            "exp": expires_at,
        }
        return jwt.encode(payload, self._key, algorithm=ALGORITHM)

    def read(self, token: str, now: datetime) -> SessionClaims | None:
        """Return what the token says, or None if it is not ours, was changed, or is too old.

        Exactly one algorithm is accepted (RFC 8725 section 3.1), so `none` and others are nobody.
        """
        try:
            payload = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                options={"require": ["sub", "name", "sid", "exp"], "verify_exp": False, "verify_iat": False},
            )
            expires_at = float(payload["exp"])
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
            return None
        names = payload["sub"], payload["name"], payload["sid"]
        alive = now.timestamp() < expires_at
        return SessionClaims(*names) if alive and all(isinstance(name, str) for name in names) else None


class SendMarks:
    """Turns the key that a message comes with into what is stored of it.

    Name, key and text go in together, so that a mark is compared with nothing but a second try of the same message:
    the same key in front of another inbox gives another mark.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, username_key: str, send_key: str, content: str) -> bytes:
        """Return the mark of a message: a keyed hash of whom it is for, its key and its text."""
        parts = (username_key, send_key, content)
        return hmac.digest(self._key, "\0".join(parts).encode("utf-8", "surrogatepass"), hashlib.sha256)

    def message_id(self, mark: bytes, after: datetime | None = None) -> str:
        """Return the id that the message with this mark has, in hexadecimal; nobody can guess or compare it.

        Args:
            mark: The message's mark.
            after: When an older message was sent with the same mark, if there is one whose time is over.
        """
        generation = after.isoformat() if after else ""
        return hmac.digest(self._key, mark + generation.encode(), hashlib.sha256)[:MESSAGE_ID_BYTES].hex()


class VerificationCodes:
    """Makes mailed codes and compares them with what was stored."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def new(self) -> str:
        """Return six random digits."""
        return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"

    def hash(self, code: str, registration_id: str) -> str:
        """Return a keyed hash: a million codes are quickly tried, so a plain hash hides nothing."""
        return hmac.new(self._key, f"{registration_id}:{code}".encode(), hashlib.sha256).hexdigest()

    def matches(self, code: str, registration_id: str, code_hash: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.hash(code, registration_id), code_hash)
