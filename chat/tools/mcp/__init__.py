"""Tools of Model Context Protocol servers, which operators connect and nobody here trusts.

The official package is imported where a server is connected and not before: it takes 55 MB.
"""
