"""What the site remembers of a person because they said so: kept, told to models within bounds, and forgotten at their word."""
