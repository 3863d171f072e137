"""What turns a conversation into text. Each engine keeps to the interface in ``base``; none knows of the site."""
