"""Image files taken apart and put together with what belongs to the picture alone. Bytes in, bytes out; raise ValueError or IndexError
where a file is not what it should be. Which way is up is all that is kept of what cameras note.
"""
