"""The web as a source: searching, reading pages, and citing what was read."""
