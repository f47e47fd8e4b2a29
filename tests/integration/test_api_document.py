"""The OpenAPI document: well-formed, and true about every answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from httpx import AsyncClient, Response

from anonmsg import bootstrap, errors
from anonmsg.api.answers import STATUSES
from anonmsg.api.app import create_api
from tests.integration.conftest import PASSWORD, People

ROUTES = {
    ("get", "/check-username-unique"): {200, 400},
    ("post", "/sign-up"): {201, 400, 403, 409, 502},
    ("post", "/resend-code"): {200, 400, 403, 404, 502},
    ("post", "/verify-code"): {200, 400, 403, 404, 409},
    ("post", "/sign-in"): {200, 400, 401, 403},
    ("get", "/session"): {200, 401},
    ("post", "/sign-out"): {200, 403},
    ("get", "/accept-messages"): {200, 401},
    ("post", "/accept-messages"): {200, 400, 401, 403},
    ("get", "/get-messages"): {200, 400, 401},
    ("post", "/send-message"): {201, 400, 403, 404},
    ("delete", "/delete-message/{message_id}"): {200, 401, 403, 404},
}
EVERYWHERE = {408, 413, 429, 500, 503}

EXAMPLES: dict[str, dict[str, Any]] = {
    "/sign-up": {"username": "carol", "email": "carol@example.com", "password": PASSWORD},
    "/resend-code": {"registration": "a" * 32},
    "/verify-code": {"username": "carol", "code": "123456"},
    "/sign-in": {"identifier": "alice", "password": PASSWORD},
    "/accept-messages": {"acceptMessages": True},
    "/send-message": {"username": "alice", "content": "hello"},
}
KINDS = {"string": str, "boolean": bool, "array": list, "object": dict, "null": type(None)}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_api(bootstrap.services).openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        yield from (value for key, value in part.items() if key == "$ref")
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def fits(document: dict[str, Any], schema: dict[str, Any], value: Any) -> bool:
    """Return whether a value is what a schema says; knows as much of JSON Schema as the document uses."""
    schema = resolve(document, schema)
    if "anyOf" in schema:
        return any(fits(document, one, value) for one in schema["anyOf"])
    if not isinstance(value, KINDS[schema["type"]]):
        return False
    if isinstance(value, list):
        return all(fits(document, schema["items"], item) for item in value)
    if isinstance(value, dict):
        known = schema["properties"]
        complete = set(schema["required"]) <= set(value) <= set(known)
        return complete and all(fits(document, known[name], item) for name, item in value.items())
    return True


def check(document: dict[str, Any], operation: dict[str, Any], answer: Response) -> None:
    """Check that an answer is one that the document promises, and an `ApiResponse` in any case."""
    held = answer.json()
    promised = operation["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
    assert fits(document, promised, held)
    assert isinstance(held["message"], str)
    assert held["message"]
    assert held["success"] is (answer.status_code < 400)


async def test_the_document_has_an_address(api: AsyncClient, document: dict[str, Any]) -> None:
    assert (await api.get("/api/openapi.json")).json() == document


async def test_the_document_lists_every_route_with_all_its_answers(document: dict[str, Any]) -> None:
    found = {(method, path): {int(s) for s in op["responses"]} for method, path, op in operations(document)}

    assert found == {route: statuses | EVERYWHERE for route, statuses in ROUTES.items()}


async def test_the_document_is_well_formed(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    ids = [operation["operationId"] for _, _, operation in operations(document)]

    assert document["openapi"].startswith("3.")
    assert document["servers"] == [{"url": "/api"}]
    assert {reference.removeprefix("#/components/schemas/") for reference in references(document)} <= set(schemas)
    assert len(set(ids)) == len(ids)
    assert not any("Validation" in name for name in schemas)
    for _, path, operation in operations(document):
        assert operation["summary"]
        assert operation["description"].endswith((".", ";"))
        named = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"]
        assert [f"{{{name}}}" in path for name in named] == [True] * path.count("{")


async def test_names_on_the_wire_are_camel_case(document: dict[str, Any]) -> None:
    names = {name for schema in document["components"]["schemas"].values() for name in schema["properties"]}

    assert not {name for name in names if "_" in name}
    assert {"acceptMessages", "isAcceptingMessages", "createdAt", "nextCursor", "isVerified", "registration"} <= names


async def test_routes_for_signed_in_people_say_so(document: dict[str, Any]) -> None:
    guarded = {path for _, path, operation in operations(document) if "security" in operation}

    assert guarded == {"/session", "/accept-messages", "/get-messages", "/delete-message/{message_id}"}
    assert document["components"]["securitySchemes"]["session"]["in"] == "cookie"


@pytest.mark.parametrize("is_signed_in", [False, True])
@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_answer_is_one_that_the_document_promises(
    api: AsyncClient, people: People, document: dict[str, Any], method: str, path: str, is_signed_in: bool
) -> None:
    await people.verified("alice")
    await api.post("/api/send-message", json=EXAMPLES["/send-message"])
    if is_signed_in:
        await api.post("/api/sign-in", json=EXAMPLES["/sign-in"])
    operation, url = document["paths"][path][method], "/api" + path.format(message_id="1")

    for body in (None, {}, [], {"$ne": None}, EXAMPLES.get(path), EXAMPLES.get(path)):
        for query in ({}, {"username": "bob"}, {"limit": "x"}):
            check(document, operation, await api.request(method, url, json=body, params=query))
    for origin in ("null", "https://elsewhere.example"):
        answer = await api.request(method, url, headers={"origin": origin})
        assert answer.status_code == 403 or method == "get"
        check(document, operation, answer)
    check(document, operation, await api.request(method, url, content=b"x" * 70_000))


def test_every_failure_has_a_status() -> None:
    def kinds(base: type) -> set[type]:
        return {base}.union(*(kinds(kind) for kind in base.__subclasses__()))

    unmapped = {kind for kind in kinds(errors.AnonmsgError) if not any(base in STATUSES for base in kind.__mro__)}

    assert unmapped <= {errors.AnonmsgError, errors.CannotStart}
