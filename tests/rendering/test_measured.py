"""The page of measurements leaves nothing out: counted against the CSV files themselves."""

import csv
import re
from pathlib import Path

import pytest

from macros.rendering import measured, reference
from macros.rendering.sealed import unseal

FOLDER = Path("macros/catalog/measurements")
pytestmark = pytest.mark.slow


def lines(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def printed(html: str) -> int:
    return len(re.findall(r'<th scope="row">', unseal(html)))


def test_every_source_and_every_figure_is_counted():
    html = measured.measurement_sources(id="t", caption="c")
    everything = [row for name in ("speed", "quality", "power", "prices") for row in lines(name)]
    assert printed(html) == len({row["source"] for row in everything})
    assert sum(int(n) for n in re.findall(r'data-value="(\d+)"', html)) == len(everything)


def test_every_run_with_a_measure_of_quality_is_printed():
    runs = {row["run"] for row in lines("quality") if row["kind"] in ("perplexity", "kl-divergence", "same-top", "mmlu-pro")}
    assert printed(measured.quality_measurements(id="t", caption="c")) == len(runs)


def test_every_reading_of_power_is_printed():
    assert printed(measured.power_measurements(id="t", caption="c")) == len(lines("power"))


def test_every_price_is_printed():
    tokens = {re.sub("-(input|output|cached-input)$", "", row["id"]) for row in lines("prices") if row["kind"] in ("input", "output", "cached-input")}
    assert printed(measured.hosted_prices(id="t", caption="c")) == len(tokens)
    assert printed(measured.electricity_prices(id="t", caption="c")) == sum(row["kind"] == "electricity" for row in lines("prices"))


def test_every_speed_stands_on_the_page_of_its_device_or_with_the_other_machines(book):
    on_pages = sum(len(reference.measured_on(device)) for device in book.devices)
    assert on_pages + printed(measured.other_speeds(id="t", caption="c")) == len(lines("speed"))
