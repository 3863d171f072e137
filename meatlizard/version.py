"""The version of this software; the same as in pyproject.toml, which is not there where only packages are installed."""

VERSION = "0.1.0"
