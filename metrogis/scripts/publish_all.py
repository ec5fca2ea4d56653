"""Publish the atlases of several metropolises; one that fails does not stop the others.

python -m metrogis.scripts.publish_all layers/omggs=DATA/omggs layers/som=DATA/som -o public/
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import metrogis as mg


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("metros", nargs="+", metavar="LAYERS[=DATA]")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    failed = 0
    for item in options.metros:
        layers, _, data = item.partition("=")
        try:
            metro = mg.open_metro(layers, data=data or None)
            atlas = mg.run(metro)
            index = atlas.publish(options.output / metro.info.id)
            print(f"{metro.info.id}: {index}")
            for check_id, error in atlas.failed.items():
                failed += 1
                print(f"{metro.info.id}, {check_id}: {error}", file=sys.stderr)
        except mg.MetrogisError as error:
            failed += 1
            print(f"{layers}: {error}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
