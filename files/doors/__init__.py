"""Other ways in than the page's: command lines (``curl -T``, ``curl -F``), programs for screenshots, addresses that the site fetches from.

``multipart`` reads forms as they come; ``receiving`` takes bytes in and gives room back when they end too soon; ``sending`` are the two
doors ahead of Django; ``programs`` the configurations to download; ``fetching`` brings what lies at an address.
"""
