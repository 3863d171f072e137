"""Notices that an answer which was waited for is there: on open pages, and by e-mail to those who asked for it."""
