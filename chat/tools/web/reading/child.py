"""The child process: ``python child.py ROOT INPUT OUT ADDRESS CHARSET``. Bounds itself, reads the page INPUT, and leaves what it found as
JSON in OUT, an :class:`~chat.tools.web.reading.shape.Article`.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path


def main(root: str, source: str, out: str, address: str, charset: str = "") -> None:
    sys.path.insert(0, root)
    from meatlizard.reading.child import bound

    bound()
    from chat.tools.web.reading.article import read

    Path(out).write_text(json.dumps(asdict(read(Path(source).read_bytes(), address, charset))))


if __name__ == "__main__":
    main(*sys.argv[1:])
