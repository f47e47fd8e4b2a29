"""The settings section about the send page as its events: filled, saved, refused, and nobody else's."""

from typing import Any

import pytest

from anonmsg.bootstrap import Services
from anonmsg.errors import Unavailable
from anonmsg.models import PageSettings, User
from anonmsg.page_forms import SendPageForm
from anonmsg.schemas import parse
from anonmsg.services.sessions import Identity
from anonmsg.states.settings import SettingsState
from anonmsg.states.settings_page import SendPageState
from tests.integration.conftest import People
from tests.integration.state_client import Site, Tab

TYPED: dict[str, Any] = {
    "title": " Ann's   corner ",
    "question": "What should I sing?",
    "theme_fun": "on",
    "theme_kind": "on",
    "own_prompts": "Which song?\n\nWhich key?",
    "most_characters": "280",
    "accent": "ocean",
    "is_indexed": "on",
}
STORED = PageSettings(
    "Ann's corner", "What should I sing?", ("kind", "fun"), ("Which song?", "Which key?"), 280, "ocean", True
)


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


@pytest.fixture
async def tab(site: Site, people: People, ann: User) -> Tab:
    return await site.tab(await people.session("ann")).connect("/settings")


async def submit(tab: Tab, **typed: object) -> Tab:
    return await tab.call(SendPageState, "submit", submitted={**TYPED, **typed})


async def stored(services: Services, username: str = "ann") -> PageSettings:
    return (await services.sharing.recipient(username)).page


async def test_what_is_typed_is_stored_at_once_without_the_password(tab: Tab, services: Services) -> None:
    await submit(tab)

    assert await stored(services) == STORED
    assert tab.see(SendPageState, "done", "errors", "failure", "busy") == ("Saved.", {}, "", False)
    assert tab.seen(SendPageState, "busy")[-2:] == [True, False]
    assert tab.see(SettingsState, "asks") == ""


async def test_boxes_that_are_empty_say_no(tab: Tab, services: Services) -> None:
    await submit(tab)

    await tab.call(SendPageState, "submit", submitted={**dict.fromkeys(("title", "question", "own_prompts"), "")})

    assert await stored(services) == PageSettings()


async def test_the_form_is_filled_with_what_is_stored(
    site: Site, people: People, services: Services, ann: User
) -> None:
    chosen = {"title": "Mine", "own_prompts": "One?\nTwo?", "themes": ["work"], "most_characters": 99}
    await services.send_pages.change(Identity(ann.id, "Ann", "x", None), parse(SendPageForm, chosen))

    tab = await site.tab(await people.session("ann")).connect("/settings")

    row = tab.see(SettingsState, "send_page")
    assert (row["title"], row["own_prompts"], row["themes"], row["most_characters"]) == (
        "Mine",
        "One?\nTwo?",
        ["work"],
        99,
    )


async def test_the_form_is_not_filled_anew_while_somebody_types_but_when_it_changed_elsewhere(
    tab: Tab, services: Services, ann: User
) -> None:
    before = tab.see(SettingsState, "page_stamp")
    await submit(tab)
    await tab.call(SettingsState, "load")
    assert tab.see(SettingsState, "page_stamp") == before

    form = parse(SendPageForm, {"title": "From another tab"})
    await services.send_pages.change(Identity(ann.id, "Ann", "x", None), form)
    await tab.call(SettingsState, "load")

    assert tab.see(SettingsState, "page_stamp") == before + 1
    assert tab.see(SettingsState, "send_page")["title"] == "From another tab"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "x" * 61, "Title must be at most 60 characters"),
        ("title", "a\u202eb", "Title must not contain control characters"),
        ("question", "x" * 141, "Question must be at most 140 characters"),
        ("own_prompts", "x" * 141, "Each idea must be at most 140 characters"),
        ("own_prompts", "\n".join(map(str, range(21))), "Write at most 20 ideas"),
        ("most_characters", "49", "Choose a number from 50 to 1000"),
        ("most_characters", "", "Choose a number from 50 to 1000"),
        ("title", {"$ne": None}, "Title must be text"),
    ],
)
async def test_what_is_wrong_is_said_by_its_field_and_changes_nothing(
    tab: Tab, services: Services, field: str, value: object, sentence: str
) -> None:
    await submit(tab, **{field: value})

    assert tab.see(SendPageState, "errors", "done", "busy") == ({field: sentence}, "", False)
    assert tab.focused == [field]
    assert await stored(services) == PageSettings()


async def test_a_colour_that_there_is_not_is_refused_below_the_form(tab: Tab, services: Services) -> None:
    await submit(tab, accent="javascript:alert(1)")

    assert tab.see(SendPageState, "errors", "failure") == ({}, "Choose from the colours that are listed")
    assert await stored(services) == PageSettings()


async def test_a_sentence_about_what_worked_goes_when_something_does_not(tab: Tab) -> None:
    await submit(tab)

    await submit(tab, title="x" * 61)

    assert tab.see(SendPageState, "done") == ""


async def test_whoever_is_not_signed_in_changes_nothing_and_is_let_go(
    site: Site, services: Services, ann: User, tab: Tab
) -> None:
    await submit(await site.tab().connect("/settings"))
    assert await stored(services) == PageSettings()

    await services.sessions.sign_out(tab.cookie)
    await submit(tab)

    assert tab.see(SettingsState, "status") == "left"
    assert await stored(services) == PageSettings()


async def test_a_page_made_for_one_person_changes_nothing_of_the_next(
    site: Site, tab: Tab, people: People, services: Services
) -> None:
    """Two people at one browser: the page shows Ann's, the cookie is Bob's by now."""
    await people.verified("Bob")
    await tab.leave()
    other = await site.tab(await people.session("bob"), tab.token).connect("/settings", boot="")

    await submit(other)

    assert await stored(services, "bob") == PageSettings()
    assert await stored(services, "ann") == PageSettings()


async def test_while_the_database_is_away_that_is_said_and_what_is_typed_may_be_sent_again(
    tab: Tab, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> Any:
        raise Unavailable

    with monkeypatch.context() as broken:
        broken.setattr(services.users, "update_page", away)
        await submit(tab)
    assert tab.see(SendPageState, "failure", "done") == (str(Unavailable()), "")

    await submit(tab)
    assert tab.see(SendPageState, "failure", "done") == ("", "Saved.")
