"""64-bit salts of random streams, from names: stable across processes and independent of the order of things."""

import hashlib


def salt(*names: str | int) -> int:
    """A number below 2^64 that stands for these names."""
    text = "\x1f".join(str(name) for name in names)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
