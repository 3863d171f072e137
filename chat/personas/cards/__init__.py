"""Character cards of SillyTavern and its kin: JSON, PNG and CHARX files, in and out, without losing a key."""
