from files.models.blobs import Blob
from files.models.library import File, FileTag, Folder, Tag, Version
from files.models.reservations import Reservation
from files.models.shares import Download, Inbox, Sent, Share, ShareEntry
from files.models.uploads import Upload

__all__ = [
    "Blob", "Download", "File", "FileTag", "Folder", "Inbox", "Reservation", "Sent", "Share", "ShareEntry", "Tag", "Upload", "Version",
]  # fmt: skip
