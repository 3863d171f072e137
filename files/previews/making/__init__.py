"""What looks into contents of strangers. It runs in a child process with bounds on memory, time and what it may write, knows nothing of
the site, and is given nothing but the file; see :mod:`files.previews.workshop`.
"""
