"""The wire between site and inference client, once, for both ends. No I/O: bytes in, bytes and messages out."""
