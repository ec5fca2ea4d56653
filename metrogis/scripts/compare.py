"""Compare the figures of two data folders of one metropolis (year against year) as a CSV table.

python -m metrogis.scripts.compare layers/omggs DATA/2023 DATA/2024 -o change.csv
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

import metrogis as mg


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("layers")
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    try:
        columns = {
            when: pd.Series(
                {
                    (check_id, figure): value
                    for check_id, result in mg.run(
                        mg.open_metro(options.layers, data=folder)
                    ).results.items()
                    for figure, value in result.figures.items()
                },
                dtype="float64",
            )
            for when, folder in (("before", options.before), ("after", options.after))
        }
    except mg.MetrogisError as error:
        print(error, file=sys.stderr)
        return 1
    table = pd.DataFrame(columns).rename_axis(["check", "figure"])
    table["change"] = table["after"] - table["before"]
    text = table.to_csv()
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
