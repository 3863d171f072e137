"""Verbs of moderation. Apps call :mod:`.screening` and :mod:`.reports`; the pages of moderators and of people call the others."""
