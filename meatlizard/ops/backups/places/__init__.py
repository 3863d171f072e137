"""Where backups lie: a folder of this machine, or a bucket of any S3."""

from meatlizard.ops.backups.places.opening import at, usual
from meatlizard.ops.backups.places.place import Lying, Place

__all__ = ["Lying", "Place", "at", "usual"]
