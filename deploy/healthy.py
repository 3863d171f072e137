"""Whether a site process takes requests: ends with 0 when ``/health/ready`` of the address given says so. For Docker's HEALTHCHECK.

Needs nothing but Python, so that asking every few seconds costs little.
"""

import sys
import urllib.error
import urllib.request

SECONDS = 4


def main(address: str) -> int:
    try:
        with urllib.request.urlopen(f"{address}/health/ready", timeout=SECONDS) as answer:  # noqa: S310  (given by the image)
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
