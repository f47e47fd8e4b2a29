"""`anonmsg doctor`: looks at everything that the app needs, and says what to mend."""

import asyncio
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from anonmsg import bootstrap
from anonmsg.bootstrap import MASTER_KEY_FILE, SECRET_KEY_FILE
from anonmsg.clock import utc_now
from anonmsg.commands.building import environment, is_current
from anonmsg.commands.serving import database, settings_for
from anonmsg.errors import AccessRefused, AnonmsgError, CannotStart, Unavailable
from anonmsg.masterkey import MasterKey, read_key_file
from anonmsg.settings import Settings, decode_secret, is_loopback
from anonmsg.storage.counters import redis_keeps_data
from anonmsg.storage.embedded import find_mongod, is_running, mongod_version
from anonmsg.storage.meta import Meta

Say = Callable[[str], None]

FINE, WARNING, WRONG = "✓", "!", "✗"
LITTLE_SPACE = 1_000_000_000
OLDEST_NODE = (22, 22)


class Finding(NamedTuple):
    """What one look found."""

    mark: str
    text: str


Findings = Iterator[Finding]


def run(data_dir: str | None, say: Say) -> int:
    """Say what is found, a line each; return 1 if something must be mended, else 0. Changes nothing."""
    worst = 0
    for mark, text in _examine(data_dir):
        say(f"{mark} {text}")
        worst = max(worst, int(mark == WRONG))
    say("Mend what is marked with ✗ first." if worst else "anonmsg can run.")
    return worst


def _examine(data_dir: str | None) -> Findings:
    yield Finding(FINE, f"Python {sys.version.split()[0]}")  # older ones can't even load this
    yield from _tools()
    yield _build()
    try:
        settings = settings_for(data_dir)
    except CannotStart as error:
        yield Finding(WRONG, str(error))
        return
    yield Finding(FINE, "The settings can be read")
    for look in (_address, _data_dir, _database, _secret_key, _mail, _rate_limits, _redis):
        yield from look(settings)


def _tools() -> Findings:
    for name in ("node", "bun"):
        path = shutil.which(name, path=environment()["PATH"])
        version = _answer([path, "--version"]).lstrip("v") if path else ""
        if not version:
            yield Finding(WRONG, f"{name} is missing, with which the pages are built. Install the dependencies again.")
        elif name == "node" and tuple(map(int, version.split(".")[:2])) < OLDEST_NODE:
            yield Finding(WRONG, f"node {version} is too old to build the pages. Install the dependencies again.")
        else:
            yield Finding(FINE, f"{name} {version}")


def _answer(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout.strip()  # noqa: S603  # fixed arguments
    except (OSError, subprocess.SubprocessError):
        return ""


def _build() -> Finding:
    if is_current():
        return Finding(FINE, "The pages are built")
    return Finding(WARNING, "The pages are not built, or out of date. The next `anonmsg run` builds them.")


def _address(settings: Settings) -> Findings:
    if settings.public_url is None:
        yield Finding(FINE, "PUBLIC_URL is not set, so links work on this machine only")
    elif settings.is_https or is_loopback(_host(settings.public_url)):
        yield Finding(FINE, f"Links start with {settings.public_url}")
    else:
        yield Finding(
            WARNING, f"Links start with {settings.public_url}. Use https, or anybody on the way can read along."
        )


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def _data_dir(settings: Settings) -> Findings:
    folder = settings.data_dir
    if not folder.exists():
        yield Finding(FINE, f"The data folder {folder} is not there yet. The first `anonmsg run` makes it.")
        return
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(WRONG, f"The data folder {folder} can't be used. It must be a folder that you may write to.")
        return
    others = stat.S_IMODE(folder.stat().st_mode) & 0o077
    if others:
        yield Finding(WARNING, f"Other users can look into the data folder. Mend it with `chmod 700 {folder}`.")
    else:
        yield Finding(FINE, f"The data folder is {folder}")
    free = shutil.disk_usage(folder).free
    size = f"{free / 1e9:.1f} GB are free on its disk"
    yield Finding(WARNING, f"Only {size}.") if free < LITTLE_SPACE else Finding(FINE, size)


def _database(settings: Settings) -> Findings:
    if not settings.embedded:
        yield from _server(settings, "MongoDB at MONGODB_URI")
        return
    try:
        binary = find_mongod()
        yield Finding(FINE, f"The mongod to start is {mongod_version(binary)}, {binary}")
    except CannotStart as error:
        yield Finding(WRONG, str(error))
        return
    if is_running(settings.data_dir):
        yield from _server(settings, "The embedded MongoDB runs,")
    elif not (settings.data_dir / "mongodb").is_dir():
        yield Finding(FINE, "There are no data yet. The first `anonmsg run` makes database and keys.")
    else:
        yield from _started(settings)


def _started(settings: Settings) -> Findings:
    """Start the embedded database to look into it, and stop it again."""
    try:
        with database(settings) as wait_until_ready:
            wait_until_ready()
            yield from _server(settings, "The embedded MongoDB does not run now, but starts,")
    except CannotStart as error:
        yield Finding(WRONG, str(error))


def _server(settings: Settings, name: str) -> Findings:
    try:
        key = _master_key(settings)
        if key is None and not settings.embedded:
            yield Finding(WRONG, "MASTER_KEY is not set. Make one with `anonmsg secret`.")
        seen = asyncio.run(_ask(settings, key))
    except AccessRefused:
        yield Finding(WRONG, f"{name} does not let us in. Check user, password and rights.")
        return
    except AnonmsgError as error:
        yield Finding(WRONG, str(error) if isinstance(error, CannotStart) else f"{name} does not answer.")
        return
    except Exception as error:  # of the driver; its text may repeat the address
        yield Finding(WRONG, f"{name} failed ({type(error).__name__}).")
        return
    yield Finding(FINE, f"{name} version {seen.version}")
    if not seen.has_changes:
        yield Finding(WARNING, "It is not a replica set: live updates off. Start it with --replSet to have them.")
    yield _fit(settings, key, seen)


class Seen(NamedTuple):
    """What a server tells about itself and its data."""

    version: str
    has_changes: bool
    is_encrypted: bool
    key_fits: bool


async def _ask(settings: Settings, key: bytes | None) -> Seen:
    server = bootstrap.open_database(settings)
    try:
        version, has_changes, meta = await server.server_version(), await server.is_replica_set(), Meta(server)
        used = await meta.has_master_key()
        # Asked only where there is something to compare with, for otherwise the data would take to this key.
        fits = used and key is not None and await meta.accepts_master_key(MasterKey(key).check_value())
        return Seen(version, has_changes, used, fits)
    finally:
        await server.close()


def _key(settings: Settings, name: str, configured: str | None, path: Path) -> bytes | None:
    if configured is not None:
        return decode_secret(configured, name)
    return read_key_file(path) if settings.embedded else None


def _master_key(settings: Settings) -> bytes | None:
    configured = settings.master_key.get_secret_value() if settings.master_key else None
    return _key(settings, "MASTER_KEY", configured, settings.data_dir / MASTER_KEY_FILE)


def _fit(settings: Settings, key: bytes | None, seen: Seen) -> Finding:
    path = settings.data_dir / MASTER_KEY_FILE
    if key is None and seen.is_encrypted:
        return Finding(WRONG, f"The master key is missing. Put {path} back from your backup, or set MASTER_KEY.")
    if key is None:
        return Finding(FINE, "There is no master key yet; `anonmsg run` makes it")
    if not seen.is_encrypted:
        return Finding(FINE, "There is a master key, and no data yet")
    if not seen.key_fits:
        return Finding(
            WRONG, "The master key is another one than the data were encrypted with. Put the right one back."
        )
    return Finding(FINE, "The master key belongs to the data")


def _secret_key(settings: Settings) -> Findings:
    configured = settings.secret_key.get_secret_value() if settings.secret_key else None
    try:
        key = _key(settings, "SECRET_KEY", configured, settings.data_dir / SECRET_KEY_FILE)
    except CannotStart as error:
        yield Finding(WRONG, str(error))
        return
    if key is None and not settings.embedded:
        yield Finding(WRONG, "SECRET_KEY is not set. Make one with `anonmsg secret`.")
    else:
        yield Finding(FINE, "There is a secret key" if key else "There is no secret key yet; `anonmsg run` makes it")


def _mail(settings: Settings) -> Findings:
    try:
        choice = settings.mail_choice
    except CannotStart as error:
        yield Finding(WRONG, str(error))
        return
    if choice == "outbox":
        yield Finding(FINE, f"Mails are written to {settings.data_dir / 'outbox'}; set RESEND_API_KEY to send them")
        return
    yield Finding(FINE, "Mails are sent through Resend, with RESEND_API_KEY")
    if "mail_from" not in settings.model_fields_set:
        yield Finding(
            WARNING, "MAIL_FROM is not set. Resend's trial sender reaches nobody but you; use your own domain."
        )


def _rate_limits(settings: Settings) -> Findings:
    try:
        bootstrap.build_throttle(settings, utc_now)
    except CannotStart as error:
        yield Finding(WRONG, str(error))
    if settings.rate_limits == "off":
        yield Finding(WARNING, "RATE_LIMITS=off: anybody can flood inboxes and guess passwords. Only for benchmarks.")
    elif settings.is_https and not settings.trusted_proxy_hops and not is_loopback(_host(settings.site_url)):
        yield Finding(
            WARNING,
            "TRUSTED_PROXY_HOPS is 0, but https needs a proxy in front. Set it to how many there are, or all people "
            "count as one network and share its limits.",
        )


def _redis(settings: Settings) -> Findings:
    if settings.redis_url is None:
        yield Finding(FINE, "Rate limits are counted in memory; a restart forgets them")
        return
    try:
        keeps = asyncio.run(redis_keeps_data(settings.redis_url.get_secret_value()))
    except Unavailable:
        yield Finding(WRONG, "Redis at REDIS_URL does not answer, or does not let us in. Limits are weaker until then.")
        return
    if keeps:
        yield Finding(WARNING, "Redis writes to its disk. Counters need none: start it with --save '' --appendonly no.")
    else:
        yield Finding(FINE, "Redis at REDIS_URL counts, and keeps nothing")
