# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Lays out a media file anew, as the standards allow and no muxer at hand does.

    python3 craft.py LAYOUT SOURCE TARGET

The sources are fragmented MP4 or WebM files of generate.sh. The frames stay as they are.
"""

import sys
import zlib
from itertools import groupby, islice


# ISO BMFF

CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"}


def read_boxes(data):
    """The boxes in `data`, as lists of kind and content, where containers hold such lists again."""
    boxes = []
    while data:
        size, kind = int.from_bytes(data[:4]), data[4:8]
        body = data[8:size]
        boxes.append([kind, read_boxes(body) if kind in CONTAINERS else body])
        data = data[size:]
    return boxes


def write_box(kind, content, is_large=False):
    body = content if isinstance(content, bytes) else b"".join(write_box(*it) for it in content)
    if is_large:
        return u32(1) + kind + (16 + len(body)).to_bytes(8) + body
    return u32(8 + len(body)) + kind + body


def u16(value):
    return value.to_bytes(2)


def u32(value):
    return value.to_bytes(4)


def find(boxes, kind):
    return next(content for it, content in boxes if it == kind)


def numbers(data):
    return [int.from_bytes(data[at : at + 4]) for at in range(0, len(data), 4)]


class Run:
    """A `trun` box."""

    FIELDS = (0x100, 0x200, 0x400, 0x800)  # duration, size, flags, composition offset

    def __init__(self, body):
        self.version, self.flags = body[0], int.from_bytes(body[1:4])
        count, *values = numbers(body[4:])
        self.data_offset = values.pop(0) if self.flags & 1 else None
        self.first_flags = values.pop(0) if self.flags & 4 else None
        width = sum(1 for field in self.FIELDS if self.flags & field)
        self.samples = [values[at * width : at * width + width] for at in range(count)]

    def sum(self, field, default):
        """The sum of all durations or sizes."""
        if not self.flags & field:
            return default * len(self.samples)
        column = sum(1 for it in self.FIELDS if it < field and self.flags & it)
        return sum(sample[column] for sample in self.samples)

    def split(self, length):
        """The same samples in runs of that length, where only the first has the data offset."""
        for at in range(0, len(self.samples), length):
            part = Run.__new__(Run)
            part.version, part.flags = self.version, self.flags if at == 0 else self.flags & ~5
            part.data_offset = self.data_offset if at == 0 else None
            part.first_flags = self.first_flags if at == 0 else None
            part.samples = self.samples[at : at + length]
            yield part

    def box(self):
        flags = self.flags & ~5
        head = b""
        if self.data_offset is not None:
            flags, head = flags | 1, u32(self.data_offset)
        if self.first_flags is not None:
            flags, head = flags | 4, head + u32(self.first_flags)
        rows = b"".join(u32(value) for sample in self.samples for value in sample)
        version_and_flags = u32(self.version << 24 | flags)
        return [b"trun", version_and_flags + u32(len(self.samples)) + head + rows]


def move_data(moof, distance):
    """Adds to all data offsets, which count from the start of the `moof`."""
    for traf in (content for kind, content in moof if kind == b"traf"):
        for box in traf:
            if box[0] == b"trun":
                run = Run(box[1])
                if run.data_offset is not None:
                    run.data_offset += distance
                box[1:] = run.box()[1:]


def large_boxes(data):
    """Media data boxes whose size has 64 bits."""
    for kind, content in read_boxes(data):
        if kind == b"moof":
            move_data(content, 8)
        yield write_box(kind, content, is_large=kind == b"mdat")


def several_runs(data):
    """Two track fragments to a track in each movie fragment, and several runs in each of them."""
    return split_runs(data, is_continued=False)


def continued_runs(data):
    """The same, where a run without a data offset begins at the end of the one before it."""
    return split_runs(data, is_continued=True)


def split_runs(data, is_continued):
    for kind, content in read_boxes(data):
        if kind == b"moof":
            before = len(write_box(kind, content))
            content = [half for box in content for half in split_track_fragment(box, is_continued)]
            move_data(content, len(write_box(kind, content)) - before)
        yield write_box(kind, content)


def split_track_fragment(box, is_continued):
    if box[0] != b"traf":
        return [box]
    tfhd, tfdt = find(box[1], b"tfhd"), find(box[1], b"tfdt")
    default_duration, default_size, _ = numbers(tfhd[8:])
    runs = list(Run(find(box[1], b"trun")).split(5))
    if len(runs) < 2:
        return [box]
    front, back = runs[: len(runs) // 2], runs[len(runs) // 2 :]
    decode = int.from_bytes(tfdt[4:]) + sum(run.sum(0x100, default_duration) for run in front)
    data_offset = runs[0].data_offset
    for run in runs:
        run.data_offset = None if is_continued and run not in (front[0], back[0]) else data_offset
        data_offset += run.sum(0x200, default_size)
    times = [tfdt, tfdt[:4] + decode.to_bytes(8)]
    return [
        [b"traf", [[b"tfhd", tfhd], [b"tfdt", time], *(run.box() for run in half)]]
        for half, time in zip((front, back), times)
    ]


def high_efficiency_aac(data):
    """The AudioSpecificConfig says that there is spectral band replication. A decoder that finds
    none only doubles the sample rate, so that this is HE-AAC in every other respect."""
    low_complexity = bytes.fromhex("13 08 56 e5 00")  # 24 kHz, one channel, and no SBR
    assert data.count(low_complexity) == 1
    yield data.replace(low_complexity, low_complexity[:4] + b"\x98")  # SBR, 48 kHz


def encrypted(data):
    """A single video track as if it were encrypted (`cenc`). The frames are as they were, which
    nobody without the key can tell."""
    key_id = bytes(range(16))
    system = bytes.fromhex("1077efecc0b24d02ace33c1e52e2fb4b")
    pssh = u32(1 << 24) + system + u32(1) + key_id + u32(0)
    for kind, content in read_boxes(data):
        if kind == b"moov":
            protect(find_path(content, [b"trak", b"mdia", b"minf", b"stbl"]), key_id)
            content.append([b"pssh", pssh])
        if kind == b"moof":
            before = len(write_box(kind, content))
            add_sample_encryption(content)
            move_data(content, len(write_box(kind, content)) - before)
        yield write_box(kind, content)


def find_path(boxes, kinds):
    for kind in kinds:
        boxes = find(boxes, kind)
    return boxes


def protect(stbl, key_id):
    """Makes the sample entry that of an encrypted track."""
    stsd = stbl[0]
    entry = stsd[1][8:]
    original, body = entry[4:8], entry[8:]
    tenc = write_box(b"tenc", bytes(6) + bytes([1, 8]) + key_id)
    schm = write_box(b"schm", u32(0) + b"cenc" + u32(0x10000))
    sinf = write_box(b"frma", original) + schm + write_box(b"schi", tenc)
    stsd[1] = stsd[1][:8] + write_box(b"encv", body + write_box(b"sinf", sinf))


def add_sample_encryption(moof):
    traf = find(moof, b"traf")
    run = Run(find(traf, b"trun"))
    rows = b""
    for number, sample in enumerate(run.samples):
        size = sample[0]  # The runs have no durations of their own.
        secret = size // 2 // 16 * 16
        # Initialization vector, and one run of clear and of encrypted bytes.
        rows += number.to_bytes(8) + u16(1) + u16(size - secret) + u32(secret)
    count = len(run.samples)
    traf.append([b"saiz", u32(0) + bytes([len(rows) // count]) + u32(count)])
    traf.append([b"saio", u32(0) + u32(1) + u32(0)])
    traf.append([b"senc", u32(2) + u32(count) + rows])
    offset = len(write_box(b"moof", moof)) - len(rows)
    traf[-2][1] = u32(0) + u32(1) + u32(offset)


def webvtt(data):
    """A WebVTT track beside the others, in fragments of its own."""
    track, timescale = 9, 1000
    cues = [(0, 900, "First"), (900, 100, None), (1000, 1000, "Second\nin two lines")]
    boxes = read_boxes(data)
    movie = find(boxes, b"moov")
    header = find(movie, b"mvhd")
    matrix = header[36:72]
    tkhd = u32(7) + bytes(8) + u32(track) + bytes(24) + matrix + bytes(8)
    mdhd = bytes(12) + u32(timescale) + bytes(4) + u16(0x15C7) + bytes(2)  # eng
    hdlr = bytes(8) + b"text" + bytes(12) + b"Captions\0"
    dinf = write_box(b"dref", u32(0) + u32(1) + write_box(b"url ", u32(1)))
    entry = write_box(b"wvtt", bytes(6) + u16(1) + write_box(b"vttC", b"WEBVTT"))
    tables = [[kind, bytes(8)] for kind in (b"stts", b"stsc", b"stco")] + [[b"stsz", bytes(12)]]
    stbl = [[b"stsd", u32(0) + u32(1) + entry], *tables]
    minf = [[b"nmhd", bytes(4)], [b"dinf", dinf], [b"stbl", stbl]]
    mdia = [[b"mdhd", mdhd], [b"hdlr", hdlr], [b"minf", minf]]
    movie.insert(-1, [b"trak", [[b"tkhd", tkhd], [b"mdia", mdia]]])
    find(movie, b"mvex").append([b"trex", u32(0) + u32(track) + u32(1) + bytes(12)])
    boxes += [box for cue in cues for box in text_fragment(track, *cue)]
    for kind, content in boxes:
        yield write_box(kind, content)


def text_fragment(track, start, duration, text):
    payload = write_box(b"payl", text.encode()) if text else b""
    sample = write_box(b"vttc" if text else b"vtte", payload)
    tfhd = [b"tfhd", u32(0x20000) + u32(track)]
    tfdt = [b"tfdt", u32(0x1000000) + start.to_bytes(8)]
    head = u32(0x301) + u32(1)
    moof = [[b"mfhd", u32(0) + u32(1)], [b"traf", [tfhd, tfdt, [b"trun", head + bytes(12)]]]]
    run = u32(len(write_box(b"moof", moof)) + 8) + u32(duration) + u32(len(sample))
    find(moof, b"traf")[2][1] = head + run
    return [[b"moof", moof], [b"mdat", sample]]


# WebM

SEGMENT, INFO, TRACKS, CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
TIMESTAMP, SIMPLE_BLOCK, BLOCK_GROUP, BLOCK = 0xE7, 0xA3, 0xA0, 0xA1
BLOCK_DURATION, REFERENCE_BLOCK, CRC_32, VOID = 0x9B, 0xFB, 0xBF, 0xEC
XIPH, FIXED, EBML = 0x02, 0x04, 0x06


def read_elements(data):
    """The elements in `data`: identifier and content."""
    while data:
        id_size = 9 - data[0].bit_length()
        length = 9 - data[id_size].bit_length()
        start = id_size + length
        size = int.from_bytes(data[id_size:start]) & ((1 << 7 * length) - 1)
        yield int.from_bytes(data[:id_size]), data[start : start + size]
        data = data[start + size :]


def vint(value, length):
    return (value | 1 << 7 * length).to_bytes(length)


def element(id_, content):
    return id_.to_bytes((id_.bit_length() + 7) // 8) + vint(len(content), 4) + content


def unsigned(id_, value):
    return element(id_, value.to_bytes(4))


def layout_clusters(data, layout):
    """Everything up to the first cluster as it is, and the clusters' blocks as `layout` has it."""
    (header_id, header), (_, segment) = read_elements(data)
    yield element(header_id, header) + SEGMENT.to_bytes(4) + b"\xff"
    for id_, content in read_elements(segment):
        if id_ == TRACKS:
            yield element(id_, content.replace(b"\x9c\x81\0", b"\x9c\x81\1"))  # FlagLacing
        elif id_ == INFO:
            yield element(id_, content)
        elif id_ == CLUSTER:
            children = list(read_elements(content))
            blocks = [block_of(id_, it) for id_, it in children if id_ in (SIMPLE_BLOCK, BLOCK_GROUP)]
            timestamp = next(it for id_, it in children if id_ == TIMESTAMP)
            yield element(CLUSTER, layout(element(TIMESTAMP, timestamp), blocks))


def block_of(id_, content):
    """A SimpleBlock: track and time, flags, payload."""
    if id_ == BLOCK_GROUP:
        group = dict(read_elements(content))
        content = group[BLOCK][:3] + (b"\0" if REFERENCE_BLOCK in group else b"\x80") + group[BLOCK][4:]
    return content[:3], content[3], content[4:]


def lace(lacing, sizes):
    def layout(timestamp, blocks):
        # Up to six frames in a block; frames of one size only where no sizes are written.
        runs = groupby(blocks, (lambda block: len(block[2])) if lacing == FIXED else lambda _: 0)
        laced = b""
        for run in (iter(list(run)) for _, run in runs):
            while frames := list(islice(run, 6)):
                start, flags, _ = frames[0]
                payloads = [payload for _, _, payload in frames]
                count = bytes([len(frames) - 1])
                head = start + bytes([flags | lacing]) + count + sizes([len(it) for it in payloads])
                laced += element(SIMPLE_BLOCK, head + b"".join(payloads))
        return timestamp + laced

    return lambda data: layout_clusters(data, layout)


def xiph_sizes(sizes):
    return b"".join(b"\xff" * (size // 255) + bytes([size % 255]) for size in sizes[:-1])


def ebml_sizes(sizes):
    differences = [after - before for before, after in zip(sizes, sizes[1:-1])]
    written = b"".join(vint(difference + (1 << 13) - 1, 2) for difference in differences)
    return (vint(sizes[0], 2) if len(sizes) > 1 else b"") + written


def block_groups(data):
    """BlockGroup with BlockDuration and ReferenceBlock, a checksum for each cluster, and gaps."""

    def layout(timestamp, blocks):
        times = [int.from_bytes(start[1:], signed=True) for start, _, _ in blocks]
        content = timestamp + element(VOID, bytes(9))
        durations = [after - before for before, after in zip(times, times[1:])]
        for (start, flags, payload), duration in zip(blocks, durations + durations[-1:]):
            group = element(BLOCK, start + b"\0" + payload) + unsigned(BLOCK_DURATION, duration)
            if not flags & 0x80:
                group += element(REFERENCE_BLOCK, (-duration).to_bytes(2, signed=True))
            content += element(BLOCK_GROUP, group) + element(VOID, b"")
        return element(CRC_32, zlib.crc32(content).to_bytes(4, "little")) + content

    return layout_clusters(data, layout)


LAYOUTS = {
    "block-groups": block_groups,
    "continued-runs": continued_runs,
    "encrypted": encrypted,
    "high-efficiency-aac": high_efficiency_aac,
    "lacing-ebml": lace(EBML, ebml_sizes),
    "lacing-fixed": lace(FIXED, lambda sizes: b""),
    "lacing-xiph": lace(XIPH, xiph_sizes),
    "large-boxes": large_boxes,
    "several-runs": several_runs,
    "webvtt": webvtt,
}


def main():
    layout, source, target = sys.argv[1:]
    with open(source, "rb") as file:
        data = file.read()
    with open(target, "wb") as file:
        file.writelines(LAYOUTS[layout](data))


if __name__ == "__main__":
    main()
