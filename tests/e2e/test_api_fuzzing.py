"""The JSON API against whatever a generator makes of its own description."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests.e2e.conftest import App
from tests.e2e.people import PASSWORD

PLAIN, LONG = 25, 1500
"""Inputs per operation, ordinarily and in the evening."""

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
OPERATIONS = [
    ("GET", "/check-username-unique"), ("POST", "/sign-up"), ("POST", "/resend-code"), ("POST", "/verify-code"),
    ("POST", "/sign-in"), ("GET", "/session"), ("POST", "/sign-out"), ("GET", "/accept-messages"),
    ("POST", "/accept-messages"), ("GET", "/get-messages"), ("POST", "/send-message"),
    ("DELETE", "/delete-message/{message_id}"),
]  # fmt: skip
"""Named here, because the document comes from the running app, which a collection of tests does not have."""


@dataclass
class Target:
    """A running app, its description, and the cookie of somebody who is signed in there."""

    app: App
    schema: schemathesis.BaseSchema
    cookie: str


@pytest.fixture(scope="module")
def target(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """An app of its own, because it is asked more often than any limit allows."""
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    app = App(tmp_path_factory.mktemp("fuzzed") / "data", RATE_LIMITS="off")
    app.start()
    schema = schemathesis.openapi.from_url(f"{app.url}/api/openapi.json")
    yield Target(app, schema, _sign_in(app))
    assert app.stop() == 0, app.log
    assert "Traceback" not in app.log, app.log
    assert "ERROR" not in app.log, app.log


def _sign_in(app: App) -> str:
    with httpx.Client(base_url=f"{app.url}/api") as program:
        person = {"username": "fuzzed", "email": "fuzzed@example.com", "password": PASSWORD}
        program.post("/sign-up", json=person)
        program.post("/verify-code", json={"username": "fuzzed", "code": app.code_for("fuzzed@example.com")})
        program.post("/sign-in", json={"identifier": "fuzzed", "password": PASSWORD})
        return "; ".join(f"{name}={value}" for name, value in program.cookies.items())


def _fuzz(target: Target, method: str, path: str, count: int) -> None:
    operation = target.schema[path][method]
    modes = list(schemathesis.GenerationMode)
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(case=cases, signed_in=st.booleans())
    def ask(case: schemathesis.Case, signed_in: bool) -> None:
        case.call_and_validate(headers={"Cookie": target.cookie} if signed_in else {}, checks=CHECKS)

    ask()


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("count", [PLAIN, pytest.param(LONG, marks=pytest.mark.evening)])
def test_no_generated_request_breaks_the_api_or_its_description(
    target: Target, method: str, path: str, count: int
) -> None:
    _fuzz(target, method, path, count)


def test_every_operation_of_the_document_is_fuzzed(target: Target) -> None:
    described = {
        (method.upper(), path) for path, methods in target.schema.raw_schema["paths"].items() for method in methods
    }

    assert described == set(OPERATIONS)
