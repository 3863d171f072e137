"""What is said in a video, as text that runs with it."""
