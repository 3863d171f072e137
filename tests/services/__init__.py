"""Real programs for the tests, started by the suite on free ports in temporary folders, and ended with it.

``postgres``, ``redis`` and ``browser`` start what Debian or Homebrew installed; ``site`` and ``client`` start this project's own two
programs as separate processes. A program that is not installed skips the tests that need it, in plain words; with
``REQUIRE_SERVICES=1`` it fails them.
"""
