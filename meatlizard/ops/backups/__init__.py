"""One consistent copy of a site in one file: made, checked and brought back. What is in it: docs/BACKUPS.md.

``sets``       the file itself: a tar whose last member seals every byte before it
``databases``  which of ``sqlite`` and ``postgres`` copies, counts and replaces the database
``taking``, ``verifying``, ``restoring``  what the commands do
``actions``, ``jobs``  the same in the background, for operators elsewhere
"""
