"""Load on the reading room, from this machine alone."""
