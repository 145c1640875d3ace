"""Takes the detours out of a program before it becomes the kernel's code.

The builder writes "only if" as a jump over a jump and leaves empty branches in place, so that a path is written as it is read. Each
detour would cost every request that comes along; without them the same things happen in the same order.
"""

from dataclasses import dataclass

from sim_engine.operations import codes as op

PLAIN = frozenset(range(op.IF_VERB, op.IF_CHANCE + 1))  # jumps that do nothing else, and can be turned round


@dataclass(slots=True)
class Row:
    op: int
    a: int = 0
    b: int = 0
    c: int = 0
    salt: int = 0


def straighten(rows: list[Row], entries: dict[int, int]) -> None:
    """Changes a finished program in place. entries: where the path of each verb begins."""
    for row in rows:
        if row.op in op.LABELLED:
            row.a = _beyond_jumps(rows, row.a)
    for verb, place in entries.items():
        entries[verb] = _beyond_jumps(rows, place)
    kept = list(range(len(rows)))
    for place in range(len(rows) - 1):
        row, after = rows[place], rows[place + 1]
        if row.op in PLAIN and after.op == op.JUMP and row.a == _beyond_jumps(rows, place + 2):
            row.a, row.c = after.a, op.UNLESS - row.c
            kept.remove(place + 1)
    while empty := [place for place in kept if _does_nothing(rows, kept, place)]:
        kept.remove(empty[-1])
    _renumber(rows, entries, kept)


def _beyond_jumps(rows: list[Row], place: int) -> int:
    """Where one who is at a place gets to by jumps alone."""
    for _ in rows:
        if place >= len(rows) or rows[place].op != op.JUMP:
            break
        place = rows[place].a
    return place


def _does_nothing(rows: list[Row], kept: list[int], place: int) -> bool:
    """Whether a jump leads to where its path goes on anyway."""
    row = rows[place]
    if row.op != op.JUMP and row.op not in PLAIN:
        return False
    following = next((other for other in kept if other > place), len(rows))
    return place < row.a <= following


def _renumber(rows: list[Row], entries: dict[int, int], kept: list[int]) -> None:
    """Leaves only the kept rows; who led to one that goes leads to the next that stays."""
    places = {}
    number = len(kept)
    for place in range(len(rows), -1, -1):
        if number > 0 and place == kept[number - 1]:
            number -= 1
        places[place] = number
    rows[:] = [rows[place] for place in kept]
    for row in rows:
        if row.op in op.LABELLED:
            row.a = places[row.a]
    for verb, place in entries.items():
        entries[verb] = places[place]
