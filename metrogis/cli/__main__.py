"""``python -m metrogis.cli``."""

import sys

from metrogis.cli import app

if __name__ == "__main__":
    sys.exit(app())
