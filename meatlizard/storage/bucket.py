"""How buckets of any S3 are spoken to."""

from typing import Any


def client_config() -> Any:
    """Gives up in time, so that whoever waits is told; and without checksums of the kind that only Amazon's own S3 knows."""
    # Imported late: a site without a bucket needs nothing of it.
    from botocore.config import Config

    return Config(
        connect_timeout=5, read_timeout=60, retries={"mode": "standard", "max_attempts": 3}, signature_version="s3v4",
        request_checksum_calculation="when_required", response_checksum_validation="when_required",
    )  # fmt: skip
