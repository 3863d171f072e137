from files.models.blobs import Blob
from files.models.fetches import Fetch
from files.models.findings import Finding
from files.models.library import File, FileTag, Folder, Tag, Version
from files.models.previews import BareCopy, BlobText, FolderShelf, Preview, ShownWhole
from files.models.reservations import Reservation
from files.models.shares import Download, Inbox, Sent, Share, ShareEntry
from files.models.uploads import Upload

__all__ = [
    "BareCopy", "Blob", "BlobText", "Download", "Fetch", "File", "FileTag", "Finding", "Folder", "FolderShelf", "Inbox", "Preview", "Reservation", "Sent", "Share", "ShareEntry",
    "ShownWhole", "Tag", "Upload", "Version",
]  # fmt: skip
