"""``/api/v1/files``: the library of the key's owner. Contents come and go at the addresses that the answers name, and by tus."""

from files.api import around, folders, listed, many  # noqa: F401  (they put their operations into the router)
from files.api.routes import router

__all__ = ["router"]
