"""Tables that readers upload: read apart, checked as ``check`` does, mended in the page, scored, then forgotten."""
