"""The form by which a video is put before the moderators."""
