"""One network sends as fast as it can: what is over its limit is refused, and others hardly notice."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

import httpx
import pytest
from pymongo import MongoClient

from anonmsg.storage.embedded import embedded_uri
from tests.e2e.conftest import App
from tests.e2e.flood import Line, message_request
from tests.e2e.people import PASSWORD

LIMIT = 80
LIMITS = {
    # Of an hour, so that no new minute begins in the middle; the others write to one person, and are many.
    "send per client and recipient": f"{LIMIT}/hour",
    "send per recipient": "1000000/minute",
    "send": "1000000/minute",
}
FLOODER = "203.0.113.66"
LINES = 8
OTHERS = 100
"""Networks of other senders, enough that none of them comes near a limit."""

FEW = OTHERS * LIMIT // 4
"""Messages with which they don't come near a limit themselves."""

FLOOD = 600
"""Requests of the flooder; in the evening there are more."""

MOST_RATIO = 1.5
WARM_UP, ROUNDS, MEASURED = 50, 5, 250
"""Sends of others before anything is measured, and in each round both while it is quiet and during a flood."""


@pytest.fixture
def site(built: None, tmp_path: Path) -> Iterator[App]:
    """A site behind a proxy that says who asks, with somebody called Ann."""
    app = App(tmp_path / "data", LIMITS=json.dumps(LIMITS), TRUSTED_PROXY_HOPS="1")
    app.start()
    with httpx.Client(base_url=f"{app.url}/api") as program:
        program.post("/sign-up", json={"username": "ann", "email": "ann@example.com", "password": PASSWORD})
        program.post("/verify-code", json={"username": "ann", "code": app.code_for("ann@example.com")})
    yield app
    assert app.stop() == 0, app.log
    assert "Traceback" not in app.log, app.log
    assert "ERROR" not in app.log, app.log


class Flood:
    """The flooder at work."""

    def __init__(self, app: App, count: int) -> None:
        command = [sys.executable, "-m", "tests.e2e.flood", str(app.port), "ann", FLOODER, str(count), str(LINES)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout
        assert self._process.stdout.readline() == b"begun\n"

    def goes_on(self) -> bool:
        return self._process.poll() is None

    def answers(self) -> Counter[str]:
        """Wait for its end, and return how often it got which answer."""
        said, _ = self._process.communicate(timeout=600)
        return Counter(json.loads(said))


class Others:
    """Senders elsewhere, who write to Ann one after the other."""

    def __init__(self, app: App) -> None:
        self._line = Line(app.port)
        self._requests = [
            message_request(app.port, "ann", "from somebody else", f"198.51.{number}.7") for number in range(OTHERS)
        ]
        self.statuses: Counter[int] = Counter()

    def send(self) -> float:
        """Send one message, and return how long its answer took, in milliseconds."""
        request = self._requests[self.statuses.total() % OTHERS]
        started = time.perf_counter()
        status, _ = self._line.ask(request)
        took = (time.perf_counter() - started) * 1000
        self.statuses[status] += 1
        return took

    def close(self) -> None:
        self._line.close()


@pytest.fixture
def others(site: App) -> Iterator[Others]:
    others = Others(site)
    yield others
    others.close()


def stored(app: App) -> int:
    """Return how many messages there are."""
    client: MongoClient[dict[str, object]] = MongoClient(embedded_uri(app.data_dir), directConnection=True)
    with client:
        return client["anonmsg"]["messages"].count_documents({})


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def check(site: App, others: Others, answers: Counter[str], count: int) -> None:
    """Check that each request was answered, and that no more was stored than the limit lets through."""
    accepted = answers["201"]
    assert accepted + answers["429"] == count, answers
    assert answers["refused without a time to wait"] == 0
    assert 0 < accepted <= LIMIT
    assert set(others.statuses) == {201}
    assert stored(site) == accepted + others.statuses.total()


def test_a_flood_is_refused_with_a_time_to_wait_and_everybody_else_gets_through(site: App, others: Others) -> None:
    flood = Flood(site, FLOOD)
    while flood.goes_on() and others.statuses.total() < FEW:
        others.send()
    answers = flood.answers()

    check(site, others, answers, FLOOD)


@pytest.mark.evening
def test_others_wait_at_most_half_as_long_again_while_a_flood_goes_on(site: App, others: Others) -> None:
    quiet: list[float] = []
    flooded: list[float] = []
    answers: Counter[str] = Counter()
    for _ in range(WARM_UP):
        others.send()
    for _ in range(ROUNDS):
        quiet += [others.send() for _ in range(MEASURED)]
        flood = Flood(site, 10_000 // ROUNDS)
        flooded += [others.send() for _ in range(MEASURED)]
        assert flood.goes_on(), "the flood was over too soon to measure anything"
        answers += flood.answers()
    print(f"p95 quiet {p95(quiet):.1f} ms, flooded {p95(flooded):.1f} ms")  # noqa: T201  # a figure for the record

    check(site, others, answers, 10_000)
    assert p95(flooded) <= MOST_RATIO * p95(quiet)
