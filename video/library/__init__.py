"""Finding videos, showing them, and saying what they are: pages, lists, feeds, and what other sites read of them."""
