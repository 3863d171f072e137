"""What the channel of figures shows: measured numbers, a small plot, and what changed."""
