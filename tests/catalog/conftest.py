"""A small catalog in a temporary folder, to be broken in one place at a time."""

import shutil

import pytest
import yaml

from macros.arithmetic.parameters import disagreement
from macros.catalog import DIRECTORY, CatalogError, load


class Sandbox:
    """A copy of a few records; `change` edits one, `errors` loads all and returns the lines."""

    def __init__(self, folder):
        self.folder = folder / "macros" / "catalog"
        for name in ("models/llama-3.1-8b.yaml", "models/mixtral-8x7b.yaml", "devices/rtx-3060-12.yaml", "devices/nvme-gen4.yaml", "devices/pcie4-x16.yaml",
                     "facts/ollama-default-context.yaml", "sources/karpathy-intro-llm.yaml", "drawings/token-loop.yaml", "formats.yaml", "constants.yaml", "glossary.yaml"):
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(DIRECTORY / name, target)

    def change(self, name: str, path: str, value=None, *, remove: bool = False) -> None:
        file = self.folder / name
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        *parents, last = path.split(".")
        place = data
        for step in parents:
            place = place[int(step) if step.isdigit() else step]
        if remove:
            del place[last]
        else:
            place[int(last) if last.isdigit() else last] = value
        file.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def errors(self) -> list[str]:
        try:
            load(self.folder, model_checks=(disagreement,))
        except CatalogError as error:
            return list(error.lines)
        return []


@pytest.fixture
def sandbox(tmp_path):
    return Sandbox(tmp_path)
