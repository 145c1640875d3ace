"""The rows of validity.csv and what their tolerances mean."""

import csv
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("validity.csv")
REQUESTS = 200_000
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")


@dataclass(frozen=True)
class Row:
    id: str
    name: str
    params: str
    quantity: str
    value: float
    tolerance: str
    source: str

    @cached_property
    def numbers(self) -> dict[str, float]:
        """`lambda=0.5;mu=1` as numbers; a unit after a number is left out."""
        pairs = (entry.split("=", 1) for entry in self.params.split(";") if "=" in entry)
        found = ((name.strip(), NUMBER.match(text.strip())) for name, text in pairs)
        return {name: float(match.group()) for name, match in found if match}

    @property
    def requests(self) -> int:
        match = re.search(r"@(\d+)\b(?! expiries)", self.tolerance)
        return int(match.group(1)) if match else REQUESTS

    @property
    def title(self) -> str:
        return f"{self.id} {self.name} [{self.params}] {self.quantity}"


@dataclass(frozen=True)
class Tolerance:
    """`absolute` and `relative` add up; a bound has neither and is judged by the rule."""

    absolute: float = 0.0
    relative: float = 0.0
    is_bound: bool = False

    def around(self, expected: float) -> float:
        return self.absolute + self.relative * abs(expected)


@lru_cache(maxsize=1)
def rows() -> tuple[Row, ...]:
    with FILE.open(newline="", encoding="utf-8") as lines:
        return tuple(
            Row(r["id"], r["name"], r["params"], r["quantity"], float(r["value"]), r["tolerance"], r["source"])
            for r in csv.DictReader(lines)
        )


def tolerance(row: Row) -> Tolerance:
    text = row.tolerance
    if text.startswith("same relative tolerance as the mean sojourn"):
        return tolerance(next(r for r in rows() if (r.id, r.params) == (row.id, row.params)))
    if text.startswith("bound"):
        return Tolerance(is_bound=True)
    match = re.match(r"(rel|abs|exact):\s*([\d.]+(?:e-?\d+)?)", text)
    if match is None:
        return Tolerance()
    size = float(match.group(2))
    extra = re.search(r"\+ ([\d.]+) \(approximation\)", text)
    absolute = (size if match.group(1) != "rel" else 0.0) + (float(extra.group(1)) if extra else 0.0)
    return Tolerance(absolute, size if match.group(1) == "rel" else 0.0)
