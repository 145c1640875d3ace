"""The design document: reading, checking, upgrading, its schema."""
