"""Tables of the reference pages: complete, and equal to the arithmetic and to figures from elsewhere."""

import re
from html import unescape

import pytest

from macros.catalog import CatalogError
from macros.rendering import numbers, reference
from macros.rendering.sealed import seal, unseal
from macros.speeds import decode_on

# The generated pages follow from code; the check reads the records behind them.
pytestmark = pytest.mark.slow


def rows(html: str) -> dict[str, list[tuple[str, str]]]:
    """Rows of a table by the text of their head; each cell as (text, data-value)."""
    found = {}
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", unseal(html)):
        head = re.match(r'<th scope="row">(.*?)</th>', row)
        if head:
            found[_text(head[1])] = [(_text(text), value) for value, text in re.findall(r'<td(?: class="[^"]*")?(?: data-value="([^"]*)")?>(.*?)</td>', row)]
    return found


def _text(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", html)).strip()


def facts(html: str) -> dict[str, tuple[str, str]]:
    return {_text(what): (_text(text), value) for what, value, text in re.findall(r'<dt>(.*?)</dt><dd(?: data-value="([^"]*)")?>(.*?)</dd>', html)}


# ---------------------------------------------------------------- sealed HTML

@pytest.mark.parametrize("html", ["<b>a</b>", '<i x="&quot;&amp;lt;">&lt;&amp;</i>', "", "ä–×\n"])
def test_sealed_html_comes_out_as_it_went_in(html):
    sealed = seal(html)
    assert unseal(f"<p>{sealed}</p>") == f"<p>{html}</p>"
    assert re.fullmatch(r'<data class="sealed" value="[^"<>]*"></data>', sealed)


# ---------------------------------------------------------------- a model

def test_facts_of_a_model_stand_beside_the_published_count():
    found = facts(reference.model_facts(model="llama-3.1-8b"))
    assert found["Parameters, computed"][1] == found["Stored, published"][1] == "8030261248"
    assert found["Layers"][0] == "32" and found["Context, at most"][1] == "131072" and found["Commercial use"][0] == "with conditions"


def test_facts_of_a_mixture_name_its_experts():
    found = facts(reference.model_facts(model="qwen3-30b-a3b"))
    assert found["Experts"][0] == "8 of 128" and int(found["Active for a token"][1]) < 4e9


def test_computed_and_beside_make_the_published_count(book):
    for id, m in book.models.items():
        found = facts(reference.model_facts(model=id))
        beside = int(found.get("Beside the text model", ("", "0"))[1])
        if m.parameters.exact:
            assert int(found["Parameters, computed"][1]) + beside == int(found["Stored, published"][1]) == m.parameters.total, id


def test_sizes_are_those_of_the_quantizer():
    """llama.cpp's quantize README: Llama 3.1 8B has 4.58 GiB and 4.89 bits at Q4_K_M, 14.96 GiB and 16.00 at F16."""
    found = rows(reference.model_sizes(id="t", caption="c", model="llama-3.1-8b"))
    nominal, real, file, memory, needed, _ = found["Q4_K_M"]
    assert (nominal[0], real[0], memory[0]) == ("4.50", "4.89", "4.58")
    assert int(file[1]) == numbers.weights_bytes("llama-3.1-8b", "Q4_K_M") and int(needed[1]) == numbers.need("llama-3.1-8b", "Q4_K_M", 8192).total
    assert (found["F16"][1][0], found["F16"][3][0]) == ("16.00", "14.96")


def test_every_format_is_there_but_a_mix_for_experts_only_with_experts(book):
    dense, experts = (set(rows(reference.model_sizes(id="t", caption="c", model=id))) for id in ("llama-3.1-8b", "gpt-oss-20b"))
    assert experts == set(book.mixes) and experts - dense == {"MXFP4_MOE"}


def test_contexts_double_up_to_what_the_model_is_stated_for(book):
    for id, m in book.models.items():
        found = [int(text.replace(",", "")) for text in rows(reference.model_contexts(id="t", caption="c", model=id))]
        assert found[-1] == m.context and found == sorted(set(found)) and 1 <= len(found) <= 11, id


def test_a_cache_type_whose_blocks_do_not_fit_is_a_dash():
    """A Q8_0 cache takes 34 / 64 of an F16 one, Q4_0 18 / 64; no dash where rows are whole blocks."""
    full, half, quarter, _ = rows(reference.model_contexts(id="t", caption="c", model="llama-3.1-8b"))["8,192"]
    assert int(full[1]) == 2**30 and int(half[1]) * 64 == 2**30 * 34 and int(quarter[1]) * 64 == 2**30 * 18


def test_devices_of_a_model_have_speeds_below_the_ceiling_of_their_bandwidth():
    found = rows(reference.model_devices(id="t", caption="c", model="llama-3.1-8b"))
    memory, largest, in_it, usual, q8, context = found["NVIDIA GeForce RTX 3060 12 GB"]
    # 12 GiB: 8.0 GiB of weights at 8 bits, one of cache and 0.8 of work space fit, 16 bits do not.
    assert (memory[0], largest[0]) == ("12", "Q8_0") and in_it == q8
    low, high = map(float, usual[0].split("–"))
    assert low < float(usual[1]) < high <= 360e9 / numbers.bytes_per_token("llama-3.1-8b", "Q4_K_M", 8192)
    assert context[0] == "32,768"


def test_a_format_that_only_a_larger_size_holds_says_so():
    found = rows(reference.model_devices(id="t", caption="c", model="llama-3.1-8b"))
    # 8 GB of a Mac leave two thirds, which is less than 5 GiB and a cache need; 16 GB leave enough.
    assert found["Apple M1 (8-core GPU)"][3][0].split()[1:] == ["from", "16", "GB"]


def test_devices_that_are_too_small_are_counted():
    html = reference.model_devices(id="t", caption="c", model="llama-3.3-70b")
    assert "NVIDIA GeForce RTX 3060 12 GB" not in rows(html) and "NVIDIA H100 SXM5 80 GB" in rows(html)
    devices = sum(1 for d in numbers.catalog().devices.values() if d.memory)
    assert int(re.search(r"in none of these formats: (\d+)", html)[1]) == devices - len(rows(html))


def test_the_longest_context_is_the_last_that_fits():
    room = reference.room_of(numbers.device_of("rtx-3060-12"), 12)
    longest = reference.longest_context("llama-3.1-8b", "Q4_K_M", room)
    assert numbers.card_need("llama-3.1-8b", "Q4_K_M", longest).total <= room.bytes < numbers.card_need("llama-3.1-8b", "Q4_K_M", 2 * longest).total


@pytest.mark.parametrize(("device", "size", "gib"), [("rtx-3090", 24, 24.0), ("m4", 16, 10.67), ("m4-max", 64, 48.0), ("ddr5-6000-2ch", 32, 28), ("ddr4-3200-2ch", 8, 5)])
def test_a_share_is_left_to_the_system_where_it_lives_in_the_same_memory(device, size, gib):
    """macOS gives the graphics part 10,922 MiB of 16 GB and 48 GiB of 64 (recommendedMaxWorkingSetSize)."""
    assert numbers.usable_bytes(numbers.device_of(device), size) / 2**30 == pytest.approx(gib, abs=0.01)


# ---------------------------------------------------------------- a device

def test_facts_of_a_device_are_its_data_sheet():
    found = facts(reference.device_facts(device="rtx-3060-12"))
    assert found["Bandwidth"] == ("360\u00a0GB/s", "360") and found["Memory"][0].startswith("12 GB") and found["Launch price"][0] == "$329"


@pytest.mark.slow
def test_models_of_a_device_agree_with_the_devices_of_a_model():
    own = rows(reference.device_models(id="t", caption="c", device="rtx-3060-12"))["Llama 3.1 8B"]
    other = rows(reference.model_devices(id="t", caption="c", model="llama-3.1-8b"))["NVIDIA GeForce RTX 3060 12 GB"]
    _, format, fast, largest, context = own
    assert (format[0], fast, largest, context) == ("Q4_K_M", other[3], other[1], other[5])


def test_each_size_of_a_device_has_its_columns_and_more_memory_holds_no_less():
    found = rows(reference.device_models(id="t", caption="c", device="m4-max"))
    order = ("–", *reference.COMMON)
    for name, cells in found.items():
        held = [order.index(text) for text, _ in cells[3::2] if text in order]
        assert len(cells) == 3 + 2 * 3 and held == sorted(held), name


def test_what_holds_no_model_says_how_long_a_file_takes():
    found = rows(reference.device_models(id="t", caption="c", device="gbe-10"))
    _, file, takes, full, longer, fast = found["Llama 3.1 8B"]
    assert float(takes[1]) == pytest.approx(int(file[1]) / 1.25e9, rel=1e-3) and float(longer[1]) > float(takes[1])
    assert len(found) == len(numbers.catalog().models)


def test_many_sizes_are_shown_in_doublings():
    assert reference._steps((32, 64, 96, 128, 192, 256)) == [32, 64, 128, 256] and reference._steps((48, 64, 128)) == [48, 64, 128]


def test_every_published_speed_of_a_device_is_on_its_page_with_its_source(book):
    html = reference.device_measurements(id="t", caption="c", device="rtx-3060-12")
    own = [row for row in book.measurements.speed.values() if row.subject == "rtx-3060-12"]
    assert own and f"{len(own)} published results" in html
    assert unseal(html).count("<tr>") == len(own) + 1
    assert {book.works[row.source].address for row in own} == set(re.findall(r'href="(https://[^"]+)"', unseal(html)))


# ---------------------------------------------------------------- catalogs

def test_the_catalogs_are_complete_and_link_to_every_page(book):
    models, devices = reference.model_catalog(id="t", caption="c"), reference.device_catalog(id="t", caption="c")
    assert len(rows(models)) == len(book.models) and len(rows(devices)) == len(book.devices)
    assert set(re.findall(r'href="\.\./reference/models/([^"]+)\.html"', unseal(models))) == set(book.models)
    assert set(re.findall(r'href="\.\./reference/devices/([^"]+)\.html"', unseal(devices))) == set(book.devices)


@pytest.mark.parametrize("catalog", [reference.model_catalog, reference.device_catalog])
def test_every_control_of_a_filter_can_match_every_one_of_its_choices(catalog):
    """A choice whose value no row has, or whose name no row knows, would empty the table."""
    html = unseal(catalog(id="t", caption="c"))
    assert re.search(r'<form class="filter" data-for="t-table"[^>]* hidden', html) and 'id="t-table"' in html
    body = re.findall(r"<tr ([^>]*)>", html)
    for name, most, options in re.findall(r'<select name="(\w+)"( data-op="max")?>(.*?)</select>', html):
        values = [re.search(rf'data-{name}="([^"]*)"', row)[1] for row in body]
        for option in re.findall(r'<option value="([^"]+)"', options):
            assert any(float(v) <= float(option) for v in values) if most else option in values, (name, option)


def test_a_model_fits_from_the_size_that_holds_it():
    assert rows(reference.model_catalog(id="t", caption="c"))["Llama 3.1 8B"][5][0] == "8"
    assert numbers.need("llama-3.1-8b", "Q4_K_M", 8192).total > 6 * 2**30


# ---------------------------------------------------------------- formats

@pytest.mark.slow
def test_the_format_table_names_the_lowest_and_highest_real_bits(book):
    kind, nominal, low, middle, high, most, _ = rows(reference.format_table(id="t", caption="c"))["Q4_K_M"]
    every = [float(8 * numbers.weights_bytes(id, "Q4_K_M") / reference._elements(id)) for id in book.models]
    assert (kind[0], nominal[0]) == ("Q4_K", "4.50")
    assert float(low[1]) == pytest.approx(min(every), rel=1e-5) and float(high[1]) == pytest.approx(max(every), rel=1e-5)
    assert most[0] == book.models[list(book.models)[every.index(max(every))]].name and float(low[1]) < float(middle[1]) < float(high[1])


def test_bits_of_a_model_are_those_of_its_page():
    one = rows(reference.bits_by_model(id="t", caption="c", formats=["Q4_K_M", "Q8_0"]))["Qwen2.5 0.5B"]
    page = rows(reference.model_sizes(id="t", caption="c", model="qwen2.5-0.5b"))
    assert [text for text, _ in one] == [page["Q4_K_M"][1][0], page["Q8_0"][1][0]]


def test_an_unknown_format_is_refused_in_one_line():
    with pytest.raises(CatalogError, match="Q4_K_X"):
        reference.bits_by_model(id="t", caption="c", formats=["Q4_K_X"])


def test_block_types_take_eight_times_their_bytes_over_their_weights():
    found = rows(reference.block_table(id="t", caption="c"))
    assert found["Q4_K"][2][0] == "4.5" and found["Q8_0"][2][0] == "8.5" and found["Q6_K"][2][0] == "6.5625"


# ---------------------------------------------------------------- loading and several conversations

def test_loading_times_are_those_of_the_sentences():
    slowest = rows(reference.model_loading(id="t", caption="c", model="llama-3.1-8b"))["NVMe SSD PCIe 4.0 x4"]
    assert slowest[1][0].replace("\u00a0", " ") == "0.83 seconds" and "0.83" in numbers.load_time(model="llama-3.1-8b", format="Q4_K_M")


def test_conversations_together_begin_with_one_and_grow():
    table = rows(reference.device_batches(id="t", caption="c", device="rtx-3090"))
    speeds = [float(value) for _, value in next(cells for name, cells in table.items() if name.startswith("Llama 3.1 8B"))]
    assert speeds == sorted(speeds) and len(speeds) == 6
    assert speeds[0] == pytest.approx(decode_on("llama-3.1-8b", "Q4_K_M", "rtx-3090", 4096).expected, rel=1e-3)


def test_conversations_whose_caches_do_not_fit_have_no_speed():
    """Llama 3.1 8B takes 16 x 0.5 GiB of cache beside 4.3 GiB of weights; a card of 8 GB holds four of them."""
    cells = next(cells for name, cells in rows(reference.device_batches(id="t", caption="c", device="rtx-4060")).items() if name.startswith("Llama 3.1 8B"))
    assert [value is not None and value != "" for _, value in cells] == [True, True, True, False, False, False]
