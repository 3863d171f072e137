"""Whether what the rows say is what lies in the places, and bringing both back in line: ``manage.py files_verify``, and daily a part of it."""

from files.verifying.report import Report

__all__ = ["Report"]
