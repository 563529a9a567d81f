"""Command line of the project: python -m macros check | estimate | stage | generate | import-config | zip"""

import argparse
import sys
from pathlib import Path

from . import estimate, import_config, staging, tools
from .catalog import CatalogError


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that tells a mistake in one line."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (--help lists what there is)\n")


def main(arguments: list[str] | None = None) -> int:
    parser = Parser(prog="python -m macros", description="Tools of the Local LLM Primer.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="validate the catalog and every macro call in docs/")
    check.add_argument("--stale", action="store_true", help="also list the records whose review date has passed")
    estimate.add_arguments(commands.add_parser("estimate", help="what a model needs in memory and, with a device, whether it fits and how fast it runs"))
    commands.add_parser("stage", help="write the pages that follow from the catalog into docs/: one for each model and device")
    commands.add_parser("generate", help="write what follows from the code: JSON Schemas for editors, the list of macros in CONTRIBUTING.md")
    import_ = commands.add_parser("import-config", help="write a model's YAML from a Hugging Face config.json, with gaps where it does not say")
    import_.add_argument("config", type=Path, metavar="CONFIG.json")
    import_.add_argument("--output", type=Path, metavar="FILE", help="file to write, for example macros/catalog/models/llama-3.1-8b.yaml; without it the YAML is printed")
    zip_ = commands.add_parser("zip", help="pack site/ as the offline edition in dist/ and say how to open it")
    zip_.add_argument("--quiet", action="store_true", help="print nothing")
    options = parser.parse_args(arguments)
    try:
        match options.command:
            case "check":
                print(tools.check())
                if options.stale:
                    print(tools.stale())
            case "estimate":
                print(estimate.run(options))
            case "stage":
                print(staging.stage())
            case "generate":
                print("\n".join(tools.write_generated()))
            case "import-config":
                print(import_config.run(options.config, options.output))
            case "zip":
                text = tools.write_zip()
                if not options.quiet:
                    print(text)
    except import_config.BadConfig as error:
        print(error, file=sys.stderr)
        return 2
    except CatalogError as error:
        print(error, file=sys.stderr)
        return 2 if options.command == "estimate" else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
