"""Designs: immutable revisions, and links that grant access to them."""
