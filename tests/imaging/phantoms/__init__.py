"""Digital phantoms with known answers, in memory and as files: what the imaging tests measure against."""
