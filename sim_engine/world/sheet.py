"""The formulas of all components side by side, as the kernel works them out: one call for a window."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

import numpy as np

from sim_engine.kernel.figures import GROUP_COUNTS, reckon
from sim_engine.world.direct import Direct
from sim_engine.world.figures import Formulas

if TYPE_CHECKING:
    from sim_engine.world.group import Group
    from sim_engine.world.instance import Instance
    from sim_engine.world.memory import Memory
    from sim_engine.world.moments import Moment

RECKON: Final = Direct(reckon)


class Sheet:
    """Good until the instances or the parameters of a component change. What is worked out stands here until the next time."""

    def __init__(self, groups: list[Group], before: Sheet | None) -> None:
        """before: the last one; what is as it was is taken from there."""
        known = {} if before is None else {formulas.group: formulas for formulas in before.formulas}
        self.formulas: list[Formulas] = [_formulas(group, known.get(group)) for group in groups]
        self.caches = [me.node for group in groups for me in group.everyone if me.cache >= 0 and not _inner(me)]
        members = [node for formulas in self.formulas for node in formulas.nodes]
        outputs = [output for formulas in self.formulas for output in formulas.outputs]
        code = [instruction for formulas in self.formulas for instruction in formulas.code]
        self._members, self._outputs = np.array(members, np.int64), np.array(outputs, np.int64)
        self._code = np.array(code, np.int64).ravel()
        self._numbers = self._code.view(np.float64)
        self._groups = np.array(_beginnings(self.formulas), np.int64)
        self._values, self._shown = np.zeros(len(code)), np.zeros(len(outputs))
        self._counts = np.zeros(GROUP_COUNTS * len(groups), np.int64)
        self._pools, self._nodes = np.zeros(0), np.zeros(0)

    def is_of(self, groups: list[Group]) -> bool:
        if len(groups) != len(self.formulas):
            return False
        return all(group is known.group and group.shape == known.shape for group, known in zip(groups, self.formulas, strict=True))

    def reckon(self, memory: Memory, before: Moment, after: Moment, rounded: bool) -> None:
        """Of the window between two moments that have the same rows. rounded: metrics to four places."""
        nodes, pools = after.rows[0], after.rows[1]
        if len(self._pools) != 2 * pools or len(self._nodes) != 2 * nodes:
            self._pools, self._nodes = np.zeros(2 * pools), np.zeros(2 * nodes)
        RECKON.call(
            memory.state, after.section_starts, before.words, after.words, before.sums, after.sums, self._groups, self._members, self._code,
            self._numbers, self._outputs, int(rounded), self._values, self._shown, self._counts, self._pools, self._nodes,
        )  # fmt: skip

    def shown(self) -> list[float]:
        """The outputs of all formulas, one after the other."""
        found: list[float] = self._shown.tolist()
        return found

    def counts(self) -> list[int]:
        """GROUP_COUNTS of each component."""
        found: list[int] = self._counts.tolist()
        return found

    def utilisations(self) -> list[float]:
        """Of every pool."""
        found: list[float] = self._pools[::2].tolist()
        return found

    def highest_utilisations(self) -> list[float]:
        """Of every node, that of its busiest pool."""
        found: list[float] = self._nodes[::2].tolist()
        return found


def _inner(me: Instance) -> bool:
    return me.component.key_store is not None and me.component.key_store.inner


def _formulas(group: Group, known: Formulas | None) -> Formulas:
    return known if known is not None and known.shape == group.shape else Formulas(group)


def _beginnings(formulas: list[Formulas]) -> list[int]:
    """Where members, instructions and outputs of each begin, and which value its utilisation is; a last line where all end."""
    lengths = [(len(each.nodes), len(each.code), len(each.outputs)) for each in formulas]
    firsts = [list(accumulate(column, initial=0)) for column in zip(*lengths, strict=True)] or [[0], [0], [0]]
    levels = [*(each.level for each in formulas), -1]
    return [place for line in zip(*firsts, levels, strict=True) for place in line]
