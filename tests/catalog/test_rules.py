"""One rule, one broken record, one line: file, field, what is wrong, what would be right."""

import pytest

# About the loader: a change of data cannot break these, and each loads the catalog anew.
pytestmark = pytest.mark.slow

LLAMA, CARD, DISK, FACT = "models/llama-3.1-8b.yaml", "devices/rtx-3060-12.yaml", "devices/nvme-gen4.yaml", "facts/ollama-default-context.yaml"


def test_the_records_are_in_order_before_they_are_broken(sandbox):
    assert sandbox.errors() == []


# rule, file, field to change, value, words the one line must contain
BROKEN = [
    ("unknown key", LLAMA, "architecture.head", 32, ["architecture.head", "unknown key", "Did you mean 'heads'"]),
    ("wrong type", LLAMA, "architecture.layers", "32", ["architecture.layers", "'32'", "number of blocks"]),
    ("fraction for a count", LLAMA, "architecture.layers", 32.5, ["architecture.layers", "32.5"]),
    ("yes for a count", LLAMA, "architecture.layers", True, ["architecture.layers", "True"]),
    ("negative", LLAMA, "architecture.hidden", -4096, ["architecture.hidden", "-4096", "too small"]),
    ("zero", LLAMA, "architecture.vocab", 0, ["architecture.vocab", "too small"]),
    ("heads that do not divide", LLAMA, "architecture.kv_heads", 7, ["architecture.kv_heads: 7 does not divide heads 32"]),
    ("a count that is off by one layer", LLAMA, "architecture.layers", 31, ["parameters.total", "8,030,261,248 is published", "-218,112,000"]),
    ("impossible context", LLAMA, "context", 0, ["context", "too small"]),
    ("choice that does not exist", LLAMA, "license.commercial", "maybe", ["license.commercial", "'maybe'", "'conditional'"]),
    ("yes without quotes", LLAMA, "license.commercial", True, ["license.commercial", "True"]),
    ("month that cannot be", LLAMA, "released", "2024-13", ["released", "2024-13", "for example 2024-07"]),
    ("hub name without owner", LLAMA, "hub", "Llama-3.1-8B", ["hub", "owner/name"]),
    ("file name is not the id", LLAMA, "id", "llama-31-8b", ["id: 'llama-31-8b' is not the file name"]),
    ("no source", LLAMA, "sources", [], ["sources", "at least one source"]),
    ("source without a scheme", LLAMA, "sources.0.address", "huggingface.co", ["sources[1].address", "huggingface.co", "https://"]),
    ("source without a date", LLAMA, "sources.0.accessed", "recently", ["sources[1].accessed", "recently", "2026-11-21"]),
    ("more active experts than experts", "models/mixtral-8x7b.yaml", "architecture.experts.active", 9, ["architecture.experts.active: 9 is more than experts.count 8"]),
    ("dense layers without a width", "models/mixtral-8x7b.yaml", "architecture.experts.dense_layers", 32, ["architecture.ffn: it is missing"]),
    ("wrong unit of bandwidth", CARD, "bandwidth.transfer_rate", -15, ["bandwidth.transfer_rate", "too small"]),
    ("published bandwidth that does not follow", CARD, "bandwidth.published", 448.0, ["bandwidth.published: 448 GB/s", "360.0 GB/s"]),
    ("published bandwidth that follows already", CARD, "bandwidth.published", 360.0, ["bandwidth.published: 360 GB/s already follows", "typed once"]),
    ("two ways to a bandwidth", CARD, "bandwidth.quoted", 360.0, ["bandwidth.bus_bits", "or quoted alone"]),
    ("encoding above one", DISK, "bandwidth.encoding", "130/128", ["bandwidth.encoding: 130/128 is more than 1"]),
    ("kind that does not exist", CARD, "kind", "gpu", ["kind", "'gpu'", "'consumer-gpu'"]),
    ("memory of nothing", CARD, "memory.sizes", [], ["memory.sizes", "every size"]),
    ("infinite power", CARD, "power_w", float("inf"), ["power_w"]),
    ("two ways to a rate", CARD, "fp16.stated", 25.5, ["fp16.stated: give units, per_clock and mhz, or stated alone"]),
    ("half a way to a rate", CARD, "fp16", {"units": 28, "mhz": 1777}, ["fp16.stated: give units, per_clock and mhz", "found units, mhz"]),
    ("sparse FP16 rate", CARD, "fp16", {"stated": 101.9}, ["fp16: 101.9 TFLOPS is more than half of int8_tops 102", "sparse"]),
    ("launch after the newest source", CARD, "launched", "2026-12", ["launched: 2026-12 is after its newest source was read (2026-11-21)"]),
    ("launched and announced", CARD, "announced", "next year", ["launched: it does not go with announced"]),
    ("backend that does not exist", CARD, "backends.0", "Cuda", ["backends[1]", "'Cuda'", "'CUDA'"]),
    ("bus that does not exist", CARD, "host_bus", "pcie4-x6", ["host_bus: there is no bus 'pcie4-x6'. Did you mean 'pcie4-x16'?"]),
    ("bus that is a disk", CARD, "host_bus", "nvme-gen4", ["host_bus: there is no bus 'nvme-gen4'"]),
    ("more devices than dies", CARD, "seen_as", 2, ["seen_as: 2 devices cannot share 1 dies evenly"]),
    ("fact without a value", FACT, "value", "", ["value"]),
]


@pytest.mark.parametrize("rule, file, field, value, words", BROKEN, ids=[b[0] for b in BROKEN])
def test_a_broken_field_is_named_in_one_line(sandbox, rule, file, field, value, words):
    sandbox.change(file, field, value)
    lines = sandbox.errors()
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"macros/catalog/{file}: ")
    assert "\n" not in lines[0] and "Traceback" not in lines[0]
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("file, field", [(LLAMA, "architecture.kv_heads"), (LLAMA, "license"), (LLAMA, "sources"), (CARD, "bandwidth"), (CARD, "memory"), (FACT, "as_of"), (FACT, "sources")])
def test_a_missing_field_is_named_with_what_to_add(sandbox, file, field):
    sandbox.change(file, field, remove=True)
    lines = sandbox.errors()
    assert len(lines) == 1
    assert lines[0].startswith(f"macros/catalog/{file}: {field}: ") and "missing" in lines[0]


def test_memory_on_a_disk_is_refused(sandbox):
    sandbox.change(DISK, "memory", {"type": "flash", "sizes": [2000]})
    assert sandbox.errors() == [f"macros/catalog/{DISK}: memory: it does not belong to a storage; no model runs there"]


def test_a_device_whose_bus_is_broken_is_not_reported_too(sandbox):
    sandbox.change("devices/pcie4-x16.yaml", "kind", "slot")
    assert [line.split(": ")[0] for line in sandbox.errors()] == ["macros/catalog/devices/pcie4-x16.yaml"]


def test_two_devices_of_one_name_are_refused(sandbox):
    sandbox.write("devices/another.yaml", (sandbox.folder / CARD).read_text(encoding="utf-8").replace("id: rtx-3060-12", "id: another"))
    assert len(lines := sandbox.errors()) == 1 and "is already in another.yaml; the same thing belongs in one file" in lines[0]


def test_all_mistakes_of_a_file_are_reported_at_once(sandbox):
    sandbox.change(LLAMA, "architecture.kv_heads", 7)
    sandbox.change(LLAMA, "architecture.hidden", 0)
    sandbox.change(LLAMA, "license.commercial", "maybe")
    sandbox.change(LLAMA, "colour", "red")
    assert len(sandbox.errors()) == 4


def test_mistakes_of_several_files_are_reported_at_once(sandbox):
    sandbox.change(LLAMA, "architecture.kv_heads", 7)
    sandbox.change(CARD, "kind", "gpu")
    assert [line.split(": ")[0] for line in sandbox.errors()] == [f"macros/catalog/{LLAMA}", f"macros/catalog/{CARD}"]


def test_the_same_thing_in_two_files_is_refused(sandbox):
    text = (sandbox.folder / LLAMA).read_text(encoding="utf-8").replace("id: llama-3.1-8b", "id: another")
    sandbox.write("models/another.yaml", text)
    assert any("already in another.yaml" in line for line in sandbox.errors())


def test_a_key_given_twice_is_refused(sandbox):
    sandbox.write(CARD, (sandbox.folder / CARD).read_text(encoding="utf-8") + "kind: bus\n")
    assert len(lines := sandbox.errors()) == 1 and "'kind' is given twice" in lines[0]


@pytest.mark.parametrize("text, words", [
    ("id: x\n  name: y\n", "line"),
    ("", "holds no"),
    ("- a\n- b\n", "holds no"),
    ("id: \t{\n", "line"),
    ("launched: 2026-13-45\n", "dates"),
], ids=["wrong indent", "empty", "a list", "open brace", "impossible date"])
def test_a_malformed_file_is_one_line(sandbox, text, words):
    sandbox.write(CARD, text)
    assert len(lines := sandbox.errors()) == 1, lines
    assert lines[0].startswith(f"macros/catalog/{CARD}: ") and words in lines[0] and "\n" not in lines[0]


def test_a_file_that_is_not_utf8_is_one_line(sandbox):
    (sandbox.folder / CARD).write_bytes(b"name: caf\xe9\n")
    assert sandbox.errors() == [f"macros/catalog/{CARD}: file: it is not UTF-8 text; save it as UTF-8"]


def test_a_file_of_another_kind_in_a_folder_is_named(sandbox):
    sandbox.write("models/notes.yml", "id: notes\n")
    assert "only .yaml files belong here" in sandbox.errors()[0]


def test_a_mix_with_an_unknown_block_type_is_refused(sandbox):
    sandbox.change("formats.yaml", "mixes.0.default", "Q9_9")
    assert "'Q9_9' is not one of the types" in sandbox.errors()[0]


def test_a_spelling_that_belongs_to_two_terms_is_refused(sandbox):
    sandbox.write("glossary.yaml", "terms:\n- {id: a, term: Cache, level: basic, topic: memory, gloss: g, text: t, why: w}\n- {id: b, term: Other, also: [cache], level: basic, topic: memory, gloss: g, text: t, why: w}\n")
    assert "'cache' already belongs to a" in sandbox.errors()[0]


def test_a_reference_to_an_unknown_term_is_refused(sandbox):
    sandbox.write("glossary.yaml", "terms:\n- {id: cache, term: Cache, level: basic, topic: memory, gloss: g, text: t, why: w, see: [cach]}\n")
    assert "there is no term 'cach'. Did you mean 'cache'?" in sandbox.errors()[0]
