"""Everything private that a tab's state holds, whichever page it is of, and when it is forgotten."""

from reflex.state import BaseState

from anonmsg.errors import AnonmsgError
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.defence import DefenceState
from anonmsg.states.settings import SettingsSection, SettingsState

PAGES = (DashboardState, SettingsState)
"""The states that know whose they are."""


async def forget_everything(state: BaseState) -> None:
    """Empty all private states of the tab that `state` belongs to."""
    for private in (*PAGES, DefenceState, *SettingsSection.__subclasses__()):
        (await state.get_state(private)).reset()


async def forget_unless_owner(state: BaseState) -> None:
    """Empty the private states of a tab unless the browser is still signed in as the one they were made for.

    A page that was left is emptied too, or it would show itself as left when its owner comes back.
    """
    owners = {owner for private in PAGES if (owner := (await state.get_state(private))._user_id)}
    if not owners:
        await forget_everything(state)
        return
    try:
        user_id = (await (await state.get_state(DashboardState))._identify()).user_id
    except AnonmsgError:
        user_id = ""
    if owners != {user_id}:
        await forget_everything(state)


async def leave(state: BaseState) -> None:
    """Let all private pages of a tab go, because its session is over."""
    await forget_everything(state)
    for page in PAGES:
        (await state.get_state(page))._leave()
