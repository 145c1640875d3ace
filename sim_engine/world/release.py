"""Releases: versions of the program that runs on instances, and what is special about them."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Release:
    """service_factor: of every service time. error_ratio: share of the answers that are errors; health checks pass all the same."""

    number: int
    service_factor: float = 1.0
    error_ratio: float = 0.0
    bad: bool = False


FIRST: Final = Release(1)
