"""`mailguard` and `python -m mailguard`: hands the command line over and ends with its status."""

from __future__ import annotations

import sys

from mailguard.cli.app import run


def main() -> None:
    """Run the command of this process and exit with its status."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
