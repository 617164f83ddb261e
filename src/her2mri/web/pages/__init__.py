"""The pages: each file the routes of one subject."""
