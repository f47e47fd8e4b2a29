"""What a benchmark says: figures, beside what they should be."""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Attributes:
        at_most: The budget if less is better, None if there is none.
        at_least: The budget if more is better.
    """

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def ratio(self) -> float:
        """How much of the budget is used; up to 1 it is kept. Not a number where there is none."""
        if self.at_most is not None:
            return self.value / self.at_most
        return math.nan if self.at_least is None else self.at_least / max(self.value, 1e-9)

    def __str__(self) -> str:
        budget = self.at_most if self.at_most is not None else self.at_least
        sign = "≤" if self.at_most is not None else "≥"
        said = "no budget" if budget is None else f"{sign} {budget:,.4g}"
        used = "" if budget is None else f"{self.ratio:6.2f} {'ok' if self.ratio <= 1 else 'OVER'}"
        return f"{self.name:58} {self.value:>12,.4g} {self.unit:5} {said:>14} {used}"


def write(figures: Sequence[Figure], path: Path) -> None:
    """Write figures as JSON."""
    rows = [{**asdict(one), "ratio": None if math.isnan(one.ratio) else one.ratio} for one in figures]
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")


def p95(seconds: Sequence[float]) -> float:
    """Return the time that 95 of 100 do not exceed."""
    return statistics.quantiles(seconds, n=20)[-1]
