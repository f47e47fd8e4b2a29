"""What others feel while somebody keeps the server busy."""

from statistics import median

from tests.benchmarks.figures import Figure
from tests.benchmarks.load import Load, beside, get, load, message, post
from tests.benchmarks.site import Site
from tests.integration.conftest import PASSWORD

SECONDS = 3.0
ROUNDS = 3
HITTERS, SIGN_INS = 4, 20


async def hit(site: Site) -> list[Figure]:
    """Look for names while one inbox of 50,000 is hit by four senders."""
    (user,), port = await site.recipients(1), site.app.port
    await site.fill(user, 50_000 // site.scale)
    hits = [message(port, user.username, f"203.0.{number}.1") for number in range(HITTERS)]
    what = "one inbox of 50,000 is hit by 4"
    return await _compare(site, hits, HITTERS, f"{what}, with limits" if site.has_limits else what, 1.5)


async def sign_in(site: Site) -> list[Figure]:
    """Look for names while twenty people sign in at once; the app hashes at its full cost."""
    await site.join("signs_in")
    asked = [post(site.app.port, "/api/sign-in", {"identifier": "signs_in", "password": PASSWORD})]
    return await _compare(site, asked, SIGN_INS, "20 sign in at once", 3)


async def _compare(site: Site, disturbing: list[bytes], clients: int, what: str, most: float) -> list[Figure]:
    port = site.app.port
    names = [
        get(port, f"/api/check-username-unique?username=nobody{number}", network=f"198.51.{number % 200}.1")
        for number in range(500)
    ]
    await load(port, names, 1, 1)
    quiet, busy = list[Load](), list[Load]()
    for _ in range(ROUNDS):
        quiet.append(await load(port, names, 1, SECONDS))
        busy.append(await beside(lambda: load(port, disturbing, clients, 60), lambda: load(port, names, 1, SECONDS)))
    alone = median(one.p95 for one in quiet)
    return [
        Figure("check p95, quiet server", alone * 1000, "ms"),
        Figure(f"check p95 while {what}, beside quiet", median(one.p95 for one in busy) / alone, "×", at_most=most),
    ]
