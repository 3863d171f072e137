"""What an operator gets wrong, looked at from outside and inside: what is found, and how to mend it. ``manage.py doctor`` shows it."""
