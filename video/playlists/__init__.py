"""Videos in an order that somebody gave them, and what they want to watch later."""
