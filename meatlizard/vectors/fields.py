"""What Django has no column for."""

from typing import TYPE_CHECKING, Any

from django.db import models

from meatlizard.vectors.vector import DIMENSIONS

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    Base = models.BinaryField[bytes, bytes]
else:
    Base = models.BinaryField


class Signs(Base):
    """48 bytes, on PostgreSQL as bits, which it can compare; written, and read by queries alone."""

    def db_type(self, connection: "BaseDatabaseWrapper") -> str:
        return f"bit({DIMENSIONS})" if connection.vendor == "postgresql" else "blob"

    def get_db_prep_value(self, value: Any, connection: "BaseDatabaseWrapper", prepared: bool = False) -> Any:
        if value is not None and connection.vendor == "postgresql":
            return digits(value)
        return super().get_db_prep_value(value, connection, prepared)

    def get_placeholder(self, value: Any, compiler: Any, connection: "BaseDatabaseWrapper") -> str:
        return f"%s::bit({DIMENSIONS})" if connection.vendor == "postgresql" else "%s"


def digits(signs: bytes) -> str:
    return f"{int.from_bytes(signs, 'big'):0{DIMENSIONS}b}"
