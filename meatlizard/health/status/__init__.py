"""The public status page. It is made of a snapshot in memory, so that it comes while the database is away; and written to a file, which
the front server shows while the site itself is away.
"""
