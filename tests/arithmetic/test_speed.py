"""Bounds that follow from bandwidth, against data sheets and published measurements."""

from fractions import Fraction

import pytest

from macros.arithmetic import memory, speed, weights
from tests.conftest import rows


@pytest.mark.parametrize("device, gb_per_s", [("rtx-3060-12", 360), ("rtx-4090", 1008), ("rtx-5090", 1792), ("m4-max", 546), ("ddr5-6000-2ch", 96), ("h100-sxm", 3350)])
def test_bandwidth_is_that_of_the_data_sheet(book, device, gb_per_s):
    assert round(speed.bandwidth(book.devices[device].bandwidth)) == gb_per_s


@pytest.mark.parametrize("row", rows("bandwidth"), ids=lambda r: r["device"])
def test_bandwidth_is_the_printed_one_to_half_a_percent(book, row):
    assert float(speed.bandwidth(book.devices[row["device"]].bandwidth)) == pytest.approx(float(row["gb_per_s"]), rel=0.005)


@pytest.mark.parametrize("model, format, device, measured", [
    ("llama-2-7b", "Q4_0", "rtx-3060-12", 75.57),       # llama.cpp discussion 15013, tg128
    ("llama-2-7b", "Q4_0", "rtx-4090", 186.2),
    ("llama-2-7b", "Q4_0", "m4-max", 83.1),             # llama.cpp discussion 4167
    ("llama-3.1-8b", "Q4_K_M", "m4", 20.9),             # normiebench issue 3
])
def test_no_measurement_exceeds_the_ceiling(book, model, format, device, measured):
    read = weights.bytes_read_per_token(book.models[model].architecture, book.mixes[format], book.types)
    ceiling = speed.decode_ceiling(read, speed.bandwidth(book.devices[device].bandwidth))
    assert measured < ceiling < 3 * measured


def test_every_bandwidth_follows_from_width_and_rate_or_is_marked_as_quoted(book):
    for device in book.devices.values():
        assert device.bandwidth.derived is not None or device.bandwidth.quoted is not None


def test_moving_a_gigabyte_at_a_gigabyte_a_second_takes_a_second():
    assert speed.seconds(10**9, Fraction(1)) == 1


def test_a_need_fits_up_to_nine_tenths_and_is_tight_up_to_the_whole():
    gib = memory.GIB
    assert [memory.verdict(n, 10 * gib) for n in (9 * gib, 9 * gib + 1, 10 * gib, 10 * gib + 1)] == ["fits", "tight", "tight", "no"]
