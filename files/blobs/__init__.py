"""Contents: each stored once for the whole site under its SHA-256, whoever has it and under whatever names.

``incoming`` takes bytes in, ``adopting`` makes a blob of them, ``reading`` gives them out, ``references`` counts who keeps one,
``sweeping`` deletes what nobody keeps. ``places`` are where they lie: the local disk, a bucket.
"""
