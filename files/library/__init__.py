"""Folders, lists and everything that a person does with files that are there.

Other parts join by registering, from their ``apps.ready`` or on import, and are called once for a page, never once for a file:

- :mod:`files.library.finders`: another way to find files, such as by the text of documents;
- :mod:`files.library.slots`: templates shown at places of the library's pages, and facts about the files on a page that those templates read.
"""
