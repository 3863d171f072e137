"""What is watched: positions of people, views counted once, and figures about both."""
