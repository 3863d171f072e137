"""What keeps harm out: scanning, types that are refused, and bounds on what is unpacked."""
