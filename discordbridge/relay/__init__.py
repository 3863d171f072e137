"""From an answer's Markdown to Discord's messages: no I/O, no clock of its own, the same result for the same text.

What was shown once as a full part stays as it is while the answer grows, so that only the last message is edited, and a bot that
was killed finds the same parts again.
"""
