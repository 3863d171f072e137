"""The site's API for programs: keys of people, one description, and the routers that apps add.

An app registers its scopes and its router in ``ready``; nothing of the API's own package is imported before the addresses are.
"""
