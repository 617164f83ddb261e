"""Lesions measured from images that a reader uploads: kept no longer than they are needed."""
