"""Sessions: signing in and out, and telling whose request this is."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from anonmsg.clock import Clock
from anonmsg.errors import IncorrectPassword, NotAuthenticated, NotVerified, SessionNotFound, UserNotFound
from anonmsg.models import Credentials, Session
from anonmsg.passwords import PasswordHasher
from anonmsg.schemas import SignInForm
from anonmsg.services.throttling import Scope, Throttle
from anonmsg.tokens import SessionClaims, SessionTokens, hash_token, new_secret_token

SESSION_TTL = timedelta(days=30)
IDLE_TTL = timedelta(days=14)
TICKET_TTL = timedelta(seconds=60)
SEEN_INTERVAL = timedelta(hours=1)
MOST_LISTED = 100


class Users(Protocol):
    """The verified people."""

    async def get_credentials(self, identifier: str) -> Credentials | None: ...
    async def has_password(self, user_id: str, password_hash: str) -> bool: ...


class Registrations(Protocol):
    """The sign-ups that wait for their code."""

    async def exists(self, identifier: str, now: datetime) -> bool: ...


class StoredSessions(Protocol):
    """The sessions that are alive."""

    async def add(self, session: Session, ticket_hash: str = "") -> None: ...
    async def update_claimed(
        self, ticket_hash: str, session_id: str, now: datetime, expires_at: datetime
    ) -> Session | None: ...
    async def get_by_id(self, session_id: str, user_id: str, now: datetime) -> Session | None: ...
    async def list_by_user(self, user_id: str, now: datetime, seen_after: datetime, limit: int) -> list[Session]: ...
    async def update_last_seen(self, session_id: str, now: datetime) -> None: ...
    async def update_ending(self, session_id: str, user_id: str, expires_at: datetime) -> bool: ...
    async def update_replacing(self, session: Session) -> None: ...
    async def delete(self, session_id: str, user_id: str) -> bool: ...
    async def delete_all(self, user_id: str, keep: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a request speaks for.

    Attributes:
        session_id: The stored session's id (a hash), not the secret in the token.
        confirmed_at: When the password was last typed in this session, None if never.
    """

    user_id: str
    username: str
    session_id: str
    confirmed_at: datetime | None = None


class Sessions:
    """Decides who somebody is. A token alone proves nothing: the stored session must be there."""

    def __init__(
        self,
        users: Users,
        registrations: Registrations,
        sessions: StoredSessions,
        passwords: PasswordHasher,
        tokens: SessionTokens,
        throttle: Throttle,
        clock: Clock,
    ) -> None:
        self._users = users
        self._registrations = registrations
        self._sessions = sessions
        self._passwords = passwords
        self._tokens = tokens
        self._throttle = throttle
        self._clock = clock

    async def sign_in(self, form: SignInForm, device: str, client: str) -> str:
        """Return a session token for the person whose name or address and password these are.

        Args:
            form: Who it is said to be.
            device: The browser's coarse label.
            client: The address bucket that asks.

        Raises:
            UserNotFound: If nobody has the name or address.
            NotVerified: If only a sign-up that waits for its code has it.
            IncorrectPassword: If the password is another.
            TooManyAttempts: If that was tried too often; the wait grows with every round.
        """
        credentials = await self._check_password(form, client)
        secret, session = self._new_session(credentials, device)
        await self._open(session, credentials)
        return self._sign(session, secret)

    async def sign_in_with_ticket(self, form: SignInForm, device: str, client: str) -> str:
        """As `sign_in`, but return a ticket that a browser exchanges once, within a minute, for its cookie.

        A page's event can't set a cookie that scripts are unable to read; a request can.
        """
        credentials = await self._check_password(form, client)
        ticket = new_secret_token()
        _, session = self._new_session(credentials, device)
        waiting = replace(session, expires_at=session.created_at + TICKET_TTL)
        await self._open(waiting, credentials, hash_token(ticket))
        return ticket

    async def exchange(self, ticket: str, token_before: str = "") -> str:
        """Return the session token that a ticket stands for; the browser's session before it ends.

        One that the new session replaces ends only when the new one is used: by then the browser has the new
        cookie, so that no other tab of it ever asks with a dead one.

        Raises:
            NotAuthenticated: If the ticket is unknown, too old or was used.
        """
        secret, now = new_secret_token(), self._clock()
        session = await self._sessions.update_claimed(hash_token(ticket), hash_token(secret), now, now + SESSION_TTL)
        if session is None:
            raise NotAuthenticated
        claims = self._tokens.read(token_before, now) if token_before else None
        if claims is not None and hash_token(claims.session_id) != session.replaces:
            await self._sessions.delete(hash_token(claims.session_id), claims.user_id)
        return self._sign(session, secret)

    async def replace(self, identity: Identity, device: str, password_hash: str) -> str:
        """End all of somebody's sessions but this one, and return the ticket of one that takes its place.

        Raises:
            NotAuthenticated: If this one was ended meanwhile, or the password is not this one any more.
        """
        ticket, now = new_secret_token(), self._clock()
        expires_at = now + TICKET_TTL
        waiting = Session(
            id=hash_token(new_secret_token()),
            user_id=identity.user_id,
            username=identity.username,
            created_at=now,
            last_seen_at=now,
            expires_at=expires_at,
            device=device,
            replaces=identity.session_id,
        )
        await self._sessions.delete_all(identity.user_id, identity.session_id)
        await self._sessions.add(waiting, hash_token(ticket))
        # Only now, as in `_open`: whoever ends all sessions ends the new one as well, or has ended this one already.
        is_alive = await self._sessions.update_ending(identity.session_id, identity.user_id, expires_at)
        if not (is_alive and await self._users.has_password(identity.user_id, password_hash)):
            await self._sessions.delete(waiting.id, identity.user_id)
            raise NotAuthenticated
        return ticket

    async def identify(self, token: str) -> Identity:
        """Return whose token this is.

        Raises:
            NotAuthenticated: If it is nobody's: not ours, expired, idle for too long, or revoked.
        """
        now = self._clock()
        claims = self._tokens.read(token, now) if token else None
        if claims is None:
            raise NotAuthenticated
        session = await self._sessions.get_by_id(hash_token(claims.session_id), claims.user_id, now)
        if session is None or session.last_seen_at + IDLE_TTL <= now:
            raise NotAuthenticated
        if session.last_seen_at + SEEN_INTERVAL <= now:
            await self._sessions.update_last_seen(session.id, now)
        if session.replaces:
            await self._sessions.update_replacing(session)
        return Identity(session.user_id, session.username, session.id, session.confirmed_at)

    async def is_alive(self, user_id: str, session_id: str) -> bool:
        """Return whether one of somebody's sessions would be accepted now; looking does not count as use."""
        now = self._clock()
        session = await self._sessions.get_by_id(session_id, user_id, now)
        return session is not None and session.last_seen_at + IDLE_TTL > now

    async def list_sessions(self, user_id: str) -> list[Session]:
        """Return somebody's sessions, the last seen first."""
        now = self._clock()
        return await self._sessions.list_by_user(user_id, now, now - IDLE_TTL, MOST_LISTED)

    async def end(self, user_id: str, session_id: str) -> None:
        """End one of somebody's sessions.

        Raises:
            SessionNotFound: If the person has no such session.
        """
        if not await self._sessions.delete(session_id, user_id):
            raise SessionNotFound

    async def end_others(self, identity: Identity) -> None:
        """End all of somebody's sessions but this one, those that still wait for their cookie too."""
        await self._sessions.delete_all(identity.user_id, identity.session_id)

    async def sign_out(self, token: str) -> None:
        """End the session of a token; a token that is nobody's is already signed out."""
        claims = self._tokens.read(token, self._clock()) if token else None
        if claims is not None:
            await self._sessions.delete(hash_token(claims.session_id), claims.user_id)

    def reads(self, token: str) -> bool:
        """Return whether a token is ours and in date, without asking the database.

        Good enough to choose which page to send, never to show anything private.
        """
        return bool(token) and self._tokens.read(token, self._clock()) is not None

    async def _check_password(self, form: SignInForm, client: str) -> Credentials:
        """Return whose password this is; each try is counted before anything is compared."""
        await self._throttle.check({"sign-in per client": client})
        credentials = await self._users.get_credentials(form.identifier)
        if credentials is None:
            await self._throttle.count({"sign-in per client": client})
            waits = await self._registrations.exists(form.identifier, self._clock())
            raise NotVerified if waits else UserNotFound
        user_id = credentials.user.id
        tries: dict[Scope, str] = {
            "sign-in per client and account": f"{client} {user_id}",
            "sign-in per account": user_id,
        }
        await self._throttle.count({**tries, "sign-in per client": client})
        if not await self._passwords.verify(form.password, credentials.password_hash):
            raise IncorrectPassword
        await self._throttle.forget(tries)
        return credentials

    async def _open(self, session: Session, credentials: Credentials, ticket_hash: str = "") -> None:
        """Store a session, unless the password was replaced while it was checked.

        Whoever replaces a password then ends all sessions. So one that is stored before that is
        ended with the others, and one that is stored after it is seen here.
        """
        await self._sessions.add(session, ticket_hash)
        if not await self._users.has_password(session.user_id, credentials.password_hash):
            await self._sessions.delete(session.id, session.user_id)
            raise IncorrectPassword

    def _new_session(self, credentials: Credentials, device: str) -> tuple[str, Session]:
        secret, now, user = new_secret_token(), self._clock(), credentials.user
        return secret, Session(
            id=hash_token(secret),
            user_id=user.id,
            username=user.username,
            created_at=now,
            last_seen_at=now,
            expires_at=now + SESSION_TTL,
            device=device,
        )

    def _sign(self, session: Session, secret: str) -> str:
        claims = SessionClaims(session.user_id, session.username, secret)
        return self._tokens.sign(claims, session.created_at, session.expires_at)
