"""Answers with the content of files: parts of it, conditions on it, and how browsers are kept from running it."""
