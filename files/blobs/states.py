"""What became of checking a content."""

from files.models import Blob

_CHECKED = (Blob.State.READY, Blob.State.CHECKING)


def passed(blob: str) -> bool:
    """Nothing was found: everybody who may gets it. False when it is no longer being checked."""
    return bool(Blob.objects.filter(pk=blob, state=Blob.State.CHECKING).update(state=Blob.State.READY))


def lost(blob: str) -> bool:
    """What was to be checked is not there. It waits no longer: whoever brings it again has it checked, and so does who puts it back."""
    return bool(Blob.objects.filter(pk=blob, state=Blob.State.CHECKING).update(state=Blob.State.MISSING))


def check_again(blob: str) -> bool:
    """Nobody gets it until it has passed."""
    return bool(Blob.objects.filter(pk=blob, state=Blob.State.READY).update(state=Blob.State.CHECKING))


def quarantine(blob: str) -> bool:
    """Nobody gets it. Who keeps it still does: it counts, and its owner can delete it."""
    return bool(Blob.objects.filter(pk=blob, state__in=_CHECKED).update(state=Blob.State.QUARANTINED))


def release(blob: str) -> bool:
    """Operators have looked at it and say that it is harmless."""
    return bool(Blob.objects.filter(pk=blob, state=Blob.State.QUARANTINED).update(state=Blob.State.READY))
