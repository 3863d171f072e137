"""The words of contents: read once for all who have them, and found by each in their own files alone."""
