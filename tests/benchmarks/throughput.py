"""How many a second: sending to many and to one, looking for a name, reading messages; all over HTTP."""

from statistics import median

from tests.benchmarks.figures import Figure
from tests.benchmarks.load import Load, get, load, message
from tests.benchmarks.site import Site

CLIENTS = 16
SECONDS = 3.0
ROUNDS = 3
RECIPIENTS = 200
BASELINE_SEND, BASELINE_SEND_P95, BASELINE_CHECK, BASELINE_READ = 534, 0.044, 1287, 750


def _rate(rounds: list[Load]) -> float:
    assert not any(one.failed for one in rounds), "some answers were no success"
    return median(one.rate for one in rounds)


async def send(site: Site) -> list[Figure]:
    """Send to 200 recipients and to one, in turns."""
    people, port = await site.recipients(RECIPIENTS), site.app.port
    many, one = [message(port, user.username) for user in people], [message(port, people[0].username)]
    await load(port, many, CLIENTS, 1)
    to_many, to_one = list[Load](), list[Load]()
    for _ in range(ROUNDS):
        to_many.append(await load(port, many, CLIENTS, SECONDS))
        to_one.append(await load(port, one, CLIENTS, SECONDS))
    rate = _rate(to_many)
    return [
        Figure("send, 200 recipients, 16 clients", rate, "/s", at_least=2 * BASELINE_SEND),
        Figure("its p95", median(one.p95 for one in to_many) * 1000, "ms", at_most=0.6 * BASELINE_SEND_P95 * 1000),
        Figure("send to one recipient, beside 200", _rate(to_one) / rate, "×", at_least=0.9),
    ]


async def read(site: Site) -> list[Figure]:
    """Look for names, and read pages of twenty."""
    (user,), port = await site.recipients(1), site.app.port
    await site.fill(user, 100)
    names = [get(port, f"/api/check-username-unique?username=nobody{number}") for number in range(500)]
    pages = [get(port, "/api/get-messages", await site.cookie(user))]
    await load(port, names + pages, CLIENTS, 1)
    checks, reads = list[Load](), list[Load]()
    for _ in range(ROUNDS):
        checks.append(await load(port, names, CLIENTS, SECONDS))
        reads.append(await load(port, pages, CLIENTS, SECONDS))
    return [
        Figure("check-username, 16 clients", _rate(checks), "/s", at_least=1.5 * BASELINE_CHECK),
        Figure("get-messages of 20, 16 clients", _rate(reads), "/s", at_least=1.2 * BASELINE_READ),
    ]
