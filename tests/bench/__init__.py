"""Benchmarks: the engine beside plain SimPy, Ciw and a bare heap, measured in one run on one machine.

`python -m tests.bench [name…]` prints one JSON line for each figure; `--write docs/performance.md` also writes a table.
Both sides of a ratio take turns, and the medians are compared. What the others leave out (timeouts, percentiles by
window, laws checked) they leave out in their favour.
"""
