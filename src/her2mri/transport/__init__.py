"""A frozen model on lesions it was not made from: asked, judged, and moved to their centre."""
