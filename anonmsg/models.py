"""The things that services and storage hand each other: small, frozen, and without any document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, get_args

Folder = Literal["inbox", "archived", "filtered"]
"""Where a message lies: with all others, put away, or apart because it may be unwanted."""

View = Literal["inbox", "unread", "starred", "archived", "filtered"]
"""What a list of messages holds; the unread are those of the inbox, the starred those of all folders."""

Action = Literal["delete", "archive", "restore", "star", "unstar", "mark_read", "mark_unread"]
"""What a person does with messages; `restore` puts them back into the inbox."""

FOLDERS: tuple[Folder, ...] = get_args(Folder)
VIEWS: tuple[View, ...] = get_args(View)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a message stands among all of its recipient, who reads them from the latest place to the earliest."""

    created_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class BulkAct:
    """One action on all messages of a view, whose number does not matter: they change when its undo time is over.

    Until then, and while they change, lists show them as if they had.

    Attributes:
        newest: The last message that it is meant for; later ones were not on the screen.
        kept: Ids of messages that were treated apart since; it leaves them alone.
    """

    id: str
    action: Action
    view: View
    newest: Place
    made_at: datetime
    kept: frozenset[str] = frozenset()


Stage = Literal["doing", "done", "undoing"]

INTERRUPTED_AFTER = timedelta(seconds=15)
"""An act that was not heard of for so long is done by nobody."""


@dataclass(frozen=True, slots=True)
class LongAct:
    """One action on so many chosen messages that it takes a while.

    Attributes:
        count: How many messages it is meant for.
        began_at: When it was asked for.
        at: When it was last heard of.
        done: How many messages were changed by then.
    """

    id: str
    action: Action
    count: int
    began_at: datetime
    at: datetime
    done: int = 0
    stage: Stage = "doing"

    def is_interrupted(self, now: datetime) -> bool:
        """Return whether it stopped halfway, because the server did: it was not heard of for long."""
        return self.stage != "done" and self.at <= now - INTERRUPTED_AFTER


Theme = Literal["kind", "honest", "work", "friends", "school", "creative", "fun", "deep"]
"""What prompts are about."""

THEMES: tuple[Theme, ...] = get_args(Theme)

Accent = Literal["clay", "rose", "plum", "indigo", "ocean", "teal", "forest", "honey"]
"""The colours that a send page may have; `assets/tokens.css` says what each is in light and dark."""

ACCENTS: tuple[Accent, ...] = get_args(Accent)

USUAL_ACCENT: Accent = "clay"

MOST_CHARACTERS = 1000
"""How long a message may be at most, in code points; a recipient may want shorter ones."""


@dataclass(frozen=True, slots=True)
class PageSettings:
    """What a recipient chose for the send page; unless they did, it is as it always was.

    Attributes:
        title: What the page is called, "" for its usual heading.
        question: What senders are asked, "" for nothing.
        themes: What prompts may be about; none chosen means all.
        own_prompts: Prompts of the recipient's own, which come first.
        most_characters: How long a message may be, in code points.
        is_indexed: Whether search engines may list the page.
    """

    title: str = ""
    question: str = ""
    themes: tuple[Theme, ...] = ()
    own_prompts: tuple[str, ...] = ()
    most_characters: int = MOST_CHARACTERS
    accent: Accent = USUAL_ACCENT
    is_indexed: bool = False


@dataclass(frozen=True, slots=True)
class Muting:
    """How far an inbox has been gone through for words that were muted lately.

    Attributes:
        words: Those words; older ones were looked for before.
        place: The last message that was looked at, None at the beginning.
        searched: How many were looked at.
        moved: How many of them were put under Filtered.
    """

    id: str
    words: tuple[str, ...] = field(repr=False)
    place: Place | None = None
    searched: int = 0
    moved: int = 0
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """What decides whether an inbox takes messages; the one place that knows.

    Attributes:
        accepts_messages: How the switch stands.
        opens_at: Until then the inbox is closed.
        remaining: After so many more messages it closes, None for no such number.
    """

    accepts_messages: bool
    opens_at: datetime | None = None
    remaining: int | None = None

    def is_open(self, now: datetime) -> bool:
        """Return whether the inbox takes messages now."""
        return self.accepts_messages and self.remaining != 0 and (self.opens_at is None or self.opens_at <= now)

    def opens_next(self, now: datetime) -> datetime | None:
        """Return when it opens by itself, None if it is open or stays closed."""
        return self.opens_at if self.accepts_messages and self.opens_at and self.opens_at > now else None


@dataclass(frozen=True, slots=True)
class User:
    """A person with a verified account.

    Attributes:
        accepts_messages: How the switch stands; `opening` says what holds.
        acts: What is being done to all messages of a view, in the order in which it was asked for.
        long_acts: What is being done to many chosen messages, or was a moment ago.
        blocked: Pseudonyms of senders whose messages are put aside, and when each was blocked the last time.
        opens_at: As `Opening` says; so is `remaining`.
        has_coarse_dates: Whether nothing may show when exactly a message came.
        muted: Words whose messages are put under Filtered.
        muting: The last going through the inbox for muted words.
    """

    id: str
    username: str
    accepts_messages: bool
    created_at: datetime
    acts: tuple[BulkAct, ...] = ()
    long_acts: tuple[LongAct, ...] = ()
    page: PageSettings = PageSettings()
    opens_at: datetime | None = None
    remaining: int | None = None
    has_coarse_dates: bool = False
    muted: tuple[str, ...] = field(default=(), repr=False)
    blocked: Mapping[bytes, datetime] = field(default_factory=dict[bytes, datetime], repr=False, hash=False)
    muting: Muting | None = None

    @property
    def opening(self) -> Opening:
        """What decides whether the inbox takes messages."""
        return Opening(self.accepts_messages, self.opens_at, self.remaining)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user together with the hash that a password is checked against."""

    user: User
    password_hash: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """A user together with the address that mails go to, as typed at sign-up."""

    user: User
    email: str


@dataclass(frozen=True, slots=True)
class Reset:
    """The permission to choose a new password, for whoever holds the mailed link.

    Attributes:
        id: Hash of the secret in the link.
    """

    id: str
    user_id: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Registration:
    """A sign-up that is not verified yet.

    Attributes:
        id: Hash of the secret that the browser which signed up keeps. Safe to show: the mailed
            link carries it to say which sign-up it is for.
        email: The address as typed.
        attempts: Tries used on the present code.
        codes_sent: Codes mailed so far, the first included.
    """

    id: str
    username: str
    email: str
    password_hash: str
    code_hash: str
    attempts: int
    codes_sent: int
    sent_at: datetime
    code_expires_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One anonymous message.

    Attributes:
        content: The text; None if it can't be decrypted.
        is_passing: Whether it goes by itself, because its sender is blocked.
    """

    id: str
    recipient_id: str
    content: str | None
    created_at: datetime
    read_at: datetime | None = None
    folder: Folder = "inbox"
    is_starred: bool = False
    is_passing: bool = False

    @property
    def place(self) -> Place:
        """Where it stands among the others."""
        return Place(self.created_at, self.id)


@dataclass(frozen=True, slots=True)
class Tag:
    """What is noted of a message for a while.

    Attributes:
        pseudonym: What the sender's browser is to this recipient, b"" if that is not known.
        bursts: What the network is to this recipient today, and was yesterday if that is not an hour ago.
    """

    message_id: str
    recipient_id: str
    pseudonym: bytes = field(repr=False)
    bursts: tuple[bytes, ...] = field(repr=False)
    created_at: datetime


BLOCK_TTL = timedelta(days=30)
"""How long a block holds. A browser makes itself another mark within that time, so an older one is nobody's."""


@dataclass(frozen=True, slots=True)
class Block:
    """A sender whose messages are put aside; nothing in it says who that is.

    Attributes:
        pseudonym: What the sender's browser is to this recipient, and to nobody else.
        excerpt: The beginning of the message for which it was blocked.
    """

    id: str
    pseudonym: bytes = field(repr=False)
    excerpt: str = field(repr=False)
    blocked_at: datetime


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Some messages, newest first, and the cursor of the next page ("" at the end)."""

    messages: tuple[Message, ...]
    next_cursor: str


COUNT_MAX = 1000
"""Counts stop here; "999+" is enough to know."""

Counts = dict[View, int]
"""How many messages each view holds, `COUNT_MAX` for as many and more."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that is signed in.

    Attributes:
        id: Hash of the session id that the token carries.
        device: Coarse label such as "Firefox on Android".
        confirmed_at: When the person last typed the password in it, None if never.
        replaces: The session that ends as soon as this one is used, "" for none.
    """

    id: str
    user_id: str
    username: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    device: str
    confirmed_at: datetime | None = None
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class EmailChange:
    """A new address that waits for its code.

    Attributes:
        email: The new address as typed.
        attempts: Tries used on the present code.
        codes_sent: Codes mailed to new addresses of this user, the first included, until `expires_at`.
    """

    user_id: str
    email: str
    code_hash: str
    attempts: int
    codes_sent: int
    sent_at: datetime
    code_expires_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LeavingUser:
    """Somebody whose account is being deleted.

    Attributes:
        email: The address that the account had; "" if it is forgotten already.
    """

    id: str
    username: str
    email: str
    leaving_at: datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready to send.

    Attributes:
        to: The address as the person typed it.
        code: The verification code inside, if any; only the outbox shows it, on a terminal.
        link: A link inside that gives something away, if any; likewise.
        idempotency_key: The same key is never delivered twice, however often it is sent.
        is_notice: Whether it tells an owner what was done to the account; nobody may use up what such mails need.
    """

    to: str
    subject: str
    html: str
    text: str
    code: str = ""
    link: str = ""
    idempotency_key: str = ""
    is_notice: bool = False
