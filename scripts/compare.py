"""Compare the figures of two data folders of one metropolis as a CSV table.

The function itself is shipped with the package: ``python -m metrogis.scripts.compare``.
"""

from __future__ import annotations

import sys

from metrogis.scripts.compare import main

if __name__ == "__main__":
    sys.exit(main())
