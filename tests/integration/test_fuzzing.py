"""Generated input for every schema, service and State handler: only our own failures may come of it."""

import inspect
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from anonmsg import choice_forms, page_forms, schemas
from anonmsg.bootstrap import Services
from anonmsg.errors import AnonmsgError, InvalidInput
from anonmsg.models import Block, Place, User
from anonmsg.pictures.cards import Card
from anonmsg.schemas import Form, parse
from anonmsg.services.exporting import Kind
from anonmsg.services.sessions import Identity
from tests.integration.conftest import PASSWORD, People
from tests.integration.state_client import Site
from tests.integration.test_gate import complaints, handlers, our_handlers

PLAIN, LONG = 40, 2000
"""Inputs for each schema, service method and handler, ordinarily and in the evening."""

FEW_COSTLY = 0.1
"""Share of that for a handler, because a page's whole pipeline runs for each."""

COUNTS = [PLAIN, pytest.param(LONG, marks=pytest.mark.evening)]
WORDS = ["ann", "Ann", "ann@example.com", PASSWORD, "123456", "", "0" * 24, "\u202eann", "\ud800", "$ne", "x" * 5000]
TEXT = st.one_of(st.sampled_from(WORDS), st.text(st.characters(), max_size=60))
LEAVES = st.one_of(TEXT, st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from([10**400, -1, 0]))
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)

WHOLE = st.one_of(
    st.sampled_from([word for word in WORDS if word != "\ud800"]), st.text(st.characters(codec="utf-8"), max_size=60)
)
"""What a service may be given: half characters are refused at every door, because forms refuse them."""

FORMS = [
    form
    for module in (schemas, page_forms, choice_forms)
    for _, form in inspect.getmembers(module, inspect.isclass)
    if issubclass(form, Form) and form is not Form and form.__module__ == module.__name__
]
SERVICES = (
    "accounts", "sessions", "recovery", "inbox", "sharing",
    "confirmation", "passwords", "emails", "exporting", "leaving", "sorting", "searching", "send_pages", "pictures",
    "muting", "pausing", "tagging", "blocking",
)  # fmt: skip


def fuzzed(count: int) -> settings:
    """What all these tests ask of the generator."""
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )


def values_for(form: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    """Values for the fields of a form: some of them missing, some right, most of them odd."""
    names = st.sampled_from([*form.model_fields, "acceptMessages", "extra"])
    return st.dictionaries(names, st.one_of(LEAVES, JSON), max_size=6)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_form_takes_its_values_or_says_in_one_sentence_what_is_wrong(form: type[Form], count: int) -> None:
    refused: list[dict[str, str]] = []

    @fuzzed(count)
    @given(values=values_for(form))
    def read(values: dict[str, Any]) -> None:
        try:
            parse(form, values)
        except InvalidInput as refusal:
            refused.append(refusal.errors)

    read()

    assert refused
    assert all(errors for errors in refused)
    assert all(sentence and "\n" not in sentence for errors in refused for sentence in errors.values())


def _methods() -> list[str]:
    found = []
    for service in SERVICES:
        hint = get_type_hints(Services)[service]
        for name, _ in inspect.getmembers(hint, inspect.iscoroutinefunction):
            if not name.startswith("_"):
                found.append(f"{service}.{name}")
    return found


def _argument(hint: Any, form_values: dict[str, str]) -> st.SearchStrategy[Any]:
    """Arguments of the type that a method asks for; forms are checked before a service sees them."""
    if hint is str:
        return WHOLE
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if hint is bool:
        return st.booleans()
    if hint is int:
        return st.integers(1, 100)
    if hint == Sequence[str]:
        return st.lists(WHOLE, max_size=5)
    if hint is User:
        return st.builds(User, WHOLE, WHOLE, st.booleans(), st.just(datetime.now(UTC)))
    if hint is Place:
        return st.builds(Place, st.just(datetime.now(UTC)), st.text("0123456789abcdef", min_size=24, max_size=24))
    if hint is Identity:  # somebody who confirmed just now, or never
        return st.builds(Identity, WHOLE, WHOLE, WHOLE, st.sampled_from([None, datetime.now(UTC)]))
    if hint is Block:
        return st.builds(Block, WHOLE, st.binary(max_size=32), WHOLE, st.just(datetime.now(UTC)))
    if hint is Card:
        return st.builds(Card, WHOLE, WHOLE, WHOLE, WHOLE, WHOLE)
    if hint == Kind:
        return st.sampled_from(get_args(Kind))
    if inspect.isclass(hint) and issubclass(hint, Form):
        return values_for(hint).map(lambda values: _form(hint, {**form_values, **values}))
    return st.nothing()


def _form(form: type[Form], values: dict[str, Any]) -> Form | None:
    try:
        return parse(form, {name: value for name, value in values.items() if name in form.model_fields})
    except InvalidInput:
        return None


GOOD = {
    "username": "ann", "email": "ann@example.com", "password": PASSWORD, "code": "123456", "identifier": "ann",
    "content": "hello", "registration": "a" * 32,
    "current_password": PASSWORD, "new_password": "another good password", "word": "delete",
}  # fmt: skip


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("method", _methods())
async def test_a_service_does_what_it_is_asked_or_refuses_with_a_failure_of_ours(
    method: str, count: int, services: Services, people: People
) -> None:
    await people.verified("Ann")
    service, name = method.split(".")
    call: Callable[..., Coroutine[Any, Any, Any]] = getattr(getattr(services, service), name)
    hints = {name: hint for name, hint in get_type_hints(call).items() if name != "return"}
    arguments = st.fixed_dictionaries({argument: _argument(hint, GOOD) for argument, hint in hints.items()})
    inputs: list[dict[str, Any]] = []
    refused: list[str] = []
    fuzzed(count)(given(values=arguments)(lambda values: inputs.append(values)))()

    for values in inputs:
        if None in values.values():
            continue
        try:
            await call(**values)
        except AnonmsgError as failure:
            refused.append(str(failure))
    await services.recovery.finish()  # what was begun must not be cut off by the end of the test
    await services.leaving.finished()

    assert inputs
    assert all(refused)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", our_handlers())
async def test_a_handler_answers_or_drops_whatever_is_sent(
    name: str, count: int, site: Site, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    await people.verified("Ann")
    tab = await site.tab(await people.session("ann")).connect("/dashboard")
    names = [argument for argument in handlers()[name]._type_hints or {} if argument != "return"]
    submitted = st.dictionaries(st.sampled_from([*GOOD, "hint", "extra"]), st.one_of(TEXT, JSON), max_size=5)
    payload = st.dictionaries(st.sampled_from([*names, "extra"]), st.one_of(submitted, JSON), max_size=3)
    inputs: list[Any] = []
    fuzzed(max(int(count * FEW_COSTLY), 10))(
        given(value=st.one_of(payload, JSON))(lambda value: inputs.append(value))
    )()
    caplog.set_level(logging.WARNING)
    caplog.clear()

    for value in inputs:
        await tab.emit(name, value)
        await tab.settle()

    assert complaints(caplog) == []
    assert inputs


def test_the_services_that_are_fuzzed_are_all_there_are() -> None:
    ours = {
        name
        for name, hint in get_type_hints(Services).items()
        if inspect.isclass(hint) and hint.__module__.startswith("anonmsg.services.")
    }

    assert ours - {"throttle"} == set(SERVICES)
