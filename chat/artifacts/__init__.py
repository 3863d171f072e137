"""Files that come out of conversations: found in answers, kept in versions, shown, changed and taken away."""
