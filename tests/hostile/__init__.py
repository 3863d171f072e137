"""Texts that try to act in the reader's browser, and the check that none does."""
