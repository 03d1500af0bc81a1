"""Writes odd but real pictures of every kind, and what Pillow makes of them: test/goldens/pillow.

    pip install pillow==13.0.0 numpy
    python picture_goldens.py ../test/goldens/pillow 4

The number, 1 unless given, keeps only every so many of the TIFFs, which are most. Each case is a file, a convention, and SHA-256 over the RGB bytes of the 224 x 224 crop that the reference makes, "refused" where
Pillow refuses the file, or "outside" where Clipgraph refuses what Pillow reads. The pictures are small; all are drawn here.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import struct
import sys
import warnings
import zlib
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

SIZE = 224
WIDTH, HEIGHT = 37, 29
Case = dict[str, Any]
Array = np.ndarray[Any, Any]


def drawing(bands: int, seed: int = 1, depth: int = 8, width: int = WIDTH, height: int = HEIGHT) -> Array:
    """A gradient with noise and an edge, so that each step of the preparation shows."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for band in range(bands):
        plane = (
            127 + 90 * np.sin(x / (7 + band * 3) + band) * np.cos(y / (5 + band)) + rng.normal(0, 12, (height, width))
        )
        plane[(x + y * (band + 1)) % 17 < 3] = 255 if band % 2 else 0
        planes.append(np.clip(plane, 0, 255))
    picture = np.stack(planes, axis=2)
    if depth == 16:
        return (picture * 257 + rng.integers(0, 128, picture.shape)).clip(0, 65535).astype(np.uint16)
    return picture.astype(np.uint8)


# What the references do.


def composite(image: Image.Image) -> Image.Image:
    """transformers 5, image_transforms.py, convert_to_rgb."""
    if "A" in image.getbands() or image.info.get("transparency") is not None:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), image).convert("RGB")
    return image.convert("RGB")


def resize(image: Image.Image) -> Image.Image:
    width, height = image.size
    size = (SIZE, int(SIZE * height / width)) if width <= height else (int(SIZE * width / height), SIZE)
    return image.resize(size, Image.Resampling.BICUBIC)


def scaled(image: Image.Image, convention: str) -> Image.Image:
    """16-bit grey by its high byte: the default where strict is off."""
    grey = np.asarray(image).astype(np.uint16)
    key = image.info.get("transparency")
    if key is None or convention != "hf":
        return Image.fromarray((grey >> 8).astype(np.uint8))
    alpha = np.where(grey == key, 0, 255).astype(np.uint8)
    return Image.merge("LA", (Image.fromarray((grey >> 8).astype(np.uint8)), Image.fromarray(alpha)))


def crop_of(data: bytes, convention: str, strict: bool, orientation: str) -> str:
    try:
        image: Image.Image = Image.open(io.BytesIO(data))
        if orientation == "apply":
            image = ImageOps.exif_transpose(image)
        image.load()
        if image.mode.startswith("I;16") and not strict:
            image = scaled(image, convention)
        if convention != "openai":
            image = resize(composite(image) if convention == "hf" else image.convert("RGB"))
            left, top = (image.width - SIZE) // 2, (image.height - SIZE) // 2
        else:
            image = resize(image)
            left, top = round((image.width - SIZE) / 2), round((image.height - SIZE) / 2)
        crop = image.crop((left, top, left + SIZE, top + SIZE)).convert("RGB")
    except Exception:  # whatever Pillow raises is a refusal
        return "refused"
    return hashlib.sha256(crop.tobytes()).hexdigest()


# JPEG


def jpeg(image: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", **{"quality": 90, **options})
    return out.getvalue()


def segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def marker_at(data: bytes, marker: int) -> int:
    """Where a marker of the header begins."""
    at = 2
    while data[at + 1] != marker:
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return at


def before(data: bytes, marker: int, extra: bytes) -> bytes:
    at = marker_at(data, marker)
    return data[:at] + extra + data[at:]


def exif(
    value: int, kind: int = 3, count: int = 1, big: bool = False, offset: int = 8, entries: list[bytes] | None = None
) -> bytes:
    end = ">" if big else "<"
    width = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 13: "I"}
    if kind in (5, 10):
        field = struct.pack(end + "HHII", 0x0112, kind, 1, offset + 6 + 12)
        tail = struct.pack(end + "II", value, 1)
    elif kind == 12:
        field = struct.pack(end + "HHII", 0x0112, kind, 1, offset + 6 + 12)
        tail = struct.pack(end + "d", value)
    else:
        field = (
            struct.pack(end + "HHI", 0x0112, kind, count)
            + (struct.pack(end + width[kind], value) * count).ljust(4, b"\0")[:4]
        )
        tail = b""
    fields = [*(entries or []), field]
    directory = struct.pack(end + "H", len(fields)) + b"".join(fields) + struct.pack(end + "I", 0)
    head = (b"MM\0*" if big else b"II*\0") + struct.pack(end + "I", offset)
    return head + b"\0" * (offset - 8) + directory + tail


def xmp(value: int, element: bool = False) -> bytes:
    body = f"<tiff:Orientation>{value}</tiff:Orientation>" if element else ""
    attribute = "" if element else f' tiff:Orientation="{value}"'
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        f'xmlns:tiff="http://ns.adobe.com/tiff/1.0/"{attribute}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"


def packed(codes: Sequence[tuple[int, int]]) -> bytes:
    """Codes of so many bits, as a scan holds them."""
    bits = "".join(f"{code:0{length}b}" for code, length in codes if length)
    bits += "1" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")


def many_scans(components: int, repeats: int = 1) -> bytes:
    """A progressive JPEG of flat blocks whose 63 other coefficients each come in 14 scans, a bit at a time: all zero."""
    across, down = 4, 3
    huffman = segment(0xC4, b"\0\0\0\0\x0c" + bytes(12) + bytes(range(12)))
    huffman += segment(0xC4, b"\x10\0\0\0\x0f" + bytes(12) + bytes(run << 4 for run in range(15)))
    ids = range(1, components + 1)
    frame = struct.pack(">BHHB", 8, down * 8, across * 8, components) + b"".join(bytes([n, 0x11, 0]) for n in ids)
    codes: list[tuple[int, int]] = []
    last = [0] * components
    for block in range(across * down):
        for n in range(components):
            value = ((block * 37 + n * 91) % 200 - 100) * 8
            step, last[n] = value - last[n], value
            length = abs(step).bit_length()
            codes += [(length, 4), (step if step >= 0 else step + (1 << length) - 1, length)]
    scans = segment(0xDA, bytes([components]) + b"".join(bytes([n, 0]) for n in ids) + b"\0\0\0") + packed(codes)
    empty = packed([(3, 4), (across * down - 8, 3)])  # a run of 12 blocks without any of it
    for n in list(ids) * repeats:
        for coefficient in range(1, 64):
            for bit in range(13, -1, -1):
                before = 0 if bit == 13 else bit + 1
                place = bytes([1, n, 0, coefficient, coefficient, before << 4 | bit])
                scans += segment(0xDA, place) + empty
    return b"\xff\xd8" + segment(0xDB, b"\0" + b"\1" * 64) + segment(0xC2, frame) + huffman + scans + b"\xff\xd9"


def repeated_scans(data: bytes, first: int, last: int) -> bytes:
    """A progressive JPEG whose first, or last, scan comes several times: libjpeg warns of each."""
    parts = [0]
    at = 2
    while data[at + 1] != 0xD9:
        is_scan = data[at + 1] == 0xDA
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
        while is_scan and (data[at] != 0xFF or data[at + 1] == 0):
            at += 1
        if is_scan:
            parts.append(at)
    scans = [data[a:b] for a, b in pairwise(parts)]
    head, start = marker_at(data, 0xDA), scans[0]
    table = start[start.rindex(b"\xff\xc4", 0, head) :]
    return start + table * (first - 1) + b"".join(scans[1:]) + scans[-1] * (last - 1) + b"\xff\xd9"


def jpegs() -> dict[str, bytes]:
    rgb = Image.fromarray(drawing(3))
    grey = Image.fromarray(drawing(1)[:, :, 0])
    plain = jpeg(rgb)
    restarts = jpeg(rgb, restart_marker_blocks=4)
    cmyk = jpeg(Image.fromarray(drawing(4), "CMYK"))
    sos = marker_at(plain, 0xDA)
    dqt = marker_at(plain, 0xDB)
    app0 = marker_at(plain, 0xE0)
    no_app0 = plain[:app0] + plain[app0 + 18 :]
    rst = restarts.index(b"\xff\xd0", marker_at(restarts, 0xDA))
    bits_of_sos = bytearray(plain)
    bits_of_sos[sos + 2 + 2 + 1 + 6 : sos + 2 + 2 + 1 + 9] = b"\0\0\0"
    frame = marker_at(plain, 0xC0)
    depth12 = bytearray(plain)
    depth12[frame + 4] = 12
    zero = bytearray(plain)
    zero[frame + 5 : frame + 7] = b"\0\0"
    components_app14 = {
        t: no_app0[:2] + segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([t])) + no_app0[2:] for t in (0, 1, 2, 7)
    }
    adobe_at = marker_at(cmyk, 0xEE)
    files = {
        "junk-before-dqt": plain[:dqt] + b"\x12\x34junk\0" + plain[dqt:],
        "junk-escaped": plain[:dqt] + b"\xff\0\xff\0zz" + plain[dqt:],
        "fill-bytes": plain[:dqt] + b"\xff" * 9 + plain[dqt:],
        "junk-before-sos": plain[:sos] + b"abc" + plain[sos:],
        "sos-bits": bytes(bits_of_sos),
        "no-app0": no_app0,
        "jfif-9": plain[: app0 + 9] + b"\x09\x63" + plain[app0 + 11 :],
        "jfif-late": no_app0[: marker_at(no_app0, 0xDA)]
        + plain[app0 : app0 + 18]
        + no_app0[marker_at(no_app0, 0xDA) :],
        "two-soi": plain[:2] + b"\xff\xd8" + plain[2:],
        "no-eoi": plain[:-2],
        "half": plain[: len(plain) * 2 // 3],
        "after-eoi": plain + b"trailing" * 20,
        "bytes-before-eoi": plain[:-2] + b"\x11\x22\x33" + plain[-2:],
        "bytes-before-rst": restarts[:rst] + b"\x5a\x5a\x5a" + restarts[rst:],
        "restarts": restarts,
        "restart-rows": jpeg(rgb, restart_marker_rows=1),
        "progressive": jpeg(rgb, progressive=True),
        "progressive-grey": jpeg(grey, progressive=True),
        "grey": jpeg(grey),
        "4-4-4": jpeg(rgb, subsampling="4:4:4"),
        "4-2-2": jpeg(rgb, subsampling="4:2:2"),
        "4-1-1": jpeg(rgb, subsampling="4:1:1"),
        "keep-rgb": jpeg(rgb, keep_rgb=True),
        "cmyk": cmyk,
        "cmyk-no-adobe": cmyk[:adobe_at] + cmyk[adobe_at + 16 :],
        "cmyk-transform-2": cmyk[: adobe_at + 15] + b"\x02" + cmyk[adobe_at + 16 :],
        "cmyk-transform-7": cmyk[: adobe_at + 15] + b"\x07" + cmyk[adobe_at + 16 :],
        "cmyk-progressive": jpeg(Image.fromarray(drawing(4), "CMYK"), progressive=True),
        "12-bit": bytes(depth12),
        "no-height": bytes(zero),
        "comment": before(plain, 0xDB, segment(0xFE, b"a" * 300)),
        "com-with-markers": before(plain, 0xDB, segment(0xFE, b"\xff\xd9\xff\xda")),
        "app15": before(plain, 0xDB, segment(0xEF, b"\xff\xc0" * 9)),
        "icc-bad": before(plain, 0xDB, segment(0xE2, b"ICC_PROFILE\0\x01\x02" + b"x" * 50)),
        "unknown-marker": before(plain, 0xDB, segment(0xF2, b"")[:2]),
        **{f"transform-{t}": data for t, data in components_app14.items()},
        "scans-883": many_scans(1),
        "scans-2647": many_scans(3),
        "scans-twice": many_scans(3, repeats=2),
        "scan-first-100": repeated_scans(jpeg(rgb, progressive=True), 100, 1),
        "scan-last-100": repeated_scans(jpeg(rgb, progressive=True), 1, 100),
        "scan-last-100-grey": repeated_scans(jpeg(grey, progressive=True), 1, 100),
        "scan-last-100-cmyk": repeated_scans(jpeg(Image.fromarray(drawing(4), "CMYK"), progressive=True), 1, 100),
    }
    many = io.BytesIO()
    rgb.save(many, "MPO", save_all=True, append_images=[rgb.rotate(180)])
    files["mpo"] = many.getvalue()
    oriented = {
        "exif-6": segment(0xE1, b"Exif\0\0" + exif(6)),
        "exif-offset": segment(0xE1, b"Exif\0\0" + exif(8, offset=20)),
        "exif-long": segment(0xE1, b"Exif\0\0" + exif(7, kind=4)),
        "exif-byte": segment(0xE1, b"Exif\0\0" + exif(6, kind=1)),
        "exif-byte-and-xmp": segment(0xE1, b"Exif\0\0" + exif(6, kind=1)) + segment(0xE1, XMP_HEAD + xmp(3)),
        "exif-signed": segment(0xE1, b"Exif\0\0" + exif(5, kind=9, big=True)),
        "exif-rational": segment(0xE1, b"Exif\0\0" + exif(6, kind=5)),
        "exif-float": segment(0xE1, b"Exif\0\0" + exif(8, kind=11)),
        "exif-double": segment(0xE1, b"Exif\0\0" + exif(4, kind=12)),
        "exif-two-values": segment(0xE1, b"Exif\0\0" + exif(6, count=2)),
        "exif-9": segment(0xE1, b"Exif\0\0" + exif(9)),
        "exif-9-and-xmp": segment(0xE1, b"Exif\0\0" + exif(9)) + segment(0xE1, XMP_HEAD + xmp(6)),
        "exif-twice-stated": segment(0xE1, b"Exif\0\0" + exif(3, entries=[struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)])),
        "exif-unknown-type-first": segment(
            0xE1, b"Exif\0\0" + exif(3, entries=[struct.pack("<HHIHH", 0x0112, 99, 1, 6, 0)])
        ),
        "exif-prefix-twice": segment(0xE1, b"Exif\0\0Exif\0\0" + exif(6)),
        "exif-in-pieces": segment(0xE1, b"Exif\0\0" + exif(6)[:14]) + segment(0xE1, b"Exif\0\0" + exif(6)[14:]),
        "exif-then-xmp": segment(0xE1, b"Exif\0\0" + exif(3)) + segment(0xE1, XMP_HEAD + xmp(6)),
        "xmp-element": segment(0xE1, XMP_HEAD + xmp(7, element=True)),
        "xmp-8": segment(0xE1, XMP_HEAD + xmp(8)),
        "xmp-0": segment(0xE1, XMP_HEAD + xmp(0)),
        "xmp-twice": segment(0xE1, XMP_HEAD + xmp(6)) + segment(0xE1, XMP_HEAD + xmp(3)),
        **{
            f"exif-{value}": segment(0xE1, b"Exif\0\0" + exif(value, big=value % 2 == 0))
            for value in (1, 2, 3, 4, 5, 7, 8)
        },
    }
    for name, data in oriented.items():
        files[f"o-{name}"] = before(plain, 0xDB, data)
    files["o-exif-late"] = before(plain, 0xDA, oriented["exif-6"])
    files["o-xmp-late"] = before(plain, 0xDA, oriented["xmp-8"])
    files["o-exif-after-junk"] = before(plain, 0xDB, b"zz\xff\xff" + oriented["exif-6"])
    files["o-grey"] = before(jpeg(grey), 0xDB, oriented["exif-6"])
    files["o-cmyk"] = before(cmyk, 0xDB, oriented["exif-5"])
    return {f"{name}.jpg": data for name, data in files.items()}


# PNG


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(
    samples: Array,
    depth: int,
    colour: int,
    first: Sequence[bytes] = (),
    last: Sequence[bytes] = (),
    interlaced: bool = False,
) -> bytes:
    height, width = samples.shape[:2]
    rows = b""
    for left, top, across, down in PASSES if interlaced else [(0, 0, 1, 1)]:
        part = samples[top::down, left::across]
        if part.size == 0:
            continue
        for number, line in enumerate(part):
            if depth == 16:
                data = line.astype(">u2").tobytes()
            elif depth == 8:
                data = line.astype(np.uint8).tobytes()
            else:
                bits = np.unpackbits(line.reshape(-1, 1).astype(np.uint8), axis=1)[:, 8 - depth :]
                data = np.packbits(bits.reshape(-1)).tobytes()
            if number % 3 == 1:  # the filter Sub
                step = max(1, depth * samples.shape[2] // 8)
                data = bytes((data[i] - (data[i - step] if i >= step else 0)) & 255 for i in range(len(data)))
                rows += b"\1" + data
            else:
                rows += b"\0" + data
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    packed = zlib.compress(rows)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            *first,
            chunk(b"IDAT", packed[:40]),
            chunk(b"IDAT", packed[40:]),
            *last,
            chunk(b"IEND", b""),
        ]
    )


def pngs() -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    rng = np.random.default_rng(5)
    for depth in (1, 2, 4, 8, 16):
        grey = drawing(1, 3, 16 if depth == 16 else 8) >> (0 if depth >= 8 else 8 - depth)
        most = int(grey[5, 5, 0])
        for name, key in {
            "": None,
            "-key": most,
            "-key-scaled": most * 255 // ((1 << min(depth, 8)) - 1),
            "-key-0": 0,
            "-key-high": 0x0100,
        }.items():
            first = [] if key is None else [chunk(b"tRNS", struct.pack(">H", key & 0xFFFF))]
            files[f"grey-{depth}{name}"] = png(grey, depth, 0, first)
        files[f"grey-{depth}-interlaced"] = png(grey, depth, 0, interlaced=True)
    for depth in (8, 16):
        rgb = drawing(3, 4, depth)
        files[f"rgb-{depth}"] = png(rgb, depth, 2, interlaced=True)
        pixel = [int(v) for v in rgb[9, 9]]
        files[f"rgb-{depth}-key"] = png(rgb, depth, 2, [chunk(b"tRNS", struct.pack(">HHH", *pixel))])
        files[f"rgb-{depth}-key-high"] = png(
            rgb, depth, 2, [chunk(b"tRNS", struct.pack(">HHH", *[v >> 8 if depth == 16 else v | 0x100 for v in pixel]))]
        )
        for bands, colour in ((2, 4), (4, 6)):
            files[f"alpha-{colour}-{depth}"] = png(drawing(bands, 6, depth), depth, colour)
    palette = rng.integers(0, 256, 256 * 3, dtype=np.uint8).tobytes()
    for depth in (1, 2, 4, 8):
        colours = 1 << depth
        indices = rng.integers(0, colours, (HEIGHT, WIDTH, 1))
        plte = chunk(b"PLTE", palette[: colours * 3])
        alphas = rng.integers(0, 256, 256, dtype=np.uint8).tobytes()
        files[f"palette-{depth}"] = png(indices, depth, 3, [plte])
        files[f"palette-{depth}-interlaced"] = png(indices, depth, 3, [plte], interlaced=True)
        files[f"palette-{depth}-alphas"] = png(indices, depth, 3, [plte, chunk(b"tRNS", alphas[:colours])])
        files[f"palette-{depth}-few-alphas"] = png(indices, depth, 3, [plte, chunk(b"tRNS", alphas[:1])])
        files[f"palette-{depth}-one-clear"] = png(indices, depth, 3, [plte, chunk(b"tRNS", b"\xff\0")])
        short = chunk(b"PLTE", palette[: (colours // 2) * 3])
        files[f"palette-{depth}-short"] = png(indices, depth, 3, [short])
        files[f"palette-{depth}-more-alphas"] = png(indices, depth, 3, [short, chunk(b"tRNS", alphas[:colours])])
        files[f"palette-{depth}-more-alphas-unused"] = png(
            indices % (colours // 2), depth, 3, [short, chunk(b"tRNS", alphas[: min(256, colours + 3)])]
        )
    files["palette-none"] = png(rng.integers(0, 256, (HEIGHT, WIDTH, 1)), 8, 3)
    rgb = drawing(3, 4)
    srgb = zlib.compress(b"not a profile at all")
    for name, extra in {
        "gamma": [chunk(b"gAMA", struct.pack(">I", 100000))],
        "gamma-0": [chunk(b"gAMA", struct.pack(">I", 0))],
        "icc-broken": [chunk(b"iCCP", b"x\0\0" + srgb)],
        "srgb-chrm": [chunk(b"sRGB", b"\0"), chunk(b"cHRM", struct.pack(">8I", *range(1, 9)))],
        "sbit": [chunk(b"sBIT", b"\5\5\5")],
        "bkgd": [chunk(b"bKGD", b"\0\1\0\2\0\3")],
        "plte-in-rgb": [chunk(b"PLTE", palette[:30])],
        "unknown-ancillary": [chunk(b"abCd", b"x" * 9)],
        "apng": [
            chunk(b"acTL", struct.pack(">II", 1, 0)),
            chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0)),
        ],
    }.items():
        files[name] = png(rgb, 8, 2, extra)
    hexed = (b"Exif\0\0" + exif(6)).hex()
    profile = f"\nexif\n{len(hexed) // 2:8}\n" + "\n".join(hexed[i : i + 72] for i in range(0, len(hexed), 72)) + "\n"
    text = b"XML:com.adobe.xmp"
    places = {
        "exif": chunk(b"eXIf", exif(6)),
        "exif-prefix": chunk(b"eXIf", b"Exif\0\0" + exif(8, big=True)),
        "exif-long": chunk(b"eXIf", exif(5, kind=4, big=True, offset=26)),
        "profile-ztxt": chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(profile.encode())),
        "profile-text": chunk(b"tEXt", b"Raw profile type exif\0" + profile.encode()),
        "profile-itxt": chunk(b"iTXt", b"Raw profile type exif\0\0\0\0\0" + profile.encode()),
        "profile-itxt-packed": chunk(b"iTXt", b"Raw profile type exif\0\1\0en\0k\0" + zlib.compress(profile.encode())),
        "profile-app1": chunk(b"zTXt", b"Raw profile type APP1\0\0" + zlib.compress(profile.encode())),
        "profile-and-exif": chunk(b"tEXt", b"Raw profile type exif\0" + profile.encode()) + chunk(b"eXIf", exif(3)),
        "xmp-itxt": chunk(b"iTXt", text + b"\0\0\0\0\0" + xmp(6)),
        "xmp-itxt-packed": chunk(b"iTXt", text + b"\0\1\0\0\0" + zlib.compress(xmp(7, element=True))),
        "xmp-and-exif": chunk(b"iTXt", text + b"\0\0\0\0\0" + xmp(6)) + chunk(b"eXIf", exif(3)),
        "exif-without": chunk(b"eXIf", exif(1, kind=3)[:8] + b"\0\0\0\0\0\0")
        + chunk(b"iTXt", text + b"\0\0\0\0\0" + xmp(4)),
    }
    for name, data in places.items():
        files[f"o-{name}"] = png(rgb, 8, 2, [data])
        files[f"o-{name}-late"] = png(rgb, 8, 2, [], [data])
    files["o-palette"] = png(rng.integers(0, 256, (HEIGHT, WIDTH, 1)), 8, 3, [chunk(b"PLTE", palette), places["exif"]])
    files["o-grey-16"] = png(drawing(1, 3, 16), 16, 0, [places["exif-prefix"]])
    files["o-rgba"] = png(drawing(4, 3), 8, 6, [places["exif-long"]])
    files["o-bilevel"] = png(drawing(1, 3) >> 7, 1, 0, [places["exif"]])
    return {f"{name}.png": data for name, data in files.items()}


def odd_pngs() -> dict[str, bytes]:
    """Empty, cut, repeated and unknown chunks; data in pieces, without its end, with more behind it."""
    files: dict[str, bytes] = {}
    palette = np.random.default_rng(6).integers(0, 256, 256 * 3, dtype=np.uint8).tobytes()
    start, end = b"\x89PNG\r\n\x1a\n", chunk(b"IEND", b"")
    few = [int(v) for v in drawing(3, 4)[9, 9]]
    clear, other = struct.pack(">HHH", *few), struct.pack(">HHH", *few[::-1])
    for kind, bands, colour, depth in (
        ("rgb", 3, 2, 8),
        ("rgb-16", 3, 2, 16),
        ("grey-16", 1, 0, 16),
        ("index", 1, 3, 8),
    ):
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, 0))
        rows = b"".join(
            b"\0" + row.astype(">u2" if depth == 16 else "u1").tobytes() for row in drawing(bands, 4, depth)
        )
        data = zlib.compress(rows)
        first = [chunk(b"PLTE", palette)] if colour == 3 else []
        text, none = chunk(b"tEXt", b"a\0b"), chunk(b"IDAT", b"")
        wrong = bytearray(text)
        wrong[-1] ^= 1
        whole = chunk(b"IDAT", data)
        wrong_data = whole[:-1] + bytes([whole[-1] ^ 1])
        pieces = [chunk(b"IDAT", data[at : at + 7]) for at in range(0, len(data), 7)]
        cases: dict[str, tuple[list[bytes], list[bytes], list[bytes]]] = {
            "data-empty-before": ([], [none, whole], [end]),
            "data-empty-after": ([], [whole, none], [end]),
            "data-empty-between": ([], [pieces[0], none, none, *pieces[1:]], [end]),
            "data-in-pieces": ([], pieces, [end]),
            "data-none": ([], [], [end]),
            "data-only-empty": ([], [none], [end]),
            "data-text-between": ([], [pieces[0], text, *pieces[1:]], [end]),
            "data-after-text": ([], [whole, text, chunk(b"IDAT", b"junk")], [end]),
            "data-cut-after-text": ([], [whole, text, b"\0\0\1\0IDATjunk"], []),
            "data-more": ([], [chunk(b"IDAT", data + b"junk")], [end]),
            "data-more-rows": ([], [chunk(b"IDAT", zlib.compress(rows * 40))], [end]),
            "data-cut": ([], [chunk(b"IDAT", data[:-40])], [end]),
            "data-without-sum": ([], [chunk(b"IDAT", data[:-4])], [end]),
            "data-half-a-sum": ([], [chunk(b"IDAT", data[:-2])], [end]),
            "data-wrong-sum": ([], [chunk(b"IDAT", data[:-4] + b"abcd")], [end]),
            "data-wrong-crc": ([], [wrong_data], [end]),
            "end-missing": ([], [whole], []),
            "end-junk": ([], [whole], [b"\0\0\0\0\xff\xff\xff\xff"]),
            "end-cut-text": ([], [whole], [b"\0\0\1\0tEXtabc"]),
            "start-junk": ([b"\0\0\0\0\xff\xff\xff\xff"], [whole], [end]),
            "header-twice": ([head], [whole], [end]),
            "critical-unknown": ([chunk(b"CRIT", b"xx")], [whole], [end]),
            "private-empty": ([chunk(b"prVt", b"")], [whole], [end]),
            "text-wrong-crc": ([bytes(wrong)], [whole], [end]),
            "text-wrong-crc-late": ([], [whole, bytes(wrong)], [end]),
            "text-unknown-packing": ([chunk(b"zTXt", b"a\0\1xx")], [whole], [end]),
            "profile-unknown-packing": ([chunk(b"iCCP", b"a\0\1xx")], [whole], [end]),
            "palette-empty": ([chunk(b"PLTE", b"")], [whole], [end]),
            "palette-twice": ([chunk(b"PLTE", palette[::-1])], [whole], [end]),
            "palette-late": ([], [whole, chunk(b"PLTE", palette[::-1])], [end]),
            "clear-twice": ([chunk(b"tRNS", clear), chunk(b"tRNS", other)], [whole], [end]),
            "clear-late": ([], [whole, chunk(b"tRNS", clear)], [end]),
            "clear-short": ([chunk(b"tRNS", b"\0")], [whole], [end]),
        }
        empty = (
            "tEXt",
            "zTXt",
            "iTXt",
            "gAMA",
            "cHRM",
            "sRGB",
            "pHYs",
            "iCCP",
            "eXIf",
            "bKGD",
            "tIME",
            "acTL",
            "fcTL",
            "tRNS",
        )
        for name in empty:
            cases[f"empty-{name.lower()}"] = ([chunk(name.encode(), b"")], [whole], [end])
        cases["empty-gama-late"] = ([], [whole, chunk(b"gAMA", b"")], [end])
        for name, (before_data, parts, after) in cases.items():
            # What only concerns the way to the data is the same in every kind.
            if kind in ("rgb-16", "grey-16") and not name.startswith(("data-", "clear-", "palette-")):
                continue
            files[f"{kind}-{name}"] = start + head + b"".join([*first, *before_data, *parts, *after])
        for name, at, value in (("compression-1", 10, 1), ("filter-1", 11, 1), ("interlace-2", 12, 2)):
            if kind in ("rgb", "index"):
                body = bytearray(head[8:21])
                body[at] = value
                files[f"{kind}-{name}"] = start + chunk(b"IHDR", bytes(body)) + b"".join([*first, whole, end])
    return {f"x-{name}.png": data for name, data in files.items()}


# WebP


def webps() -> dict[str, bytes]:
    rgb, rgba = Image.fromarray(drawing(3, 7)), Image.fromarray(drawing(4, 8))

    def save(image: Image.Image, **options: Any) -> bytes:
        out = io.BytesIO()
        image.save(out, "WEBP", **options)
        return out.getvalue()

    def riff(data: bytes) -> bytes:
        return b"RIFF" + struct.pack("<I", len(data) - 8) + data[8:]

    def piece(kind: bytes, data: bytes) -> bytes:
        return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)

    with_exif = save(rgb, exif=b"Exif\0\0" + exif(6))
    unflagged = bytearray(with_exif)
    unflagged[20] &= ~0x08
    small = Image.fromarray(drawing(4, 9, width=20, height=15))
    files = {
        "lossy": save(rgb, quality=80),
        "lossless": save(rgb, lossless=True),
        "alpha": save(rgba, quality=80),
        "alpha-lossless": save(rgba, lossless=True, exact=True),
        "alpha-opaque": save(
            Image.fromarray(np.dstack([drawing(3, 7), np.full((HEIGHT, WIDTH), 255, np.uint8)])), quality=80
        ),
        "animated": save(rgb, save_all=True, append_images=[rgb.rotate(180)], duration=100),
        "animated-alpha": save(
            rgba, save_all=True, append_images=[rgba.rotate(180)], duration=100, background=(10, 200, 30, 255)
        ),
        "o-exif": with_exif,
        "o-exif-bare": save(rgb, exif=exif(8, big=True)),
        "o-exif-unflagged": bytes(unflagged),
        "o-exif-long-lossless": save(rgba, exif=exif(5, kind=4, offset=30), lossless=True),
        "o-xmp": save(rgb, xmp=xmp(6)),
        "o-xmp-element": save(rgba, xmp=xmp(7, element=True)),
        "o-xmp-and-exif": save(rgb, xmp=xmp(6), exif=exif(3)),
    }
    files["o-exif-twice"] = riff(with_exif + piece(b"EXIF", exif(3)))
    files["unknown-chunk"] = riff(with_exif[:30] + piece(b"abcd", b"xyz") + with_exif[30:])
    # A first frame that is smaller than the canvas, by hand: Pillow writes whole frames.
    for name, flags, background in (
        ("small-frame", 0x12, b"\xff\0\0\xff"),
        ("small-frame-opaque-background", 0x02, b"\0\xff\0\xff"),
    ):
        still = save(small, lossless=True, exact=True) if flags & 0x10 else save(small.convert("RGB"), lossless=True)
        bitstream = still[still.index(b"VP8L") :]
        frame = (
            struct.pack("<I", 4)[:3]
            + struct.pack("<I", 3)[:3]
            + struct.pack("<I", 19)[:3]
            + struct.pack("<I", 14)[:3]
            + struct.pack("<I", 100)[:3]
            + b"\0"
        )
        canvas = struct.pack("<I", WIDTH - 1)[:3] + struct.pack("<I", HEIGHT - 1)[:3]
        body = (
            piece(b"VP8X", bytes([flags, 0, 0, 0]) + canvas)
            + piece(b"ANIM", background + b"\0\0")
            + piece(b"ANMF", frame + bitstream)
        )
        files[name] = riff(b"RIFF\0\0\0\0WEBP" + body)
    return {f"{name}.webp": data for name, data in files.items()}


# TIFF

FORMATS = {1: "B", 2: "B", 3: "H", 4: "I", 7: "B", 12: "d", 16: "Q"}


def tiff(
    strips: list[bytes],
    *,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    photometric: int = 1,
    bits: tuple[int, ...] = (8,),
    compression: int = 1,
    rows: int | None = None,
    tile: tuple[int, int] | None = None,
    order: str = "<",
    big: bool = False,
    more: Sequence[tuple[int, int, list[int]]] = (),
    leave: tuple[int, ...] = (),
) -> bytes:
    """A TIFF with its strips or tiles, and whatever fields are wanted."""
    at = 16 if big else 8
    offsets, body = [], b""
    for strip in strips:
        offsets.append(at + len(body))
        body += strip + b"\0" * (len(strip) % 2)
    fields = [
        (256, 3, [size[0]]),
        (257, 3, [size[1]]),
        (258, 3, list(bits)),
        (259, 3, [compression]),
        (262, 3, [photometric]),
        (277, 3, [len(bits)]),
    ]
    if tile:
        fields += [(322, 3, [tile[0]]), (323, 3, [tile[1]]), (324, 4, offsets), (325, 4, [len(s) for s in strips])]
    else:
        fields += [(273, 4, offsets), (278, 3, [rows or size[1]]), (279, 4, [len(s) for s in strips])]
    given = {tag for tag, _, _ in more}
    fields = sorted([f for f in fields if f[0] not in given and f[0] not in leave] + list(more))
    word = 8 if big else 4
    start = at + len(body)
    length = (8 if big else 2) + len(fields) * (20 if big else 12) + word
    directory, outside = struct.pack(order + ("Q" if big else "H"), len(fields)), b""
    for tag, kind, values in fields:
        raw = b"".join(struct.pack(order + FORMATS[kind], value) for value in values)
        directory += struct.pack(order + ("HHQ" if big else "HHI"), tag, kind, len(values))
        if len(raw) <= word:
            directory += raw.ljust(word, b"\0")
        else:
            directory += struct.pack(order + ("Q" if big else "I"), start + length + len(outside))
            outside += raw + b"\0" * (len(raw) % 2)
    directory += b"\0" * word
    mark = b"II" if order == "<" else b"MM"
    head = mark + (struct.pack(order + "HHHQ", 43, 8, 0, start) if big else struct.pack(order + "HI", 42, start))
    return head + body + directory + outside


def packed_bits(samples: Array, depth: int) -> bytes:
    """Rows of samples of less than a byte, or of 12 bits, each padded to a byte."""
    out = b""
    for line in samples.reshape(samples.shape[0], -1):
        bits = ((line[:, None].astype(int) >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8)
        out += np.packbits(bits.reshape(-1)).tobytes()
    return out


def packbits(data: bytes) -> bytes:
    out, at = b"", 0
    while at < len(data):
        run = 1
        while run < 128 and at + run < len(data) and data[at + run] == data[at]:
            run += 1
        if run > 2:
            out += bytes([257 - run, data[at]])
            at += run
        else:
            part = data[at : at + 20]
            out += bytes([len(part) - 1]) + part
            at += len(part)
    return out


def lzw(data: bytes) -> bytes:
    table = {bytes([i]): i for i in range(256)}
    codes, width = table.copy(), 9
    out = f"{256:09b}"
    current = b""
    following = 258
    for value in data:
        longer = current + bytes([value])
        if longer in codes:
            current = longer
            continue
        out += f"{codes[current]:0{width}b}"
        codes[longer] = following
        following += 1
        if following >= 1 << width:
            width += 1
        if following >= 4094:
            out += f"{256:0{min(width, 12)}b}"
            codes, width, following = table.copy(), 9, 258
        current = bytes([value])
    out += f"{codes[current]:0{width}b}"
    if following + 1 >= 1 << width and width < 12:
        width += 1
    out += f"{257:0{width}b}"
    bits = out + "0" * (-len(out) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def delta(samples: Array) -> Array:
    out = samples.copy()
    out[:, 1:] = samples[:, 1:] - samples[:, :-1]
    return out


def tiffs() -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    pack: Callable[[bytes], bytes]
    rng = np.random.default_rng(11)
    reverse = bytes(int(f"{i:08b}"[::-1], 2) for i in range(256))
    grey, rgb, rgba = drawing(1, 12), drawing(3, 13), drawing(4, 14)
    six = drawing(6, 15)
    for order in "<>":
        end = "le" if order == "<" else "be"
        for photometric in (0, 1):
            for depth in (1, 2, 4, 8):
                data = packed_bits(grey >> (8 - depth), depth) if depth < 8 else grey.tobytes()
                for compression in (1, 8):
                    stored = zlib.compress(data) if compression == 8 else data
                    name = f"grey-{depth}-p{photometric}-c{compression}-{end}"
                    files[name] = tiff(
                        [stored], bits=(depth,), photometric=photometric, compression=compression, order=order
                    )
                    flipped = stored.translate(reverse)
                    files[f"{name}-fill"] = tiff(
                        [flipped],
                        bits=(depth,),
                        photometric=photometric,
                        compression=compression,
                        order=order,
                        more=[(266, 3, [2])],
                    )
            wide = drawing(1, 16, 16)
            for compression in (1, 8):
                pack = zlib.compress if compression == 8 else bytes
                data = wide.astype(order + "u2").tobytes()
                files[f"grey-16-p{photometric}-c{compression}-{end}"] = tiff(
                    [pack(data)], bits=(16,), photometric=photometric, compression=compression, order=order
                )
                small = (wide.astype(np.int32) - 32768) // 200
                for kind, bits, fmt in (("i2", 16, 2), ("i4", 32, 2), ("u4", 32, 1), ("f4", 32, 3)):
                    values = np.abs(small) if fmt == 1 else small + (0.4 if fmt == 3 else 0)
                    data = values.astype(order + kind).tobytes()
                    files[f"number-{kind}-p{photometric}-c{compression}-{end}"] = tiff(
                        [pack(data)],
                        bits=(bits,),
                        photometric=photometric,
                        compression=compression,
                        order=order,
                        more=[(339, 3, [fmt])],
                    )
        for extra in (None, [0], [1], [2], [999], [0, 0], [1, 0], [2, 0], [2, 0, 0], [1, 0, 0], [0, 0, 0], [0, 2], [5]):
            bands = 3 + len(extra or [0])
            more = [] if extra is None else [(338, 3, extra)]
            name = "none" if extra is None else "".join(map(str, extra))
            files[f"rgb-extra-{name}-{end}"] = tiff(
                [six[:, :, :bands].tobytes()], bits=(8,) * bands, photometric=2, order=order, more=more
            )
            data = drawing(bands, 17, 16).astype(order + "u2").tobytes()
            files[f"rgb-16-extra-{name}-{end}"] = tiff(
                [zlib.compress(data)], bits=(16,) * bands, photometric=2, compression=8, order=order, more=more
            )
            cmyk = [] if extra is None else [(338, 3, extra[1:])] if len(extra) > 1 else [(338, 3, extra)]
            files[f"cmyk-extra-{name}-{end}"] = tiff(
                [six[:, :, :bands].tobytes()], bits=(8,) * bands, photometric=5, order=order, more=cmyk
            )
            if bands == 4:
                files[f"cmyk-16-{name}-{end}"] = tiff(
                    [drawing(4, 17, 16).astype(order + "u2").tobytes()], bits=(16,) * 4, photometric=5, order=order
                )
                files[f"gray-extra-{name}-{end}"] = tiff(
                    [six[:, :, :2].tobytes()], bits=(8, 8), photometric=1, order=order, more=more
                )
        for depth in (1, 2, 4, 8):
            colours = rng.integers(0, 65536, 3 << depth).tolist()
            indices = rng.integers(0, 1 << depth, (HEIGHT, WIDTH, 1)).astype(np.uint8)
            data = packed_bits(indices, depth) if depth < 8 else indices.tobytes()
            files[f"palette-{depth}-{end}"] = tiff(
                [data], bits=(depth,), photometric=3, order=order, more=[(320, 3, colours)]
            )
            files[f"palette-{depth}-lzw-{end}"] = tiff(
                [lzw(data)], bits=(depth,), photometric=3, compression=5, order=order, more=[(320, 3, colours)]
            )
        for extra in ([0], [2]):
            files[f"palette-extra-{extra[0]}-{end}"] = tiff(
                [six[:, :, :2].tobytes()],
                bits=(8, 8),
                photometric=3,
                order=order,
                more=[(320, 3, colours), (338, 3, extra)],
            )
    tall = [rgb[y : y + 10] for y in range(0, HEIGHT, 10)]
    packers: dict[int, Callable[[bytes], bytes]] = {
        5: lzw,
        8: zlib.compress,
        32946: zlib.compress,
        32773: packbits,
        34925: lambda d: lzma.compress(
            d,
            check=lzma.CHECK_NONE,
            filters=[{"id": lzma.FILTER_DELTA, "dist": 1}, {"id": lzma.FILTER_LZMA2, "preset": 6}],
        ),
    }
    for compression, pack in packers.items():
        files[f"strips-c{compression}"] = tiff(
            [pack(s.tobytes()) for s in tall], rows=10, bits=(8,) * 3, photometric=2, compression=compression
        )
        files[f"strips-alpha-c{compression}"] = tiff(
            [pack(rgba.tobytes())], bits=(8,) * 4, photometric=2, compression=compression, more=[(338, 3, [1])]
        )
        if compression not in (32773,):
            files[f"predictor-c{compression}"] = tiff(
                [pack(delta(s).tobytes()) for s in tall],
                rows=10,
                bits=(8,) * 3,
                photometric=2,
                compression=compression,
                more=[(317, 3, [2])],
            )
            for order in "<>":
                wide = drawing(3, 18, 16)
                end = "le" if order == "<" else "be"
                files[f"predictor-16-c{compression}-{end}"] = tiff(
                    [pack(delta(wide).astype(order + "u2").tobytes())],
                    bits=(16,) * 3,
                    photometric=2,
                    compression=compression,
                    order=order,
                    more=[(317, 3, [2])],
                )
                floats = (drawing(1, 19)[:, :, 0].astype(order + "f4") * 0.7).view(np.uint8).reshape(HEIGHT, WIDTH, 4)
                planes = (floats if order == ">" else floats[:, :, ::-1]).transpose(0, 2, 1).reshape(HEIGHT, -1)
                files[f"predictor-3-c{compression}-{end}"] = tiff(
                    [pack(delta(planes.copy()).tobytes())],
                    bits=(32,),
                    compression=compression,
                    order=order,
                    more=[(317, 3, [3]), (339, 3, [3])],
                )
        bands_apart = [pack(rgb[:, :, band].tobytes()) for band in range(3)]
        files[f"planar-c{compression}"] = tiff(
            bands_apart, bits=(8,) * 3, photometric=2, compression=compression, more=[(284, 3, [2])]
        )
        four = [pack(rgba[:, :, band].tobytes()) for band in range(4)]
        for extra in ([0], [1], [2]):
            files[f"planar-{extra[0]}-c{compression}"] = tiff(
                four, bits=(8,) * 4, photometric=2, compression=compression, more=[(284, 3, [2]), (338, 3, extra)]
            )
        files[f"planar-cmyk-c{compression}"] = tiff(
            four, bits=(8,) * 4, photometric=5, compression=compression, more=[(284, 3, [2])]
        )
        sixteen = [pack(drawing(3, 20, 16)[:, :, band].astype("<u2").tobytes()) for band in range(3)]
        files[f"planar-16-c{compression}"] = tiff(
            sixteen, bits=(16,) * 3, photometric=2, compression=compression, more=[(284, 3, [2])]
        )
    for compression, pack in {1: bytes, **packers}.items():
        padded = np.zeros((HEIGHT + 16, WIDTH + 16, 3), np.uint8)
        padded[:HEIGHT, :WIDTH] = rgb
        tiles = [padded[y : y + 16, x : x + 16].tobytes() for y in range(0, HEIGHT, 16) for x in range(0, WIDTH, 16)]
        files[f"tiles-c{compression}"] = tiff(
            [pack(t) for t in tiles], tile=(16, 16), bits=(8,) * 3, photometric=2, compression=compression
        )
        big = np.zeros((48, 64, 1), np.uint8)
        big[:HEIGHT, :WIDTH] = grey
        files[f"tile-larger-c{compression}"] = tiff([pack(big.tobytes())], tile=(64, 48), compression=compression)
        files[f"planar-grey-c{compression}"] = tiff(
            [pack(grey.tobytes())], compression=compression, more=[(284, 3, [2])]
        )
    files["planar-raw"] = tiff(
        [rgb[:, :, b].tobytes() for b in range(3)], bits=(8,) * 3, photometric=2, more=[(284, 3, [2])]
    )
    files["planar-raw-strips"] = tiff(
        [rgb[y : y + 10, :, b].tobytes() for b in range(3) for y in range(0, HEIGHT, 10)],
        rows=10,
        bits=(8,) * 3,
        photometric=2,
        more=[(284, 3, [2])],
    )
    files["planar-raw-cmyk"] = tiff(
        [rgba[:, :, b].tobytes() for b in range(4)], bits=(8,) * 4, photometric=5, more=[(284, 3, [2])]
    )
    files["planar-raw-rgba"] = tiff(
        [rgba[:, :, b].tobytes() for b in range(4)], bits=(8,) * 4, photometric=2, more=[(284, 3, [2]), (338, 3, [2])]
    )
    files["ycbcr-raw"] = tiff([rgb.tobytes()], bits=(8,) * 3, photometric=6, more=[(530, 3, [1, 1])])
    files["ycbcr-deflate"] = tiff(
        [zlib.compress(rgb.tobytes())], bits=(8,) * 3, photometric=6, compression=8, more=[(530, 3, [1, 1])]
    )
    files["lab"] = tiff([rgb.tobytes()], bits=(8,) * 3, photometric=8)
    files["grey-12"] = tiff([packed_bits(drawing(1, 21, 16) >> 4, 12)], bits=(12,))
    files["grey-signed-8"] = tiff([grey.tobytes()], more=[(339, 3, [2])])
    files["big-tiff"] = tiff([rgb.tobytes()], bits=(8,) * 3, photometric=2, big=True)
    files["big-tiff-lzw"] = tiff([lzw(rgb.tobytes())], bits=(8,) * 3, photometric=2, big=True, compression=5)
    files["one-bits-value"] = tiff([rgb.tobytes()], bits=(8,) * 3, photometric=2, more=[(258, 3, [8])])
    files["no-rows-per-strip"] = tiff([rgb.tobytes()], bits=(8,) * 3, photometric=2, leave=(278,))
    files["no-byte-counts"] = tiff([rgb.tobytes()], bits=(8,) * 3, photometric=2, leave=(279,))
    files["wrong-byte-counts"] = tiff([rgb.tobytes()], bits=(8,) * 3, photometric=2, more=[(279, 4, [7])])
    files["long-sides"] = tiff(
        [rgb.tobytes()], bits=(8,) * 3, photometric=2, more=[(256, 4, [WIDTH]), (257, 4, [HEIGHT])]
    )
    files["missing-strip"] = tiff([s.tobytes() for s in tall[:-1]], rows=10, bits=(8,) * 3, photometric=2)
    files["cut-short"] = tiff([rgb.tobytes()], bits=(8,) * 3, photometric=2)[:2000]
    files["second-page"] = tiff([rgb.tobytes()], bits=(8,) * 3, photometric=2)
    for value in range(1, 9):
        files[f"o-{value}"] = tiff([rgb.tobytes()], bits=(8,) * 3, photometric=2, more=[(274, 3, [value])])
    files["o-long"] = tiff([rgb.tobytes()], bits=(8,) * 3, photometric=2, order=">", more=[(274, 4, [6])])
    files["o-palette"] = tiff(
        [six[:, :, :1].tobytes()], photometric=3, more=[(274, 3, [8]), (320, 3, rng.integers(0, 65536, 768).tolist())]
    )
    files["o-grey-16"] = tiff([drawing(1, 16, 16).astype("<u2").tobytes()], bits=(16,), more=[(274, 3, [5])])
    files["o-number"] = tiff([drawing(1, 16).astype("<f4").tobytes()], bits=(32,), more=[(274, 3, [7]), (339, 3, [3])])
    files["o-cmyk"] = tiff([six[:, :, :4].tobytes()], photometric=5, bits=(8,) * 4, more=[(274, 3, [3])])
    files["o-xmp"] = tiff([rgb.tobytes()], bits=(8,) * 3, photometric=2, more=[(700, 1, list(xmp(6)))])
    files["o-xmp-and-tag"] = tiff(
        [rgb.tobytes()], bits=(8,) * 3, photometric=2, more=[(274, 3, [3]), (700, 1, list(xmp(6)))]
    )
    modes = {"RGB": rgb, "L": grey[:, :, 0], "CMYK": rgba, "RGBA": rgba, "1": None, "P": None}
    for mode, pixels in modes.items():
        image = Image.fromarray(rgb).convert(mode) if pixels is None else Image.fromarray(pixels, mode)
        for packing in (
            "jpeg",
            "webp",
            "group3",
            "group4",
            "tiff_ccitt",
            "packbits",
            "tiff_lzw",
            "zstd",
            "lzma",
            "tiff_adobe_deflate",
        ):
            out = io.BytesIO()
            try:
                image.save(out, "TIFF", compression=packing)
            except Exception:  # Pillow does not write every pair
                continue
            files[f"saved-{mode.lower()}-{packing}"] = out.getvalue()
    for quality, options in ((75, {}), (95, {"strip_size": 2000})):
        out = io.BytesIO()
        ycc = Image.fromarray(drawing(3, 22, width=64, height=48)).convert("YCbCr")
        ycc.save(out, "TIFF", compression="jpeg", quality=quality, **options)
        files[f"saved-ycbcr-jpeg-{quality}"] = out.getvalue()
    pages = io.BytesIO()
    Image.fromarray(rgb).save(
        pages, "TIFF", save_all=True, append_images=[Image.fromarray(rgb).rotate(180)], compression="tiff_lzw"
    )
    files["pages"] = pages.getvalue()
    return {f"{name}.tif": data for name, data in files.items()}


# What docs/exactness.md says is not promised: these are refused.
OUTSIDE = ("lab", "palette-extra-2", "ycbcr-")


def cases_of(name: str, data: bytes) -> list[Case]:
    kind = name.rsplit(".", 1)[1]
    ways = [
        ("hf", True, "ignore"),
        ("hf", False, "apply"),
        ("hf4", True, "ignore"),
        ("openai", True, "ignore"),
        ("openai", False, "apply"),
    ]
    seen: list[Case] = []
    for convention, strict, orientation in ways:
        expect = "outside" if name.startswith(OUTSIDE) else crop_of(data, convention, strict, orientation)
        seen.append(
            {
                "kind": kind,
                "file": name,
                "convention": convention,
                "strict": strict,
                "orientation": orientation,
                "expect": expect,
            }
        )
    return seen


def main(folder: Path, every: int) -> None:
    warnings.simplefilter("ignore")
    folder.mkdir(parents=True, exist_ok=True)
    cases: list[Case] = []
    for files in (jpegs(), pngs(), odd_pngs(), webps(), tiffs()):
        for name, data in files.items():
            if name.endswith(".tif") and zlib.crc32(name.encode()) % every and not name.startswith(OUTSIDE):
                continue
            (folder / name).write_bytes(data)
            cases += cases_of(name, data)
    lines = ",\n".join(json.dumps(case) for case in cases)
    (folder / "cases.json").write_text(f"[\n{lines}\n]\n")
    print(len(cases), "cases,", sum(case["expect"] == "refused" for case in cases), "refused")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
