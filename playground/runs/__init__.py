"""Runs: actors on worker processes, and the web side that streams their frames to viewers."""
