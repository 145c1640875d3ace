"""SimPy's side of a run: the clock, what happens around requests, commands, frames."""
