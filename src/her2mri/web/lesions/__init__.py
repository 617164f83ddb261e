"""Lesions: entered by pseudonym, answered by frozen models, kept with what was answered, found and exported."""
