"""Reader studies: set up, frozen, read blind in two sessions, closed, and analysed."""
