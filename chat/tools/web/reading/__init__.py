"""Finds the article of a page. It runs in a child process with bounds on memory, time and what it may write, knows nothing of the site, and
is given nothing but the page; see :mod:`chat.tools.web.articles`.
"""
