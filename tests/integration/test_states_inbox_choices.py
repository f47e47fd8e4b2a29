"""The settings about the inbox as events: muted words and coarse dates, and who may choose them."""

import pytest

from anonmsg.bootstrap import Services
from anonmsg.models import User
from anonmsg.schemas import MessageForm, parse
from anonmsg.states.settings import SettingsState
from anonmsg.states.settings_inbox import DatesState, MutedState
from tests.conftest import CLIENT
from tests.integration.conftest import People
from tests.integration.state_client import Site, Tab


@pytest.fixture
async def ann(people: People) -> User:
    return await people.verified("Ann")


@pytest.fixture
async def tab(site: Site, people: People, ann: User) -> Tab:
    return await site.tab(await people.session("ann")).connect("/settings")


async def save(tab: Tab, muted: object) -> Tab:
    return await tab.call(MutedState, "submit", submitted={"muted": muted})


async def test_words_are_saved_and_the_progress_is_shown(services: Services, ann: User, tab: Tab) -> None:
    await services.sharing.send(parse(MessageForm, {"username": "ann", "content": "I hate you"}), CLIENT)

    await save(tab, "hate\n\n Go  away ")
    began = tab.see(SettingsState, "muted", "is_muting", "progress")
    await services.muting.go_through_due()
    await tab.call(MutedState, "look")

    assert tab.see(MutedState, "done") == "Saved."
    assert began == ("hate\nGo away", True, "Going through your inbox: 0 messages so far.")
    assert tab.see(SettingsState, "is_muting", "progress") == (
        False,
        "Your inbox was gone through: 1 message, 1 moved to Filtered.",
    )
    assert (await services.inbox.owner(ann.id)).muted == ("hate", "Go away")


async def test_what_is_wrong_is_said_by_the_field_and_nothing_is_changed(
    services: Services, ann: User, tab: Tab
) -> None:
    await save(tab, "hate")
    await save(tab, "x" * 51)

    assert tab.see(MutedState, "errors", "done") == (
        {"muted": "Each word or phrase must be at most 50 characters"},
        "",
    )
    assert tab.focused == ["muted"]
    assert (await services.inbox.owner(ann.id)).muted == ("hate",)


async def test_a_field_that_somebody_types_in_is_filled_anew_only_when_it_changed_elsewhere(
    services: Services, ann: User, tab: Tab
) -> None:
    before = tab.see(SettingsState, "muted_stamp")
    await save(tab, "hate")
    saved = tab.see(SettingsState, "muted_stamp")
    await services.muting.change(ann.id, ("spam",))
    await tab.call(SettingsState, "load")

    assert saved == before
    assert tab.see(SettingsState, "muted_stamp", "muted") == (before + 1, "spam")


@pytest.mark.parametrize("signed_in", [True, False])
async def test_nobody_reads_or_changes_the_words_of_somebody_else(
    site: Site, services: Services, people: People, ann: User, signed_in: bool
) -> None:
    await people.verified("Eve")
    await services.muting.change(ann.id, ("hate",))
    stranger = await site.tab(await people.session("eve") if signed_in else "").connect("/settings")

    await save(stranger, "mine")
    await stranger.call(MutedState, "look")
    await stranger.call(DatesState, "set_coarse", coarse_dates=True)

    assert "hate" not in stranger.wire
    owner = await services.inbox.owner(ann.id)
    assert (owner.muted, owner.has_coarse_dates) == (("hate",), False)


async def test_a_session_that_ended_takes_the_words_from_the_page(services: Services, tab: Tab) -> None:
    await save(tab, "hate")
    await services.sessions.sign_out(tab.cookie)

    await tab.call(MutedState, "look")

    assert tab.see(SettingsState, "status", "muted") == ("left", "")
