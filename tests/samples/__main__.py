"""Makes the samples of the wire anew from the real engine: `python -m tests.samples`.

Both halves' tests read them: the catalogue, the first page's design, and a short run of it in which the database dies.
"""

import json
from pathlib import Path
from typing import Any

from sim_engine import Run, catalogue_document

HERE = Path(__file__).resolve().parent
FIRST_DESIGN = HERE.parents[1] / "examples" / "three-tier.json"
FRAMES = 30
KILL_AFTER = 10


def frames(design: dict[str, Any]) -> list[dict[str, Any]]:
    run = Run(design, scenario="steady", seed=1)
    made = []
    for number in range(FRAMES):
        if number == KILL_AFTER:
            run.command({"action": "kill", "component": "database"})
        made.append(run.advance())
    return made


def write(name: str, value: Any, indent: int | None = 1) -> None:
    (HERE / name).write_text(json.dumps(value, ensure_ascii=False, indent=indent) + "\n", encoding="utf-8")


def main() -> None:
    design = json.loads(FIRST_DESIGN.read_text(encoding="utf-8"))
    write("catalogue.json", catalogue_document())
    write("design.json", design)
    write("frames.json", frames(design), indent=None)


if __name__ == "__main__":
    main()
