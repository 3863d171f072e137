"""Links that come from elsewhere, and all of one's own as a file."""
