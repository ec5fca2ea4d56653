"""Publish the atlases of several metropolises; one that fails does not stop the others.

The function itself is shipped with the package: ``python -m metrogis.scripts.publish_all``.
"""

from __future__ import annotations

import sys

from metrogis.scripts.publish_all import main

if __name__ == "__main__":
    sys.exit(main())
