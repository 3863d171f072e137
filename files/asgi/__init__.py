"""The files' doors ahead of Django, where bytes stream in and out: Django reads a whole request before a view sees any of it.

A door (:mod:`files.asgi.doors`) is an ``async def`` that gets what is :class:`~files.asgi.asked.Asked`; :mod:`files.asgi.who` tells it who
asks. It raises the errors that views raise too, and :mod:`files.asgi.refusals` says them.
"""
