"""What holds of each value that people and programs hand in: how long, which signs, and the sentence that says so."""

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email
from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

from anonmsg.errors import ResetNotFound
from anonmsg.routes import RESERVED_USERNAMES
from anonmsg.strength import refusal

USERNAME_MIN, USERNAME_MAX = 2, 20
PASSWORD_MIN, PASSWORD_MAX = 8, 128
MESSAGE_MAX = 1000
MESSAGE_MAX_BYTES = 8 * 1024
EMAIL_MAX = 254
TOKEN_MAX = 64
PROOF_MAX = 2000
PAGE_SIZE, PAGE_MAX = 20, 100
SELECTION_MAX = 500
QUERY_MAX = 100
DELETE_WORD = "delete"

INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u2800\u3164\uffa0"
"""Characters that draw nothing although their category says letter, mark, symbol or unassigned."""

RAW_MESSAGE_MAX = 4 * MESSAGE_MAX
"""What is longer than this stays too long: NFC makes one code point of four at most (UAX 15)."""

_USERNAME = re.compile(r"[A-Za-z0-9_]+")
_CODE = re.compile(r"[0-9]{6}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")
_MESSAGE_ID = re.compile(r"[0-9a-f]{24}|[0-9a-f]{32}")
_SESSION_ID = re.compile(r"[0-9a-f]{40}")
_SEND_KEY = re.compile(r"[\x21-\x7e]{1,200}")
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_LONE_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def broken(sentence: str) -> PydanticCustomError:
    """Return the error that makes pydantic report `sentence` as it stands."""
    return PydanticCustomError("rule", sentence.replace("{", "{{"))  # pyright: ignore[reportArgumentType]  # literal only for type checkers


def username_key(username: str) -> str:
    """Return the form in which two usernames that differ only by case are equal."""
    return username.casefold()


def email_key(email: str) -> str:
    """Return the form in which addresses are compared: NFC, lower case, whole."""
    return unicodedata.normalize("NFC", email.strip()).lower()


def is_visible(character: str) -> bool:
    """Return whether `character` draws something; one younger than Python's tables is taken to."""
    category = unicodedata.category(character)
    if category[0] == "Z" or category in {"Cc", "Cf", "Cs"} or character in INVISIBLE:
        return False
    return not ("\ufe00" <= character <= "\ufe0f" or "\U000e0000" <= character <= "\U000e0fff")


def tidy_message(text: str) -> str:
    """Return a message as it is counted and stored: LF line ends, NFC, nothing blank around it."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


BAD_CURSOR = "This cursor is not valid"


def check_username(value: str) -> str:
    """Return `value` if it is a well-formed username that the site doesn't keep for itself."""
    if len(value) < USERNAME_MIN:
        raise broken(f"Username must be at least {USERNAME_MIN} characters")
    if len(value) > USERNAME_MAX:
        raise broken(f"Username must be no more than {USERNAME_MAX} characters")
    if not _USERNAME.fullmatch(value):
        raise broken("Username must not contain special characters")
    return value


def is_username(text: str) -> bool:
    """Return whether somebody could have this name; what can't be a name need not be looked up."""
    return USERNAME_MIN <= len(text) <= USERNAME_MAX and _USERNAME.fullmatch(text) is not None


def is_reserved(username: str) -> bool:
    """Return whether the site keeps this name for itself."""
    return username_key(username) in RESERVED_USERNAMES


def check_email(value: str) -> str:
    """Return the address without blanks around it if mail could be sent there (RFC 5321, RFC 6531).

    Each mailbox has one spelling but for upper and lower case: an address that mail programs would read as another
    one, because its letters are encoded (RFC 2047) or its domain has some of another width, is none.
    """
    address = value.strip()
    try:
        if len(address) > EMAIL_MAX or "=?" in address:
            raise EmailNotValidError
        read = validate_email(address, check_deliverability=False, strict=True)
        if email_key(address).rpartition("@")[2] not in {read.domain, read.ascii_domain}:
            raise EmailNotValidError
    except (EmailNotValidError, UnicodeError):
        raise broken("Invalid email address") from None
    return address


def check_new_password(value: str) -> str:
    """Return `value` if it is not common and of allowed length, in code points (NIST SP 800-63B section 5.1.1.2)."""
    if len(value) < PASSWORD_MIN:
        raise broken(f"Password must be at least {PASSWORD_MIN} characters")
    if len(value) > PASSWORD_MAX:
        raise broken(f"Password must be no more than {PASSWORD_MAX} characters")
    if sentence := refusal(value):
        raise broken(sentence)
    return value


def check_own_password(value: str, info: ValidationInfo) -> str:
    """Return `value` unless it is the name or address that stands before it in the same form."""
    if sentence := refusal(value, info.data.get("username", ""), info.data.get("email", "")):
        raise broken(sentence)
    return value


def check_known_password(value: str) -> str:
    """Return `value` unless it can't be anybody's password, so that bcrypt never runs for nothing."""
    if not value:
        raise broken("Enter your password")
    if len(value) > PASSWORD_MAX:
        raise broken("Incorrect password")
    return value


def check_identifier(value: str) -> str:
    """Return a username or address without blanks around it."""
    identifier = value.strip()
    if not identifier:
        raise broken("Enter your email or username")
    if len(identifier) > EMAIL_MAX:
        raise broken("User not found")
    return identifier


def check_code(value: str) -> str:
    """Return the digits of a code; blanks that came along with pasting are forgiven."""
    code = "".join(value.split())
    if not _CODE.fullmatch(code):
        raise broken("Verification code must be 6 digits")
    return code


def content_too_long(most: int = MESSAGE_MAX) -> str:
    """Return what is said of a message that is too long: for its recipient, or for anybody."""
    return f"Message must be at most {most} characters"


def check_content(value: str) -> str:
    """Return the message as it will be stored."""
    # Before anything costly: normalising a long run of marks takes time with the square of its length.
    text = tidy_message(value) if len(value.strip()) <= RAW_MESSAGE_MAX else value
    if len(text) > MESSAGE_MAX or len(text.encode()) > MESSAGE_MAX_BYTES:
        raise broken(content_too_long())
    if not any(map(is_visible, text)):
        raise broken("Write a message first")
    if _LONE_CONTROL.search(text):
        raise broken("Message must not contain control characters")
    return text


def check_delete_word(value: str) -> str:
    """Return the word that somebody types who means to delete an account."""
    if value.strip().casefold() != DELETE_WORD:
        raise broken(f"Type the word {DELETE_WORD}")
    return DELETE_WORD


def check_token(value: str) -> str:
    """Return a registration token or id if it could be one; "" stands for none."""
    if value and (len(value) > TOKEN_MAX or not _TOKEN.fullmatch(value)):
        raise broken("This sign-up was not found. Please sign up again.")
    return value


def check_session_id(value: str) -> str:
    """Return the id of a session if it could be one."""
    if not _SESSION_ID.fullmatch(value):
        raise broken("This session has ended already")
    return value


def is_token(text: str) -> bool:
    """Return whether `text` could be a random token of ours; what can't be one need not be looked up."""
    return len(text) <= TOKEN_MAX and _TOKEN.fullmatch(text) is not None


def check_reset_token(value: str) -> str:
    """Return the token of a mailed link if it could be one."""
    if not is_token(value):
        raise broken(ResetNotFound.sentence)
    return value


def check_proof(value: str) -> str:
    """Return a proof of work if it is short enough to be one."""
    if len(value) > PROOF_MAX:
        raise broken("This proof of work is not valid")
    return value


def is_send_key(text: str) -> bool:
    """Return whether `text` can be the key of a message: what comes twice with the same key and text is one."""
    return _SEND_KEY.fullmatch(text) is not None


def check_cursor(value: str) -> str:
    """Return a cursor if this app could have made it."""
    if value and (len(value) > TOKEN_MAX or not _TOKEN.fullmatch(value)):
        raise broken(BAD_CURSOR)
    return value


def check_message_id(value: str) -> str:
    """Return an id if a message could have it."""
    if not _MESSAGE_ID.fullmatch(value):
        raise broken("Message not found")
    return value


def check_act_id(value: str) -> str:
    """Return the id of an act if it could be one."""
    if not is_token(value):
        raise broken("Message not found")
    return value


def check_query(value: str) -> str:
    """Return what is looked for, without blanks around it."""
    query = value.strip()
    if len(query) > QUERY_MAX:
        raise broken(f"Search for at most {QUERY_MAX} characters")
    return query
