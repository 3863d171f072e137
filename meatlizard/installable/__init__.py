"""The site as an installed program: its manifest, its service worker, and the page for when it cannot be reached."""
