"""What a model knows of a video: questions, a summary, and what it proposes to its owner, all from captions."""
