from files.models.blobs import Blob
from files.models.library import File, FileTag, Folder, Tag, Version
from files.models.reservations import Reservation
from files.models.uploads import Upload

__all__ = ["Blob", "File", "FileTag", "Folder", "Reservation", "Tag", "Upload", "Version"]
