"""Puts checks in the way of what comes in, when the app is ready."""

from files import afterwards
from files.blobs import adopting
from files.safety import scanning


def load() -> None:
    adopting.check_first(scanning.wanted)
    if scanning.wanted():
        afterwards.after_store("scan", scanning.after_store)
