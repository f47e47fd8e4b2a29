"""What anybody on the web can send to any handler: shapes that no page of ours would."""

from typing import Any

from reflex_base.registry import RegistrationContext

import anonmsg.anonmsg  # noqa: F401  # registers every handler

ARGUMENTS = (
    "submitted",
    "message_id",
    "accepts_messages",
    "username",
    "number",
    "password",
    "hint",
    "email",
    "session_id",
    "kind",
)
HOSTILE: list[Any] = [
    None, True, False, 0, -1, 10**400, 1.5, float("nan"), float("inf"), "", " ", "x", "x" * 100_000, "\x00", "\u200b",
    "\ud800", "😀" * 5000, "../../etc/passwd", "<script>alert(1)</script>", "{{7*7}}", "${7*7}", "%s%s%n", "0" * 24,
    "f" * 40, "' || '1'=='1", "constructor", "__class__", "__proto__", [], [[]], [None], ["x"] * 1000, [{"$gt": ""}],
    {}, {"$ne": None}, {"$gt": ""}, {"$where": "sleep(1000)"}, {"": ""}, {"__reflex_form_data__": [["username", "x"]]},
    {"__reflex_form_data__": 5}, {"__reflex_form_data__": [[1, 2, 3]]}, {"username": {"$ne": None}},
    {"username": ["a"], "email": {"$gt": ""}, "password": 5}, {"code": 123456}, {"code": {"$regex": ".*"}},
    {"code": "123456", "password": "x" * 200, "hint": {"$ne": ""}}, {"code": "\ud800", "hint": "\ud800"},
    {"identifier": {"$ne": None}, "password": {"$ne": None}}, {"identifier": "ann", "password": "\ud800" * 9},
    {"content": {"$ne": None}}, {"content": "\ud800"}, {"content": "\u0300" * 60_000}, {"self": 1},
    {"x": {"y": [{"z": {}}]}},
]  # fmt: skip


def handlers() -> dict[str, Any]:
    """Every registered handler by its full name, ours and the framework's."""
    return {name: registered.handler for name, registered in RegistrationContext.get().event_handlers.items()}


def payloads(name: str) -> list[Any]:
    """Hostile payloads for a handler: for each of its arguments, and where no argument is taken."""
    arguments = list(handlers()[name]._type_hints or {})
    arguments = [argument for argument in arguments if argument != "return"]
    shaped = [dict.fromkeys(arguments, value) for value in HOSTILE] if arguments else []
    odd = [{"extra": 1}, dict.fromkeys(ARGUMENTS, "x"), dict.fromkeys(ARGUMENTS), None, 5, "x", [], [1]]
    return [*shaped, *odd, *({"no such argument": value} for value in HOSTILE if not arguments)]


EVENTS: list[Any] = [
    None, True, 0, 10**400, 1.5, float("nan"), "", "x", "\ud800", [], [[]], [{}], ["event"], {}, {"": ""},
    {"name": None}, {"name": 5}, {"name": []}, {"name": {}}, {"name": "\ud800"}, {"name": ""}, {"name": "nonsense"},
    {"payload": {}}, {"name": "x" * 10_000}, {"name": {"$ne": None}}, {"name": "__class__"},
    {"name": ["state"], "payload": []},
]  # fmt: skip
"""Events that are none."""

WHERE: list[Any] = [
    None, 5, "x", [], [[]], {"pathname": None}, {"pathname": 5}, {"pathname": []}, {"pathname": "x"}, {"pathname": ""},
    {"pathname": "\ud800"}, {"pathname": "/" * 20_000}, {"asPath": 5}, {"asPath": None},
    {"asPath": "x"}, {"asPath": "[//"}, {"asPath": ":99999"}, {"asPath": "@evil.example/"}, {"asPath": "/u/\ud800"},
    {"asPath": "/" + "x" * 20_000}, {"query": 5}, {"query": []}, {"query": {"a": 5}}, {"query": {"a": ["b"]}},
    {"query": {"a": {"$ne": None}}},
]  # fmt: skip
"""Addresses that a page claims to be at, and no page is."""
