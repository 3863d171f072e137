"""``python -m inference_client``."""

import sys

from inference_client.commands import main

if __name__ == "__main__":
    sys.exit(main())
