"""Published results, re-derived by the engine.

`validity.csv` holds them, one row each with the tolerance that a run of so many requests earns, and its source.
`rules.py` maps a row to a design and the quantity to read from its run; `waiting.py` names the part that a row waits
for. A new component adds rules there and takes rows out of the waiting list; nothing else changes.
`python -m tests.engine.theory` writes docs/validity.md.
"""
