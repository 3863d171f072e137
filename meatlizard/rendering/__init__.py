"""How files are shown: texts to safe HTML, in pieces. What does the work imports neither Django nor the site, and runs in a process of
its own (:mod:`.workers`), where time and memory are bounded."""

VERSION = 1
"""Raised when what is made of the same text changes: what was kept of the old kind is made again."""
