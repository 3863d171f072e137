"""Pages of shares: for their owners, for whoever has the address, and for those who send something in."""
