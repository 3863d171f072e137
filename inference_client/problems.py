"""What the program can fail with: a sentence for the person at the terminal and an exit code for scripts."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of ``python -m inference_client``. 1 is an unexpected error, 2 a wrong command line."""

    OK = 0
    NOT_PAIRED = 3
    """No usable key or site in the state directory."""
    UNREACHABLE = 4
    """The site does not answer, or something between is in the way."""
    REFUSED = 5
    """The site does not accept this machine: wrong or used code, unknown or revoked key."""
    VERSION = 6
    """One of the two programs is too old."""
    MODEL = 7
    """The model cannot be found, read, loaded, or does not fit."""
    RUNNING = 8
    """Another program already runs with this machine's key."""
    DOWNLOAD = 9
    """The model cannot be downloaded."""
    CLOCK = 10
    """This machine's clock is wrong."""
    CONFIG = 11
    """The configuration file, or something it names, is wrong."""
    CONTROL = 12
    """No running client takes the command."""


class Problem(Exception):
    """``code`` names it, ``message`` is for people and says what to do, ``retry``: it may pass by itself."""

    def __init__(self, code: str, message: str, exit_code: Exit, *, retry: bool = False) -> None:
        self.code = code
        self.message = message
        self.exit_code = exit_code
        self.retry = retry
        super().__init__(message)
