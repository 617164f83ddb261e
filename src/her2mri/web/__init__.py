"""The reading room: a web application in which lesions are entered, answered by frozen models, kept and found."""
