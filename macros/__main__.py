"""Command line of the project: python -m macros check | stage | generate | zip"""

import argparse
import sys

from . import staging, tools
from .catalog import CatalogError


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m macros", description="Tools of the Local LLM Primer.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="validate the catalog and every macro call in docs/")
    commands.add_parser("stage", help="write the pages that follow from the catalog into docs/: one for each model and device")
    commands.add_parser("generate", help="write what follows from the code: JSON Schemas for editors, the list of macros in CONTRIBUTING.md")
    zip_ = commands.add_parser("zip", help="pack site/ as the offline edition in dist/ and say how to open it")
    zip_.add_argument("--quiet", action="store_true", help="print nothing")
    options = parser.parse_args(arguments)
    try:
        match options.command:
            case "check":
                print(tools.check())
            case "stage":
                print(staging.stage())
            case "generate":
                print("\n".join(tools.write_generated()))
            case "zip":
                text = tools.write_zip()
                if not options.quiet:
                    print(text)
    except CatalogError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
