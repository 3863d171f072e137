from files.models.blobs import Blob
from files.models.library import File, FileTag, Folder, Tag, Version
from files.models.reservations import Reservation

__all__ = ["Blob", "File", "FileTag", "Folder", "Reservation", "Tag", "Version"]
