"""Uploads that can be resumed: tus 1.0.0 (https://tus.io/protocols/resumable-upload), below ``/files/uploads/``.

``protocol`` reads requests and does nothing else; ``door`` answers them; ``receiving`` takes the bytes; ``actions`` changes rows;
``finishing`` makes a file of what has arrived; ``sweeping`` ends what nobody goes on with.
"""
