"""Transcripts: sessions that are over, written down once for their member, in four forms."""
