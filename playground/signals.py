"""Names of the channel layer's groups. The layer carries small signals between web processes, never frames."""


def link_group(link_id: int) -> str:
    """Sockets that watch by this link."""
    return f"link-{link_id}"
