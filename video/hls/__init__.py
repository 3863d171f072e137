"""HLS: what is said of a video in playlists, and who may have them. How the bytes go out, :mod:`video.serving` has."""
