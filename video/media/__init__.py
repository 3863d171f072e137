"""Pictures and sound by ffmpeg: from paths to paths. Knows no model and no request.

``probing.probe`` says what a file is, ``ladder.plan`` what is made of it, ``encoding`` makes it in parts that meet without a seam, ``pictures``
draws what is looked at. ``confinement`` is the only place that starts a program.
"""
