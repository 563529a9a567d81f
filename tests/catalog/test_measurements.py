"""What others measured: complete, read only when asked for, and every mistake is one line with its place."""

import csv
from collections import Counter
from statistics import median

import pytest

from macros import tools
from macros.arithmetic import parameters
from macros.arithmetic.speed import bandwidth
from macros.catalog import CatalogError, load

# About the loader: the check itself reads every measurement, and each of these loads the catalog anew.
pytestmark = pytest.mark.slow

SPEED, QUALITY, PRICES = (f"macros/catalog/measurements/{name}.csv" for name in ("speed", "quality", "prices"))
ROWS = {
    "speed": {"id": "a1", "kind": "decode", "subject": "rtx-3060-12", "model": "llama-3.1-8b", "hub": "meta-llama/Llama-3.1-8B-Instruct", "value": "50.5", "unit": "tokens/s", "devices": "1", "quant": "Q4_K_M",
              "engine": "llama.cpp", "backend": "CUDA", "test": "tg128", "tokens": "128", "depth": "0", "flash_attention": "true", "gpu_layers": "99", "method": "llama-bench",
              "as_of": "2026-08", "source": "karpathy-intro-llm", "confidence": "verified"},
    "quality": {"id": "q1-perplexity", "kind": "perplexity", "value": "6.4", "unit": "1", "run": "q1", "quant": "Q4_K_M", "what": "weights", "as_of": "2024-05", "source": "karpathy-intro-llm", "confidence": "verified"},
    "power": {"id": "p1", "kind": "draw", "subject": "rtx-3060-12", "value": "229.3", "unit": "W", "scope": "wall", "speed": "a1", "tokens_per_s": "", "as_of": "2025", "source": "karpathy-intro-llm", "confidence": "verified"},
    "prices": {"id": "e1", "kind": "electricity", "value": "0.1834", "unit": "USD/kWh", "place": "Somewhere", "as_of": "2026-06", "source": "karpathy-intro-llm", "confidence": "secondary"},
}


@pytest.fixture
def tables(sandbox):
    """One good row in every file; `tables(file, column=value)` writes a second one that differs and returns the mistakes."""
    folder = sandbox.folder / "measurements"
    folder.mkdir()

    def write(name: str, *rows: dict, header=None) -> None:
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, header or list(rows[0]), extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)

    def errors() -> list[str]:
        try:
            load(sandbox.folder).measurements.all()
        except CatalogError as error:
            return list(error.lines)
        return []

    def change(name: str, **cells) -> list[str]:
        second = ROWS[name] | {"id": "second"} | cells
        write(name, dict.fromkeys(second, "") | ROWS[name], second)
        return errors()

    for name, row in ROWS.items():
        write(name, row)
    change.errors, change.folder, change.write = errors, folder, write
    return change


def test_the_rows_are_in_order_before_they_are_broken(tables):
    assert tables.errors() == []


# rule, file, cells to change, words the one line must contain
BROKEN = [
    ("unknown device", "speed", {"subject": "rtx-3060"}, ["subject: there is no device 'rtx-3060'. Did you mean 'rtx-3060-12'?"]),
    ("unknown model", "speed", {"model": "llama-3.1-8"}, ["model: there is no model 'llama-3.1-8'. Did you mean 'llama-3.1-8b'?"]),
    ("unknown source", "prices", {"source": "karpathy"}, ["source: there is no source 'karpathy'. Did you mean 'karpathy-intro-llm'?"]),
    ("unknown row of another file", "power", {"speed": "a2"}, ["speed: there is no row in speed.csv 'a2'"]),
    ("hub name of another model", "speed", {"hub": "openai/gpt-oss-20b"}, ["hub: 'openai/gpt-oss-20b' is not the model 'llama-3.1-8b', which is meta-llama/Llama-3.1-8B-Instruct"]),
    ("id used twice", "speed", {"id": "a1"}, ["id: 'a1' is already in line 2"]),
    ("negative speed", "speed", {"value": "-50.5"}, ["value: -50.5 is too small; write tokens per second"]),
    ("speed of nothing", "speed", {"value": "0"}, ["value: 0 is too small"]),
    ("no value", "power", {"value": ""}, ["value: it is missing; add watts"]),
    ("text for a number", "speed", {"value": "fast"}, ["value: 'fast' is wrong", "tokens per second"]),
    ("endless number", "quality", {"value": "inf"}, ["value: 'inf' is wrong"]),
    ("negative uncertainty", "quality", {"uncertainty": "-0.1"}, ["uncertainty: -0.1 is too small"]),
    ("negative perplexity", "quality", {"value": "-1"}, ["value: -1 is too small; perplexity cannot be negative"]),
    ("kind that does not exist", "speed", {"kind": "writing"}, ["kind: 'writing' is not allowed", "'decode'"]),
    ("unit of another kind", "quality", {"unit": "%"}, ["unit: '%' does not go with perplexity; write 1"]),
    ("currency that does not exist", "prices", {"unit": "FRF/kWh"}, ["unit: 'FRF/kWh' does not go with electricity; write USD/kWh or EUR/kWh or GBP/kWh"]),
    ("backend that does not exist", "speed", {"backend": "Cuda"}, ["backend: 'Cuda' is not allowed", "'CUDA'"]),
    ("neither true nor false", "speed", {"flash_attention": "maybe"}, ["flash_attention: 'maybe' is wrong"]),
    ("half a token", "speed", {"tokens": "1.5"}, ["tokens: '1.5' is wrong"]),
    ("day that cannot be", "speed", {"as_of": "2026-13"}, ["as_of: '2026-13' is wrong"]),
    ("speed typed twice", "power", {"tokens_per_s": "84"}, ["tokens_per_s: it stands in speed.csv already"]),
    ("limit without a speed", "power", {"kind": "limit", "speed": ""}, ["speed: it is missing; a limit says nothing without the speed it left"]),
    ("electricity of nowhere", "prices", {"place": ""}, ["place: it is missing; a price of electricity is somebody's"]),
    ("tokens of nobody", "prices", {"kind": "output", "unit": "USD/million tokens"}, ["provider: it is missing"]),
]


@pytest.mark.parametrize("rule, file, cells, words", BROKEN, ids=[b[0] for b in BROKEN])
def test_a_broken_cell_is_named_in_one_line(tables, rule, file, cells, words):
    lines = tables(file, **cells)
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"macros/catalog/measurements/{file}.csv: line 3: ") and "\n" not in lines[0]
    for word in words:
        assert word in lines[0]


def test_a_rise_may_be_negative(tables):
    assert tables("quality", kind="perplexity-rise", value="-0.01") == []


def test_an_unknown_column_is_reported_once(tables):
    lines = tables("speed", colour="red")
    assert len(lines) == 1 and lines[0].startswith(f"{SPEED}: line 1: colour: unknown column.") and " Known here: id, kind, subject" in lines[0]


def test_a_misspelled_column_names_the_nearest_and_what_is_missing(tables):
    tables.write("power", {("sorce" if k == "source" else k): v for k, v in ROWS["power"].items()})
    assert [line.split(".")[1] for line in tables.errors()] == ["csv: line 1: sorce: unknown column", "csv: line 1: source: the column is missing; add id of the record in macros/catalog/sources/"]
    assert "Did you mean 'source'?" in tables.errors()[0]


def test_a_column_given_twice_is_refused(tables):
    (tables.folder / "prices.csv").write_text("id,id\na,b\n", encoding="utf-8")
    assert f"{PRICES}: line 1: id: the column is given twice; keep one" in tables.errors()


def test_a_row_with_a_cell_too_many_is_named(tables):
    with (tables.folder / "prices.csv").open("a", encoding="utf-8") as file:
        file.write("e2,electricity,0.1,USD/kWh,Paris, France,2026-06,karpathy-intro-llm,secondary\n")
    assert tables.errors() == [f"{PRICES}: line 3: row: it has 9 cells under 8 columns; put a text with commas in double quotes"]


def test_the_line_of_a_mistake_is_the_one_in_the_file_also_after_a_text_of_two_lines(tables):
    tables.write("prices", ROWS["prices"] | {"note": "first\nsecond"}, ROWS["prices"] | {"id": "e2", "value": "-1"})
    assert len(lines := tables.errors()) == 1 and lines[0].startswith(f"{PRICES}: line 4: value: ")


def test_mistakes_of_all_files_are_reported_at_once(tables):
    tables("quality", value="")
    tables("prices", value="")
    assert [line.split(": ")[0] for line in tables.errors()] == [QUALITY, PRICES]


@pytest.mark.parametrize("spoil, words", [(lambda f: f.unlink(), "file: it is missing; restore it"), (lambda f: f.write_bytes(b"id\ncaf\xe9\n"), "file: it is not UTF-8 text; save it as UTF-8"),
                                          (lambda f: f.write_bytes(b""), "line 1: id: the column is missing")], ids=["missing", "Latin-1", "empty"])
def test_a_file_that_cannot_be_read_is_named(tables, spoil, words):
    spoil(tables.folder / "quality.csv")
    assert tables.errors()[0].startswith(f"{QUALITY}: {words}")


def test_a_build_that_asks_for_no_measurement_reads_none(tables):
    for name in ROWS:
        (tables.folder / f"{name}.csv").unlink()
    book = load(tables.folder.parent)
    with pytest.raises(CatalogError, match="speed.csv: file: it is missing"):
        book.measurements.speed


def test_a_file_is_read_once(book):
    assert book.measurements.speed is book.measurements.speed


def test_a_row_that_does_not_exist_names_the_nearest_and_the_file_to_edit(book):
    with pytest.raises(CatalogError, match=r"there is no row 'electricity-us' in prices\.csv\. Did you mean 'electricity-us-2026-06'\? To add it, edit macros/catalog/measurements/prices\.csv"):
        book.measurements.find("prices", "electricity-us")


@pytest.mark.slow
def test_the_check_counts_them(book):
    counts = {name: len(rows) for name, rows in book.measurements.all().items()}
    assert f"{counts['speed']:,} of speed" in tools.check()


# ---------------------------------------------------------------- the real files

def test_no_published_speed_is_lost(book):
    rows = book.measurements.speed.values()
    assert len(rows) >= 1690
    assert Counter(r.kind for r in rows) >= Counter({"prefill": 773, "decode": 883, "end-to-end": 34})


def test_measurements_agree_with_the_parameter_count_of_their_model(book, by_hub):
    checked = 0
    for row in book.measurements.speed.values():
        model = by_hub.get(row.hub or row.shape)
        if model and row.params_b:
            extras = sum(e.count for e in model.parameters.extras)
            total = parameters.total(model.architecture)
            # Files may hold prediction layers and a copy of the embedding beside the text model.
            assert 0.99 * total <= row.params_b * 10**9 <= 1.01 * (total + extras) + model.architecture.vocab * model.architecture.hidden, row.id
            checked += 1
    assert checked > 900


def test_no_device_writes_faster_than_its_memory_can_be_read(book, by_hub):
    """A token of a dense model reads nearly the whole file. Says at once that speeds and bandwidths fit each other; the median share is about 0.7."""
    shares = []
    for row in book.measurements.speed.values():
        model = by_hub.get(row.hub or row.shape)
        if row.kind == "decode" and row.subject and row.devices == 1 and row.file_gib and not row.offload and model and not model.architecture.experts:
            shares.append(row.value * row.file_gib * 2**30 / 10**9 / float(bandwidth(book.devices[row.subject].bandwidth)))
            assert shares[-1] < 1, row.id
    assert len(shares) > 250 and 0.6 < median(shares) < 0.8


def test_power_and_speed_give_the_published_energy_per_token(book):
    """Joules per token as the table of the source's reader states them."""
    def joules(key):
        row = book.measurements.power[key]
        return row.value / (row.tokens_per_s or book.measurements.speed[row.speed].value)

    assert joules("intel-265k-custom-pc-nvidia-rtx-4090-r1-distill-qwen-14b") == pytest.approx(5.019, abs=0.001)
    assert joules("rtx-pro-6000-limit-200") == pytest.approx(1.054, abs=0.001)
    assert joules("rtx-3090-limit-290") == pytest.approx(8.989, abs=0.001)


def test_doubtful_figures_say_why(book):
    assert {r.id for r in book.measurements.speed.values() if r.suspect} >= {"b0354", "b1019"}


def test_perplexity_of_a_format_is_that_of_the_scoreboard(book):
    row = book.measurements.quality["ppl-001-perplexity"]
    assert (row.value, row.uncertainty, row.reference_value, row.quant) == (6.23316, 0.037828, 6.231636, "f16")
