"""One question, the answers of two to four models side by side, and one of them kept."""
