"""`uv run python -m tests.benchmarks [names]`: measure, print figure, budget and ratio, and write them down."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from tests.benchmarks import crowds, exports, inboxes, live, pages, pictures, process, throughput
from tests.benchmarks.figures import Figure, write
from tests.benchmarks.site import Site, running

BENCHMARKS: dict[str, Callable[[Site], Awaitable[list[Figure]]]] = {
    "send": throughput.send,
    "read": throughput.read,
    "send-into": inboxes.send_into,
    "open": inboxes.open_inbox,
    "count": inboxes.count,
    "search": inboxes.search,
    "search-page": inboxes.search_page,
    "export": exports.export,
    "hit": crowds.hit,
    "hit-limited": crowds.hit,
    "sign-in": crowds.sign_in,
    "live": live.live,
    "pages": pages.pages,
    "pictures": pictures.pictures,
    "memory": process.memory,
    "start": process.start,
    "seed": process.seed,
}

LIMITED = {"hit-limited"}
"""What is measured with the limits of every day; else there are none."""


async def _run(names: tuple[str, ...], scale: int) -> list[Figure]:
    figures = list[Figure]()
    for name in names:
        async with running(scale, has_limits=name in LIMITED) as site:
            found = await BENCHMARKS[name](site)
        for figure in found:
            click.echo(str(figure))
        figures += found
    return figures


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHMARKS)))
@click.option("--scale", default=1, help="Divide the sizes of large inboxes by this, for a quick look.")
@click.option("--out", type=click.Path(path_type=Path), help="Where the JSON goes; a temporary file without it.")
def main(names: tuple[str, ...], scale: int, out: Path | None) -> None:
    """Measure what is named, or everything. Each has an app of its own."""
    figures = asyncio.run(_run(names or tuple(BENCHMARKS), scale))
    out = out or Path(tempfile.mkdtemp(prefix="benchmarks")) / "figures.json"
    write(figures, out)
    click.echo(f"Written to {out}")


if __name__ == "__main__":
    main()
