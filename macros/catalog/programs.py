"""The shape of what the book knows of programs: what each is, its defaults by version, and what its messages mean.

Defaults change with versions, so each is one row with its version, its month and how it was checked.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from .records import Month, Record, Slug, Text, Web

System = Literal["Linux", "Windows", "macOS", "Android", "iOS", "browser"]
ProgramBackend = Literal["CPU", "CUDA", "ROCm", "Vulkan", "Metal", "SYCL", "OpenVINO", "MLX", "TPU", "NPU"]
FileFormat = Literal["GGUF", "safetensors", "AWQ", "GPTQ", "FP8", "NVFP4", "MXFP4", "EXL2", "EXL3", "MLX", "bitsandbytes", "ONNX"]
ProgramKind = Literal["engine", "front-end", "both", "library", "tool"]
# YAML reads yes and no as true and false.
YesOrNo = Annotated[Literal["yes", "no", "partly"], BeforeValidator(lambda v: {True: "yes", False: "no"}.get(v, v) if isinstance(v, bool) else v)]


def _page(text: str) -> str:
    if not re.match(r"[a-z-]+/[a-z0-9-]+\.md(#[a-z0-9-]+)?$", text):
        raise ValueError(f"'{text}' is no place in the book; write part/page.md or part/page.md#section, for example fix/out-of-memory.md#context")
    return text


Page = Annotated[str, AfterValidator(_page)]


class Program(Record):
    """One program: macros/catalog/programs/<id>.yaml."""

    id: Slug = Field(description="the file name without .yaml")
    name: Text = Field(description="name as its makers write it")
    kind: ProgramKind = Field(description="engine (computes tokens), front-end (the window), both, library or tool")
    what: Text = Field(description="what it is, in one line without a full stop")
    maker: Text = Field(description="who makes it")
    license: Text = Field(description="license as the project states it")
    home: Web = Field(description="address of the project itself")
    version: Text = Field(description="version that was looked at, in quotes")
    as_of: Month = Field(description="month in which it was looked at, for example 2026-11")
    systems: tuple[System, ...] = Field(default=(), description="systems it runs on: Linux, Windows, macOS, Android, iOS, browser")
    backends: tuple[ProgramBackend, ...] = Field(default=(), description="what it computes with: CPU, CUDA, ROCm, Vulkan, Metal, SYCL, OpenVINO, MLX, TPU, NPU")
    formats: tuple[FileFormat, ...] = Field(default=(), description="files it runs, for example GGUF or safetensors")
    splits: YesOrNo | None = Field(default=None, description="yes, no or partly: whether one model can share graphics and system memory")
    users: Literal["one", "few", "many"] | None = Field(default=None, description="for how many users at a time it is made: one, few or many")
    interfaces: tuple[Text, ...] = Field(default=(), description="how it is used: command line, web page, window")
    apis: tuple[Text, ...] = Field(default=(), description="interfaces for programs: own, OpenAI, Anthropic")
    commands: tuple[Text, ...] = Field(default=(), description="names typed in a shell")
    variables: tuple[Text, ...] = Field(default=(), description="prefixes of its environment variables, for example OLLAMA_")
    choose: Text | None = Field(default=None, description="when it is the right one, in one line")
    not_for: Text | None = Field(default=None, description="when another is better, in one line")
    sources: tuple[Slug, ...] = Field(min_length=1, description="ids of records in macros/catalog/sources/")

    @model_validator(mode="after")
    def _engine_computes(self):
        if self.kind in ("engine", "both") and not (self.backends and self.formats):
            raise ValueError(f"kind: '{self.kind}' computes tokens, but backends or formats are missing; add both, or write front-end, library or tool")
        return self


class Setting(Record):
    """One row of macros/catalog/settings.csv: a default of a program in one version."""

    # Cells are text, so the list of commands is read from text here.
    model_config = ConfigDict(strict=False)

    program: Slug = Field(description="id of a record in macros/catalog/programs/")
    commands: Annotated[tuple[str, ...], BeforeValidator(lambda v: tuple(v.split()) if isinstance(v, str) else v)] = Field(default=(), description="commands it belongs to, separated by spaces; empty for all of the program")
    name: Text = Field(description="the flag (-c|--ctx-size), variable (OLLAMA_HOST) or other default (port)")
    default: Text = Field(description="the default as it should be printed; none if there is none")
    meaning: Text = Field(max_length=140, description="what it does, at most 140 characters")
    version: Text = Field(description="version of the program for which it holds")
    as_of: Month = Field(description="month for which it held, for example 2026-11")
    checked: Literal["tool", "source", "documentation"] = Field(description="tool: the program printed it; source: read in its source code; documentation: read there")
    source: Slug = Field(description="id of a record in macros/catalog/sources/")

    @property
    def names(self) -> tuple[str, ...]:
        """All ways to write it, the long one last: ('-c', '--ctx-size')."""
        return tuple(self.name.split("|"))


class Message(Record):
    """One message of a program, and what to do."""

    message: Text = Field(description="the message as printed, with … for what varies")
    version: Text | None = Field(default=None, description="versions that print it, as far as known")
    cause: Text = Field(description="what has happened, one sentence")
    check: Text = Field(description="how to see that it is this, one sentence")
    fix: Text = Field(description="what to do, one sentence")
    page: Page | None = Field(default=None, description="chapter that says more, relative to docs/, for example fix/out-of-memory.md#context")
    source: Slug = Field(description="id of a record in macros/catalog/sources/")


class Messages(Record):
    """The messages of one program: macros/catalog/messages/<program>.yaml."""

    id: Slug = Field(description="the file name without .yaml: the id of a program, or cuda, rocm and the like")
    name: Text | None = Field(default=None, description="name to print, if there is no record of the program")
    messages: tuple[Message, ...] = Field(description="the messages, each with message, cause, check, fix, source")
