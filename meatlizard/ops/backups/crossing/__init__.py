"""From SQLite to PostgreSQL and back: rows are read from one kind of database and written into an empty one of the other, with the tables as
they were when the backup was made; then it is a backup of that kind like any other.

``tables``  which there are, by the migrations that the backup knows
``values``  one form for a value, between what either kind stores
``sqlite``, ``postgres``  rows out of, and into, each kind
``carrying``  all of it
"""
