"""The composition root: reads the settings, opens the database, and joins all rooms into one app."""

import asyncio
import contextlib
import hashlib
import hmac
import secrets as random_secrets
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from anonmsg.clock import Clock, utc_now
from anonmsg.errors import CannotStart, Unavailable
from anonmsg.faults import report
from anonmsg.mail.mailer import Mail, Mailer
from anonmsg.mail.outbox import Outbox
from anonmsg.masterkey import MasterKey, make_key_file, read_key_file
from anonmsg.models import Addressee, Registration
from anonmsg.networks import AddressBuckets, client_address
from anonmsg.passwords import COST, PasswordHasher
from anonmsg.pictures.cards import Card, Shape
from anonmsg.proofs import Proofs
from anonmsg.routes import FORGOT_PASSWORD, reset_page, verify_page
from anonmsg.services.accounts import Accounts
from anonmsg.services.blocking import Blocking
from anonmsg.services.confirming import Confirmation
from anonmsg.services.credentials import Emails, Passwords
from anonmsg.services.exporting import Exporting
from anonmsg.services.inbox import Inbox
from anonmsg.services.leaving import Leaving
from anonmsg.services.mailing import Mailing
from anonmsg.services.muting import MutedLists
from anonmsg.services.pausing import Pausing
from anonmsg.services.picturing import Pictures
from anonmsg.services.presenting import SendPages
from anonmsg.services.recovery import RESET_TTL, Recovery
from anonmsg.services.searching import Searching
from anonmsg.services.sessions import Sessions
from anonmsg.services.sharing import Sharing
from anonmsg.services.sorting import Sorting
from anonmsg.services.tagging import Tagging
from anonmsg.services.throttling import SCOPES, Scope, Throttle
from anonmsg.settings import Settings, decode_secret, load_settings
from anonmsg.stopping import stop
from anonmsg.storage.blocks import BlockRepository
from anonmsg.storage.bulk_acts import BulkActRepository
from anonmsg.storage.changes import Changes
from anonmsg.storage.counters import RateCounters, are_limits
from anonmsg.storage.data_keys import DataKeys
from anonmsg.storage.database import Database
from anonmsg.storage.email_changes import EmailChangeRepository
from anonmsg.storage.embedded import embedded_uri
from anonmsg.storage.encryption import EmailVault
from anonmsg.storage.long_acts import LongActRepository
from anonmsg.storage.message_updates import MessageUpdates
from anonmsg.storage.messages import MessageRepository
from anonmsg.storage.meta import Meta
from anonmsg.storage.muted_words import MutedVault, MutingRepository
from anonmsg.storage.page_settings import PageVault
from anonmsg.storage.registrations import RegistrationRepository
from anonmsg.storage.reserved_names import ReservedNameRepository
from anonmsg.storage.resets import ResetRepository
from anonmsg.storage.send_keys import SendKeyRepository
from anonmsg.storage.sessions import SessionRepository
from anonmsg.storage.tags import TagRepository
from anonmsg.storage.traces import TraceRepository
from anonmsg.storage.users import UserRepository
from anonmsg.tokens import SendMarks, SessionTokens, VerificationCodes, hash_token, new_secret_token
from anonmsg.veils import Veil

TIDY_INTERVAL = timedelta(hours=1)
SETTLE_INTERVAL = timedelta(seconds=2)
MASTER_KEY_FILE = "master.key"
SECRET_KEY_FILE = "secret.key"


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that pages, API and commands may ask for."""

    settings: Settings
    database: Database
    accounts: Accounts
    sessions: Sessions
    recovery: Recovery
    inbox: Inbox
    sorting: Sorting
    searching: Searching
    muting: MutedLists
    pausing: Pausing
    sharing: Sharing
    tagging: Tagging
    blocking: Blocking
    send_pages: SendPages
    confirmation: Confirmation
    passwords: Passwords
    emails: Emails
    exporting: Exporting
    leaving: Leaving
    pictures: Pictures
    changes: Changes
    users: UserRepository
    messages: MessageRepository
    buckets: AddressBuckets
    throttle: Throttle
    veil: Veil
    clock: Clock

    def client_of(self, peer: str, forwarded: Sequence[str]) -> str:
        """Return the address bucket of whoever is connected to us, or to the proxies of ours in front."""
        return self.buckets.of(client_address(peer, forwarded, self.settings.trusted_proxy_hops))


@dataclass(frozen=True, slots=True)
class Secrets:
    """The two secrets of a deployment."""

    master_key: MasterKey
    secret_key: bytes = field(repr=False)


def open_database(settings: Settings) -> Database:
    """Return a connection to the configured database, else to the embedded one."""
    uri = embedded_uri(settings.data_dir) if settings.mongodb_uri is None else settings.mongodb_uri.get_secret_value()
    return Database(uri)


async def prepare(settings: Settings) -> None:
    """Make a database ready to serve: indexes, keys, and the proof that they belong together.

    Raises:
        CannotStart: If the database is away, or the master key is missing or another one's.
    """
    build_throttle(settings, utc_now)  # only to hear now what would stop the app later
    database = open_database(settings)
    try:
        await database.ping()
        await database.create_indexes()
        meta = Meta(database)
        secrets = load_secrets(settings, may_make=settings.embedded and not await meta.has_master_key())
        if not await meta.accepts_master_key(secrets.master_key.check_value()):
            raise CannotStart(
                "The master key does not belong to this data: it was encrypted with another one. "
                "Put the right key back; without it nothing stored can be read."
            )
    except Unavailable:
        raise CannotStart(
            "The database can't be reached, or does not let us in. Check MONGODB_URI and that the server runs."
        ) from None
    finally:
        await database.close()


def load_secrets(settings: Settings, *, may_make: bool = False) -> Secrets:
    """Return the secrets from the settings, or on the embedded default from the key files.

    Raises:
        CannotStart: If one is missing where it must not be made anew.
    """
    master = _load_secret(settings, "MASTER_KEY", settings.data_dir / MASTER_KEY_FILE, may_make=may_make)
    # A lost secret key only signs people out, so the embedded default may always make one.
    secret = _load_secret(settings, "SECRET_KEY", settings.data_dir / SECRET_KEY_FILE, may_make=settings.embedded)
    return Secrets(MasterKey(master), secret)


def _load_secret(settings: Settings, name: str, path: Path, *, may_make: bool) -> bytes:
    configured = settings.master_key if name == "MASTER_KEY" else settings.secret_key
    if configured is not None:
        return decode_secret(configured.get_secret_value(), name)
    if not settings.embedded:
        raise CannotStart(f"{name} is not set. Make one with `anonmsg secret` and keep it apart from the database.")
    key = read_key_file(path)
    if key is None and not may_make:
        raise CannotStart(
            f"The master key is missing: {path} is not there, but the data next to it were encrypted with it. "
            "Put it back from your backup, or set MASTER_KEY."
        )
    return make_key_file(path) if key is None else key


def build_mailer(settings: Settings, clock: Clock) -> Mailer:
    """Return the mailer that the settings choose."""
    if settings.mail_choice == "outbox" or settings.resend_api_key is None:
        return Outbox(settings.data_dir / "outbox", settings.mail_from, clock, sys.stdout)
    from anonmsg.mail.resend_mailer import ResendMailer  # its SDK takes a while to load, and few starts need it

    return ResendMailer(settings.resend_api_key.get_secret_value(), settings.mail_from, settings.resend_api_url)


def build_throttle(settings: Settings, clock: Clock, key: bytes = b"") -> Throttle:
    """Return what keeps the limits that the settings choose.

    Raises:
        CannotStart: If a limit has an unknown scope or is not written as one.
    """
    for scope, limits in settings.limits.items():
        if scope not in SCOPES:
            raise CannotStart(f"LIMITS has an unknown scope. Known are: {', '.join(SCOPES)}.")
        if not are_limits(limits):
            raise CannotStart(f'LIMITS: what "{scope}" has is not written like `40/minute; 200/hour`.')
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    chosen: dict[Scope, str] = {scope: settings.limits[scope] for scope in SCOPES if scope in settings.limits}
    return Throttle(RateCounters(clock, redis_url, key), chosen, is_on=settings.rate_limits == "on")


def build_services(
    settings: Settings,
    secrets: Secrets,
    database: Database,
    mailer: Mailer,
    clock: Clock,
    password_cost: int = COST,
) -> Services:
    """Join the rooms: storage behind services, keys where each belongs."""
    master = secrets.master_key
    emails = EmailVault(master.derive("email encryption"), master.derive("email index"))
    keys = DataKeys(database, master.derive("data key wrapping"))
    pages = PageVault(master.derive("page encryption"))
    muted = MutedVault(master.derive("muted words encryption"))
    users = UserRepository(database, emails, pages, muted, keys)
    registrations = RegistrationRepository(database, emails)
    messages = MessageRepository(database, keys)
    passwords = PasswordHasher(master.derive("password pepper"), cost=password_cost)
    codes = VerificationCodes(master.derive("verification code"))
    tokens = SessionTokens(hmac.digest(secrets.secret_key, b"anonmsg/v1/session token", hashlib.sha256))

    buckets = AddressBuckets(master.derive("address buckets"), clock)
    throttle = build_throttle(settings, clock, master.derive("counters"))
    proofs = Proofs(master.derive("proof of work"), clock)
    marks = SendMarks(master.derive("send keys"))
    mailing = Mailing(mailer, throttle, lambda address: emails.hash(address).hex())

    def write_mail(registration: Registration, code: str) -> Mail:
        from anonmsg.mail.letters import verification_mail  # loads the template engines at the first mail

        page = f"{settings.site_url}{verify_page(registration.username)}"
        link = f"{page}#code={code}&sign-up={registration.id}"
        return verification_mail(
            registration.email,
            registration.username,
            code,
            link,
            settings.site_url,
            idempotency_key=hash_token(f"verification/{registration.id}/{code}"),
        )

    def write_reset_mail(owner: Addressee, token: str) -> Mail:
        from anonmsg.mail.letters import reset_mail  # likewise

        return reset_mail(
            owner.email,
            owner.user.username,
            f"{settings.site_url}{reset_page(token)}",
            settings.site_url,
            reset_ttl=RESET_TTL,
            idempotency_key=hash_token(f"reset/{token}"),
        )

    def write_password_notice(to: str, username: str, changed_at: datetime) -> Mail:
        from anonmsg.mail.letters import password_changed_mail  # likewise

        return password_changed_mail(
            to,
            username,
            changed_at,
            f"{settings.site_url}{FORGOT_PASSWORD}",
            settings.site_url,
            idempotency_key=hash_token(f"password changed/{to}/{changed_at.isoformat()}"),
        )

    def write_reset_notice(owner: Addressee, changed_at: datetime) -> Mail:
        return write_password_notice(owner.email, owner.user.username, changed_at)

    def write_email_notice(to: str, username: str, changed_at: datetime) -> Mail:
        from anonmsg.mail.notices import email_changed_mail  # likewise

        return email_changed_mail(to, username, changed_at, settings.site_url)

    def write_email_code(to: str, username: str, code: str) -> Mail:
        from anonmsg.mail.notices import email_code_mail  # likewise

        return email_code_mail(to, username, code, settings.site_url)

    def write_farewell(to: str, username: str, left_at: datetime) -> Mail:
        from anonmsg.mail.notices import account_deleted_mail  # likewise

        return account_deleted_mail(to, username, left_at, settings.site_url)

    stored_sessions, resets = SessionRepository(database), ResetRepository(database)
    sessions = Sessions(users, registrations, stored_sessions, passwords, tokens, throttle, clock)
    confirmation = Confirmation(users, stored_sessions, passwords, throttle, clock)
    email_changes = EmailChangeRepository(database, emails)
    updates = MessageUpdates(database)
    sorting = Sorting(
        users, messages, updates, BulkActRepository(database), LongActRepository(database), clock, new_secret_token
    )
    tags = TagRepository(database, keys)
    tagging = Tagging(tags, clock, lambda: random_secrets.token_bytes(32))
    return Services(
        settings=settings,
        database=database,
        accounts=Accounts(users, registrations, passwords, codes, mailing, write_mail, throttle, clock),
        sessions=sessions,
        recovery=Recovery(
            users, resets, stored_sessions, passwords, throttle, mailing, write_reset_mail, write_reset_notice, clock
        ),
        inbox=Inbox(users, messages),
        sorting=sorting,
        searching=Searching(messages),
        muting=MutedLists(users, messages, updates, MutingRepository(database, muted), new_secret_token),
        pausing=Pausing(users, clock),
        sharing=Sharing(users, messages, SendKeyRepository(database), marks, tagging, throttle, proofs, clock),
        tagging=tagging,
        blocking=Blocking(messages, tags, BlockRepository(database, keys), sorting, clock, new_secret_token),
        send_pages=SendPages(users),
        confirmation=confirmation,
        passwords=Passwords(
            users, sessions, resets, confirmation, passwords, mailing, write_password_notice, throttle, clock
        ),
        emails=Emails(
            users,
            sessions,
            email_changes,
            resets,
            confirmation,
            codes,
            mailing,
            write_email_code,
            write_email_notice,
            throttle,
            clock,
        ),
        exporting=Exporting(users, sessions, messages, confirmation, clock),
        leaving=Leaving(
            users,
            TraceRepository(database),
            ReservedNameRepository(database),
            confirmation,
            mailing,
            write_farewell,
            clock,
        ),
        pictures=Pictures(_draw, settings.site_url),
        changes=Changes(database, messages),
        users=users,
        messages=messages,
        buckets=buckets,
        throttle=throttle,
        veil=Veil(master.derive("veils")),
        clock=clock,
    )


def _draw(card: Card, shape: Shape) -> bytes:
    from anonmsg.pictures.drawing import draw  # loads Pillow and the fonts at the first picture

    return draw(card, shape)


_running: Services | None = None


def services() -> Services:
    """Return the services of this process.

    Raises:
        RuntimeError: If they are not running; that is a bug.
    """
    if _running is None:
        raise RuntimeError("The services are not running.")
    return _running


@contextlib.asynccontextmanager
async def running(settings: Settings | None = None, mailer: Mailer | None = None) -> AsyncGenerator[Services]:
    """Run the services in this event loop; `services()` answers them until the block ends.

    `prepare` must have been called for the database, by this process or the one that started it.
    """
    global _running  # one app a process; everything else is passed on
    settings = settings or await asyncio.to_thread(load_settings)
    secrets = await asyncio.to_thread(load_secrets, settings)
    database = open_database(settings)
    mailer = mailer or build_mailer(settings, utc_now)
    built = build_services(settings, secrets, database, mailer, utc_now)
    tidying = [asyncio.create_task(_again_and_again(*work)) for work in _works(built, mailer)]
    _running = built
    try:
        yield built
    finally:
        _running = None
        await stop(*tidying)
        await built.leaving.close()
        await built.tagging.finish()
        await built.recovery.finish()
        await built.throttle.close()
        built.pictures.close()
        await database.close()


def _works(built: Services, mailer: Mailer) -> list[tuple[str, Callable[[], Awaitable[None]], timedelta]]:
    """Return what is done in the background for as long as the services run, and how often."""

    async def remove_old_mails() -> None:  # also on a site that sends none
        if isinstance(mailer, Outbox):
            await asyncio.to_thread(mailer.tidy, utc_now())

    return [
        ("Removing old mails", remove_old_mails, TIDY_INTERVAL),
        ("Going on with deleting accounts", built.leaving.resume, TIDY_INTERVAL),
        ("Forgetting tags", built.tagging.forget_orphans, TIDY_INTERVAL),
        ("Forgetting blocks", built.blocking.forget_over, TIDY_INTERVAL),
        ("Settling what was done to all", built.sorting.settle_due, SETTLE_INTERVAL),
        ("Going through inboxes for muted words", built.muting.go_through_due, SETTLE_INTERVAL),
    ]


async def _again_and_again(what: str, work: Callable[[], Awaitable[None]], every: timedelta) -> None:
    """Do some work now and after every such time; whatever fails is done the next time, and nothing puts an end to it.

    Args:
        what: The work, as the log names it if there is a bug in it.
        work: Goes on where it was interrupted.
        every: How long to rest.
    """
    while True:
        try:
            await work()
        except Unavailable:
            pass  # the next round goes on where this one was
        except Exception as error:
            report(what, error)
        await asyncio.sleep(every.total_seconds())
