"""The shape of the lists at the end of the book: events, corrections of numbers, questions in readers' words, and what was promised."""

from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from .programs import Page
from .records import Confidence, Record, Slug, Text, Web

Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}(-\d{2})?$")]


class Event(Record):
    """One row of macros/catalog/timeline.csv."""

    model_config = ConfigDict(strict=False)

    date: Day = Field(description="day or month, for example 2023-03-10 or 2023-03")
    kind: Literal["model", "software", "paper", "event"] = Field(description="model, software, paper or event")
    who: Text = Field(description="who published it")
    what: Text = Field(description="what was published")
    why: Text | None = Field(default=None, description="why it matters to those who run models themselves; such events are marked in the picture")
    source: Text = Field(description="where the date was read, in words")
    address: Web = Field(description="its address")
    confidence: Confidence = Field(description="verified: read there; secondary: read in a copy; derived: month inferred; memory: recalled")


class Correction(Record):
    """A figure of the book that was wrong, or that changed."""

    date: date
    what: Text = Field(description="which figure, in words")
    was: Text = Field(description="what stood here before")
    is_: Text = Field(alias="is", description="what stands here now")
    why: Text = Field(description="why it was changed")
    page: Page | None = Field(default=None, description="chapter where it stands, relative to docs/")


class Corrections(Record):
    """macros/catalog/corrections.yaml"""

    corrections: tuple[Correction, ...]


class Question(Record):
    """A question in a reader's words, and where the book answers it."""

    question: Text = Field(description="the question, or the complaint, as somebody would type it")
    page: Page = Field(description="where it is answered, relative to docs/, for example software/ollama.md#blobs")


class Questions(Record):
    """macros/catalog/questions.yaml"""

    questions: tuple[Question, ...]


class Resource(Record):
    """Something worth reading elsewhere."""

    source: Slug = Field(description="id of a record in macros/catalog/sources/; its day of reading is the day the resource was last checked")
    topic: Literal["learn", "models", "programs", "numbers", "hardware", "training", "safety", "people", "timelines"] = Field(description="learn, models, programs, numbers, hardware, training, safety, people or timelines")
    why: Text = Field(max_length=160, description="why it is worth the time, in one line")


class Resources(Record):
    """macros/catalog/resources.yaml"""

    resources: tuple[Resource, ...]


class Kept(Record):
    """One row of macros/catalog/promises.csv: something the outlines of this book promised or claimed, and where it is kept."""

    model_config = ConfigDict(strict=False)

    id: Annotated[str, Field(pattern=r"^P\d{3}$")] = Field(description="number of the promise, for example P001")
    outline: Slug = Field(description="which outline it comes from")
    promise: Text = Field(description="what was promised or claimed, in a few words")
    page: Page = Field(description="where it is kept, relative to docs/")
    corrected: Text | None = Field(default=None, description="what the book says instead, where the claim no longer holds")
