"""A whole room in one file that either database takes back."""
