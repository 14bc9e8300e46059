"""Canonical bytes, Merkle roots and heads against values from outside this project."""

from __future__ import annotations

import random
import struct

import pytest

from ccus.log.canonical import canonical_bytes, parse
from ccus.log.checkpoint import Head, read_head
from ccus.log.merkle import Tree, leaf_hash
from methodology.base.errors import InputError

# RFC 8785, section 3.2.3 (sorting) and appendix B (numbers).
RFC_NUMBERS = {
    0x0000000000000000: "0",
    0x8000000000000000: "0",
    0x0000000000000001: "5e-324",
    0x8000000000000001: "-5e-324",
    0x7FEFFFFFFFFFFFFF: "1.7976931348623157e+308",
    0x4340000000000000: "9007199254740992",
    0x4430000000000000: "295147905179352830000",
    0x44B52D02C7E14AF5: "9.999999999999997e+22",
    0x44B52D02C7E14AF6: "1e+23",
    0x444B1AE4D6E2EF4E: "999999999999999700000",
    0x444B1AE4D6E2EF50: "1e+21",
    0x3EB0C6F7A0B5ED8C: "9.999999999999997e-7",
    0x3EB0C6F7A0B5ED8D: "0.000001",
    0x41B3DE4355555553: "333333333.3333332",
    0x41B3DE4355555555: "333333333.3333333",
    0xBECBF647612F3696: "-0.0000033333333333333333",
    0x43143FF3C1CB0959: "1424953923781206.2",
}
# Roots of the first 0 to 8 of these leaves: the test data of the Certificate Transparency project for RFC 6962.
CT_LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
CT_ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize(("bits", "text"), RFC_NUMBERS.items())
def test_numbers_of_rfc_8785(bits, text):
    value = struct.unpack(">d", struct.pack(">Q", bits))[0]
    assert canonical_bytes(value) == text.encode()


def test_object_of_rfc_8785():
    # Section 3.2.3: keys by UTF-16 code unit, so the emoji (a surrogate pair) comes before U+FB33.
    keys = {"€": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
            "😀": "Emoji: Grinning Face", "\x80": "Control", "ö": "Latin Small Letter O With Diaeresis"}  # fmt: skip
    order = [line.split('"')[-1] for line in canonical_bytes(keys).decode().split('":"')[:-1]]
    assert order == ["\\r", "1", "\x80", "ö", "€", "😀", "\ufb33"]


def test_random_numbers_read_back_the_same():
    random_ = random.Random(8785)
    for _ in range(5000):
        value = struct.unpack("d", random_.randbytes(8))[0]
        if value == value and abs(value) != float("inf"):
            assert float(canonical_bytes(value)) == value


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1.0}',
        b'{"a":1e0}',
        b'{"a":NaN}',
        b"[1,]",
        b'"\xff"',
        b'"\\u0061"',
    ],
)
def test_other_spellings_of_a_value_are_refused(data):
    with pytest.raises(ValueError, match=r"."):
        parse(data)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, {1: 2}, "\ud800", {3}, b"x"])
def test_values_without_exact_form_are_refused(value):
    with pytest.raises(ValueError, match=r"."):
        canonical_bytes(value)


def test_roots_of_certificate_transparency():
    tree = Tree()
    found = [tree.root().hex()]
    for leaf in CT_LEAVES:
        tree.add(leaf_hash(bytes.fromhex(leaf)))
        found.append(tree.root().hex())
    assert tuple(found) == CT_ROOTS


def test_head_is_a_checkpoint_body():
    head = Head("ccus-log/abc", 8, bytes.fromhex(CT_ROOTS[8]))
    # C2SP tlog-checkpoint: origin, size, base64 root, each ended by a newline.
    assert head.text() == "ccus-log/abc\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
    assert read_head(head.text().encode()) == head
    assert read_head((head.text() + "\n— witness AAAA\n").encode()) == head


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1],
        lambda text: text.replace("8\n", "08\n"),
        lambda text: text.replace("8\n", "-8\n"),
        lambda text: text.replace("=\n", "\n"),
        lambda text: text.replace("g=\n", "h=\n"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\n" + text,
        lambda text: "",
        lambda text: "not a head",
    ],
)
def test_what_is_not_a_head_is_refused(change):
    text = Head("ccus-log/abc", 8, bytes.fromhex(CT_ROOTS[8])).text()
    with pytest.raises(InputError) as caught:
        read_head(change(text).encode())
    assert caught.value.code == "CC-LOG-22"
