"""`mailguard` and `python -m mailguard`: hands the command line over and ends with its status."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command of this process and exit with its status."""
    try:
        from mailguard.cli.app import run  # noqa: PLC0415 - Ctrl-C is no traceback while this loads, either

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
