"""Files given to others: by an address, as far and as long as their owner wants, and files that others send in.

Where the parts meet: :mod:`files.sharing.access` decides who gets what. ``content.py`` answers ``/f/<slug>/content/...`` and
``/f/<slug>/zip`` ahead of Django. A counted download is begun by POST (``/f/<slug>/get/...``), which reserves it and leads to the content
with a ticket; whatever only follows links uses nothing up.
"""
