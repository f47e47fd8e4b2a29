"""What somebody chose for the send page: stored sealed, read with the user, and obeyed by what is sent."""

import logging
from typing import Any

import pytest
from bson import ObjectId

from anonmsg.bootstrap import Services
from anonmsg.errors import InvalidInput, NotAuthenticated
from anonmsg.models import PageSettings, User
from anonmsg.page_forms import SendPageForm
from anonmsg.schemas import DeleteAccountForm, MessageForm, parse
from anonmsg.services.sessions import Identity
from anonmsg.storage.database import Database
from anonmsg.storage.page_settings import PageVault
from tests.conftest import CLIENT
from tests.integration.conftest import PASSWORD, People

CHOSEN: dict[str, Any] = {
    "title": "Ann's corner",
    "question": "What should I sing next?",
    "themes": ["fun", "kind"],
    "own_prompts": "Which song?\nWhich key?",
    "most_characters": 60,
    "accent": "teal",
    "is_indexed": True,
}


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


@pytest.fixture
async def identity(services: Services, people: People, ann: User) -> Identity:
    return await services.sessions.identify(await people.session("ann"))


async def change(services: Services, identity: Identity, **values: object) -> PageSettings:
    return await services.send_pages.change(identity, parse(SendPageForm, {**CHOSEN, **values}))


async def test_a_page_is_as_it_always_was_until_somebody_chooses(services: Services, identity: Identity) -> None:
    assert await services.send_pages.page(identity) == PageSettings()
    assert (await services.sharing.recipient("ann")).page == PageSettings()


async def test_what_was_chosen_is_what_the_owner_and_senders_get(services: Services, identity: Identity) -> None:
    stored = await change(services, identity)

    assert stored == parse(SendPageForm, CHOSEN).page()
    assert await services.send_pages.page(identity) == stored
    assert (await services.sharing.recipient("ANN")).page == stored


async def test_the_choice_of_one_person_is_nobody_elses(services: Services, people: People, identity: Identity) -> None:
    await people.verified("Bob")

    await change(services, identity)

    assert (await services.sharing.recipient("bob")).page == PageSettings()


async def test_whoever_is_gone_has_no_page(services: Services, people: People, identity: Identity) -> None:
    gone = Identity("0" * 24, "gone", "x", None)
    with pytest.raises(NotAuthenticated):
        await services.send_pages.page(gone)
    with pytest.raises(NotAuthenticated):
        await change(services, gone)


async def test_leaving_takes_the_page_along_at_once(services: Services, identity: Identity, database: Database) -> None:
    await change(services, identity)

    await services.leaving.leave(identity, parse(DeleteAccountForm, {"password": PASSWORD, "word": "delete"}))

    assert await database["users"].find_one({"page": {"$exists": True}}) is None
    with pytest.raises(NotAuthenticated):
        await change(services, identity)
    await services.leaving.finished()


@pytest.mark.parametrize(("length", "is_sent"), [(60, True), (61, False), (1000, False)])
async def test_a_message_is_no_longer_than_its_recipient_wants(
    services: Services, identity: Identity, database: Database, length: int, is_sent: bool
) -> None:
    await change(services, identity)
    form = parse(MessageForm, {"username": "ann", "content": "😀" * length})

    if is_sent:
        await services.sharing.send(form, CLIENT)
    else:
        with pytest.raises(InvalidInput) as refused:
            await services.sharing.send(form, CLIENT)
        assert refused.value.errors == {"content": "Message must be at most 60 characters"}

    assert await database["messages"].count_documents({}) == is_sent


async def test_pages_are_sealed_each_for_its_own_user(
    services: Services, identity: Identity, people: People, database: Database
) -> None:
    bob = await people.verified("Bob")
    await change(services, identity)
    stored = await database["users"].find_one({"username_key": {"$eq": "ann"}})
    assert stored is not None
    assert isinstance(stored["page"], bytes)

    await database["users"].update_one({"_id": ObjectId(bob.id)}, {"$set": {"page": stored["page"]}})

    assert (await services.sharing.recipient("bob")).page == PageSettings()


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"\x01" * 300])
async def test_a_page_that_cannot_be_read_breaks_no_link(
    services: Services, identity: Identity, database: Database, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    await database["users"].update_one({"username_key": {"$eq": "ann"}}, {"$set": {"page": damage}})
    caplog.set_level(logging.WARNING)

    assert (await services.sharing.recipient("ann")).page == PageSettings()
    assert "can't be read" in caplog.text


def test_a_theme_or_colour_that_is_no_more_is_left_out() -> None:
    vault, user_id = PageVault(b"k" * 32), ObjectId()
    old: Any = PageSettings(title="Ann", themes=("gone", "fun"), accent="gone")  # pyright: ignore[reportArgumentType]  # that is the point

    assert vault.open(vault.seal(old, user_id), user_id) == PageSettings(title="Ann", themes=("fun",))
