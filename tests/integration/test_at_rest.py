"""What a thief of the database finds: names, times and counts, nothing to read and nothing to use."""

import json
import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId, json_util

from anonmsg.bootstrap import Services
from anonmsg.choice_forms import CloseAfterForm
from anonmsg.errors import IncorrectCode
from anonmsg.page_forms import SendPageForm
from anonmsg.schemas import (
    ConfirmForm,
    DeleteAccountForm,
    ForgotForm,
    MessageForm,
    NewEmailForm,
    NewPasswordForm,
    SignInForm,
    parse,
)
from anonmsg.storage.database import INDEXES, Database
from anonmsg.tokens import new_secret_token
from tests.conftest import CLIENT, FakeClock, FakeMailer
from tests.integration.conftest import SECRETS, People

CONTENT = "You sing too loudly in the shower"
PASSWORD = "a very secret password"
EMAILS = ("Bob.Builder@Example.COM", "Waiting.Wendy@Example.ORG")

Stored = dict[str, list[dict[str, Any]]]


@pytest.fixture
def secrets() -> set[str]:
    """Everything that must not be found; filled by `used`."""
    return {CONTENT, PASSWORD, *EMAILS}


@pytest.fixture
async def stored(
    services: Services,
    people: People,
    mailer: FakeMailer,
    clock: FakeClock,
    database: Database,
    secrets: set[str],
    caplog: pytest.LogCaptureFixture,
) -> Stored:
    """All raw documents after everything was used once."""
    caplog.set_level(logging.DEBUG, logger="anonmsg")
    bob = await people.verified("Bob", EMAILS[0], PASSWORD)
    secrets.add(mailer.code)
    wendy = await people.sign_up("Wendy", EMAILS[1], PASSWORD)
    secrets |= {wendy.token, wendy.code}
    with pytest.raises(IncorrectCode):
        await services.accounts.verify(wendy.registration_id, "Wendy", f"{(int(wendy.code) + 1) % 10**6:06d}", CLIENT)
    clock.advance(timedelta(minutes=2))
    await services.accounts.resend_code(wendy.registration_id, CLIENT)
    secrets.add(mailer.code)
    form = parse(SignInForm, {"identifier": EMAILS[0], "password": PASSWORD})
    ticket = await services.sessions.sign_in_with_ticket(form, "Firefox on Linux", CLIENT)
    waiting = await services.sessions.sign_in_with_ticket(form, "Firefox on Linux", CLIENT)
    token = await services.sessions.exchange(ticket)
    secrets |= {ticket, waiting, token, *token.split("."), session_secret(token)}
    await services.recovery.request(parse(ForgotForm, {"email": EMAILS[0]}), "a bucket")
    await services.recovery.finish()
    secrets |= {mailer.mails[-1].link, mailer.mails[-1].link.rpartition("/")[2]}
    for content in (CONTENT, CONTENT + " again"):
        await services.sharing.send(
            parse(MessageForm, {"username": "bob", "content": content}), CLIENT, key="a key", sender_mark=MARK
        )
    await services.tagging.finish()
    page = await services.inbox.list_messages(bob, "", 20)
    await services.sorting.delete_message(bob.id, page.messages[0].id)
    await services.muting.change(bob.id, ("a muted phrase", "beastly"))
    await services.pausing.close_after(bob.id, parse(CloseAfterForm, {"messages": 3}))
    secrets |= {"a muted phrase", "beastly"}
    secrets |= await use_settings(services, people, mailer, token)
    return {name: await database[name].find().to_list() for name in await database.raw.list_collection_names()}


async def use_settings(services: Services, people: People, mailer: FakeMailer, token: str) -> set[str]:
    """Have a new address and a new password wait, and delete somebody; return what must not be found."""
    identify, confirm = services.sessions.identify, parse(ConfirmForm, {"current_password": PASSWORD})
    await services.confirmation.confirm(await identify(token), confirm)
    page = {"title": "Bobs Scaffold", "question": "Which nails?", "own_prompts": "Which hammer?"}
    await services.send_pages.change(await identify(token), parse(SendPageForm, page))
    new_email, new_password = "Bobby.Builder@Example.NET", "a quite different password"
    await services.emails.start(await identify(token), parse(NewEmailForm, {"email": new_email}))
    code = mailer.code
    await people.verified("Gone", "Gone@Example.NET", PASSWORD)
    leaver = await identify(await people.session("gone", PASSWORD))
    await services.leaving.leave(leaver, parse(DeleteAccountForm, {"password": PASSWORD, "word": "delete"}))
    await services.leaving.finished()
    form = parse(NewPasswordForm, {"new_password": new_password})
    ticket = await services.passwords.change(await identify(token), form, "Firefox on Linux")
    await services.recovery.request(parse(ForgotForm, {"email": EMAILS[0]}), CLIENT)
    await services.recovery.finish()
    reset_token = mailer.mails[-1].link.rsplit("/", 1)[-1]
    signed_in = await people.session("bob", new_password)
    await services.confirmation.confirm(
        await identify(signed_in), parse(ConfirmForm, {"current_password": new_password})
    )
    waiting = await services.sessions.sign_in_with_ticket(
        parse(SignInForm, {"identifier": "bob", "password": new_password}), "Firefox on Linux", CLIENT
    )
    tokens = {ticket, waiting, signed_in, session_secret(signed_in), reset_token}
    return {new_email, new_password, code, "Gone@Example.NET", *tokens, *page.values()}


def session_secret(token: str) -> str:
    import jwt

    return jwt.decode(token, options={"verify_signature": False})["sid"]


def everything(value: Any) -> bytes:
    """All bytes of documents one after another, those of binary fields as they are."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict):
        return b"\n".join(everything(inner) for pair in value.items() for inner in pair)
    if isinstance(value, list):
        return b"\n".join(map(everything, value))
    return str(value).encode()


def test_only_the_documented_collections_exist(stored: Stored) -> None:
    own = {"users", "registrations", "messages", "sessions", "resets", "keys", "meta"}
    assert (
        set(stored)
        == set(INDEXES)
        == own | {"email_changes", "reserved_names", "send_keys", "sender_tags", "burst_tags"}
    )


def test_nothing_secret_is_in_any_document(stored: Stored, secrets: set[str]) -> None:
    raw = everything(stored).lower()
    words = {secret.lower() for secret in secrets} | {
        "shower",
        "scaffold",
        "hammer",
        "bob.builder",
        "wendy@",
        "example.com",
        "example.org",
    }

    assert len(words) >= 15
    assert [word for word in words if word.encode() in raw] == []


def test_nothing_secret_is_there_in_another_spelling(stored: Stored, secrets: set[str]) -> None:
    """Base64 and hex, which a look at the bytes would miss."""
    text = json.dumps(json_util.loads(json_util.dumps(stored)), default=json_util.default)
    spellings = {json_util.dumps(secret.encode()) for secret in secrets} | {s.encode().hex() for s in secrets}

    assert [spelling for spelling in spellings if spelling in text] == []


def test_neither_are_the_keys_themselves(stored: Stored) -> None:
    raw = everything(stored)
    purposes = (
        "email encryption",
        "email index",
        "page encryption",
        "data key wrapping",
        "password pepper",
        "verification code",
    )
    keys = [SECRETS.secret_key, SECRETS.master_key.secret, *(SECRETS.master_key.derive(one) for one in purposes)]

    assert [key for key in keys if key in raw] == []


def test_nothing_secret_is_in_the_log(stored: Stored, secrets: set[str], caplog: pytest.LogCaptureFixture) -> None:
    assert stored
    assert [secret for secret in secrets if secret.lower() in caplog.text.lower()] == []


def test_documents_have_exactly_the_promised_fields(stored: Stored) -> None:
    fields = {name: {frozenset(document) for document in documents} for name, documents in stored.items()}
    account = {"_id", "username", "username_key", "email_hash", "email", "password_hash"}
    message = {"_id", "recipient_id", "content", "created_at", "read_at", "deleted_at"}
    message |= {"folder", "is_read", "is_starred"}
    chosen = {"opens_at", "remaining", "muted", "muting"}
    session = {"_id", "user_id", "username", "created_at", "last_seen_at", "expires_at", "device"}

    assert fields == {
        "users": {frozenset(account | {"accepts_messages", "created_at", "settings", "page"} | chosen)},
        "registrations": {
            frozenset(account | {"code_hash", "attempts", "codes_sent", "sent_at", "code_expires_at", "expires_at"})
        },
        "messages": {frozenset(message), frozenset(message | {"before"})},
        "sessions": {
            frozenset(session),
            frozenset(session | {"confirmed_at"}),
            frozenset(session | {"ticket_hash"}),
            frozenset(session | {"ticket_hash", "replaces"}),
        },
        "resets": {frozenset({"_id", "user_id", "created_at", "expires_at"})},
        "keys": {frozenset({"_id", "wrapped"})},
        "email_changes": {
            frozenset({"_id", "email_hash", "email", "code_hash", "attempts", "codes_sent"})
            | {"sent_at", "code_expires_at", "expires_at"}
        },
        "reserved_names": {frozenset({"_id", "expires_at"})},
        "send_keys": {frozenset({"_id", "recipient_id", "expires_at"})},
        "sender_tags": {frozenset({"_id", "recipient_id", "pseudonym", "expires_at"})},
        "burst_tags": {frozenset({"_id", "recipient_id", "tag", "created_at", "expires_at"})},
        "meta": set(),
    }


MARK = "bWFyayBvZiBhIGJyb3dzZX"


def test_nothing_about_senders_is_stored(stored: Stored) -> None:
    for message in stored["messages"]:
        kinds = {name: type(value) for name, value in message.items()}
        assert kinds["content"] is bytes
        assert kinds["recipient_id"] is ObjectId
        assert kinds["created_at"] is datetime


async def test_message_ids_come_from_this_process_alone(stored: Stored, services: Services, people: People) -> None:
    """An ObjectId holds a time, a random value of the process and a counter, with a key it is a keyed hash."""
    keyed = await services.database["send_keys"].count_documents({})
    ids = [message["_id"] for message in stored["messages"]]

    assert len({one.binary[4:9] for one in ids}) <= 1 + keyed


def test_contents_of_similar_length_cannot_be_told_apart(stored: Stored) -> None:
    lengths = {len(message["content"]) for message in stored["messages"]}

    assert lengths == {1 + 12 + 256 + 16}


def test_names_are_kept_as_typed_and_addresses_only_sealed(stored: Stored) -> None:
    (bob,) = stored["users"]

    assert (bob["username"], bob["username_key"]) == ("Bob", "bob")
    assert isinstance(bob["email"], bytes)
    assert len(bob["email_hash"]) == 32
    assert bob["password_hash"].startswith("v1$$2b$")
    assert bob["accepts_messages"] is True


def test_times_that_decide_anything_are_dates(stored: Stored) -> None:
    dated = [
        (name, field)
        for name, documents in stored.items()
        for document in documents
        for field, value in document.items()
        if field.endswith("_at") and value is not None and not isinstance(value, datetime)
    ]

    assert dated == []


def test_a_secret_would_be_found_if_it_were_there(stored: Stored) -> None:
    """The search itself works: it finds what is stored in the open."""
    raw = everything(stored)

    assert b"Firefox on Linux" in raw
    assert b"Wendy" in raw
    assert new_secret_token().encode() not in raw
