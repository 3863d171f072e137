"""``python -m inference_client.service.supervised run ...``: the client for launchd.

launchd starts again whatever ends badly, and knows no exit codes. So an end that another start would not change counts
as good here; the log says what it was.
"""

import sys
from collections.abc import Sequence

from inference_client.commands import main
from inference_client.service.program import FINAL, WRONG_COMMAND_LINE


def supervised(arguments: Sequence[str]) -> int:
    """The client's exit code, or 0 for one in ``FINAL``."""
    try:
        code = main(arguments)
    except SystemExit as wrong:
        # argparse ends the program by itself.
        code = WRONG_COMMAND_LINE if wrong.code is None else int(wrong.code)
    if code not in FINAL:
        return code
    print(f"exit code {code}: not started again until: python -m inference_client service install", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(supervised(sys.argv[1:]))
