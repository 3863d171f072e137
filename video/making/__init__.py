"""From an original to something that plays: probed, planned, and made in steps by any number of workers, the lowest rendition first."""
