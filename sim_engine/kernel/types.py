"""Names for what compiled functions pass around."""

from typing import Any, TypeAlias

Row: TypeAlias = Any  # a record of one of layout's dtypes, by reference
Key: TypeAlias = Any  # a uint64
