"""Error bars: which part of a run is steady, and how sure its figures are."""
