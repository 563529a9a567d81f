"""Command line of the project: python -m macros check | generate | import-config | zip"""

import argparse
import sys
from pathlib import Path

from . import import_config, tools
from .catalog import CatalogError


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m macros", description="Tools of the Local LLM Primer.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="validate the catalog and every macro call in docs/")
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
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
