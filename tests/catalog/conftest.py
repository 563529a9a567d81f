"""A small catalog in a temporary folder, to be broken in one place at a time."""

import shutil

import pytest
import yaml

from macros.arithmetic.parameters import disagreement
from macros.catalog import DIRECTORY, CatalogError, load


SMALL = {
    "programs/mill.yaml": """id: mill
name: Mill
kind: engine
what: grinds tokens
maker: A miller
license: MIT
home: https://example.org/mill
version: "1.2"
as_of: 2026-11
systems: [Linux]
backends: [CPU]
formats: [GGUF]
commands: [mill, mill-bench]
variables: [MILL_]
sources: [karpathy-intro-llm]
""",
    "messages/mill.yaml": """id: mill
messages:
  - message: out of grain
    cause: The hopper is empty.
    check: Look into it.
    fix: Fill it.
    source: karpathy-intro-llm
""",
    "settings.csv": """program,commands,name,default,meaning,version,as_of,checked,source
mill,mill,-c|--ctx-size,4096,tokens of context,1.2,2026-11,tool,karpathy-intro-llm
mill,mill-bench,--ctx-size,512,tokens of context,1.2,2026-11,tool,karpathy-intro-llm
mill,,MILL_HOST,127.0.0.1,address,1.2,2026-11,documentation,karpathy-intro-llm
""",
    "timeline.csv": "date,kind,who,what,why,source,address,confidence\n2023-03-10,software,somebody,a mill,,its history,https://example.org/mill,verified\n",
    "promises.csv": "id,outline,promise,page,corrected\nP001,one,an introduction,start/what-is-an-llm.md,\n",
    "corrections.yaml": "corrections: []\n", "questions.yaml": "questions: []\n", "resources.yaml": "resources: []\n",
}


class Sandbox:
    """A copy of a few records; `change` edits one, `errors` loads all and returns the lines."""

    def __init__(self, folder):
        self.folder = folder / "macros" / "catalog"
        for name in ("models/llama-3.1-8b.yaml", "models/mixtral-8x7b.yaml", "devices/rtx-3060-12.yaml", "devices/nvme-gen4.yaml", "devices/pcie4-x16.yaml",
                     "facts/ollama-default-context.yaml", "sources/karpathy-intro-llm.yaml", "drawings/token-loop.yaml", "formats.yaml", "constants.yaml", "glossary.yaml"):
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(DIRECTORY / name, target)
        for name, text in SMALL.items():
            (self.folder / name).parent.mkdir(exist_ok=True)
            self.write(name, text)

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
