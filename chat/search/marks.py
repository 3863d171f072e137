"""Marks around what was searched for, in a snippet: control characters, which no stored text of a person holds."""

START, END = "\x02", "\x03"
