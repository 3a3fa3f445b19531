# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Fragmented MP4 (ISO/IEC 14496-12): reads its samples, writes segments of them, and moves segments in time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"}
# Flags of `tfhd`, whose fields follow each other in this order.
TFHD_FIELDS = {"base": (0x1, 8), "description": (0x2, 4), "duration": (0x8, 4), "size": (0x10, 4), "flags": (0x20, 4)}
DEFAULT_BASE_IS_MOOF = 0x020000
IS_NON_SYNC = 0x010000


@dataclass(frozen=True)
class Box:
    """A box within `data`: its content is `data[body:end]`."""

    data: bytes
    kind: bytes
    start: int
    body: int
    end: int

    @property
    def content(self) -> bytes:
        return self.data[self.body : self.end]

    def children(self) -> Iterator["Box"]:
        return boxes(self.data, self.body, self.end)

    def all(self, *path: bytes) -> Iterator["Box"]:
        """The boxes at that path below this one."""
        for child in self.children():
            if child.kind == path[0]:
                if len(path) == 1:
                    yield child
                else:
                    yield from child.all(*path[1:])

    def first(self, *path: bytes) -> "Box":
        return next(self.all(*path))


@dataclass(frozen=True)
class Sample:
    """One coded frame. Times are in ticks of its track's timescale."""

    decode_time: int
    duration: int
    composition_offset: int
    flags: int
    data: bytes

    @property
    def is_sync(self) -> bool:
        return not self.flags & IS_NON_SYNC


@dataclass(frozen=True)
class Chunk:
    """A part of a segment: a movie fragment and its data. Times are in seconds of the track."""

    start: float
    end: float
    is_independent: bool
    data: bytes


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes that `data[start:end]` consists of. What does not add up is a `ValueError`."""
    end = len(data) if end is None else end
    while start < end:
        size, kind, header = number(data, start, 4), data[start + 4 : start + 8], 8
        if size == 1:
            size, header = number(data, start + 8, 8), 16
        if size < header or start + size > end:
            raise ValueError(f"the box {kind!r} at {start} has {size} bytes, and {end - start} are left")
        yield Box(data, kind, start, start + header, start + size)
        start += size


def number(data: bytes, at: int, size: int, signed: bool = False) -> int:
    if at + size > len(data):
        raise ValueError(f"the data ends at {len(data)} in a number at {at}")
    return int.from_bytes(data[at : at + size], signed=signed)


def initialization_segment(data: bytes) -> bytes:
    """`ftyp` and `moov` of a file."""
    return b"".join(data[box.start : box.end] for box in boxes(data) if box.kind in {b"ftyp", b"moov"})


def timescales(data: bytes) -> dict[int, int]:
    """The ticks a second of each track of an initialization segment."""
    movie = next(box for box in boxes(data) if box.kind == b"moov")
    found = {}
    for track in movie.all(b"trak"):
        tkhd, mdhd = track.first(b"tkhd").content, track.first(b"mdia", b"mdhd").content
        identifier = number(tkhd, 20 if tkhd[0] == 1 else 12, 4)
        found[identifier] = number(mdhd, 20 if mdhd[0] == 1 else 12, 4)
    return found


def read_samples(data: bytes, defaults: dict[int, dict[str, int]] | None = None) -> dict[int, list[Sample]]:
    """The samples of each track, of a file or of media segments alone."""
    defaults, samples = dict(defaults or {}), {}
    for box in boxes(data):
        if box.kind == b"moov":
            defaults |= {identifier: fields for identifier, fields in map(extends, box.all(b"mvex", b"trex"))}
        if box.kind == b"moof":
            for fragment in box.all(b"traf"):
                identifier, found = read_track_fragment(box, fragment, defaults)
                samples.setdefault(identifier, []).extend(found)
    return samples


def extends(trex: Box) -> tuple[int, dict[str, int]]:
    identifier, _, duration, size, flags = (number(trex.content, at, 4) for at in range(4, 24, 4))
    return identifier, {"duration": duration, "size": size, "flags": flags}


def read_track_fragment(moof: Box, fragment: Box, defaults: dict[int, dict[str, int]]) -> tuple[int, list[Sample]]:
    tfhd = fragment.first(b"tfhd").content
    identifier, present, at = number(tfhd, 4, 4), number(tfhd, 1, 3), 8
    fields = dict(defaults.get(identifier, {}))
    for name, (flag, size) in TFHD_FIELDS.items():
        if present & flag:
            fields[name], at = number(tfhd, at, size), at + size
    tfdt = fragment.first(b"tfdt").content
    decode_time = number(tfdt, 4, 8 if tfdt[0] == 1 else 4)
    samples = []
    for run in fragment.all(b"trun"):
        for sample in read_run(run.content, moof.data, fields.get("base", moof.start), decode_time, fields):
            samples.append(sample)
            decode_time += sample.duration
    return identifier, samples


def read_run(trun: bytes, data: bytes, base: int, decode_time: int, defaults: dict[str, int]) -> Iterator[Sample]:
    """A run with a data offset, as ffmpeg and this file write them."""
    present, count, at = number(trun, 1, 3), number(trun, 4, 4), 8
    if not present & 1:
        raise ValueError("a trun without a data offset is not read here")
    position, at = base + number(trun, at, 4, signed=True), at + 4
    first_flags = number(trun, at, 4) if present & 4 else None
    at += 4 if present & 4 else 0
    for index in range(count):
        values = dict(defaults, offset=0)
        if index == 0 and first_flags is not None:
            values["flags"] = first_flags
        for flag, name in ((0x100, "duration"), (0x200, "size"), (0x400, "flags"), (0x800, "offset")):
            if present & flag:
                values[name], at = number(trun, at, 4, signed=name == "offset" and trun[0] == 1), at + 4
        payload = data[position : position + values["size"]]
        yield Sample(decode_time, values["duration"], values["offset"], values["flags"], payload)
        position, decode_time = position + values["size"], decode_time + values["duration"]


def write_box(kind: bytes, *contents: bytes) -> bytes:
    body = b"".join(contents)
    return u32(8 + len(body)) + kind + body


def write_full_box(kind: bytes, version: int, flags: int, *contents: bytes) -> bytes:
    return write_box(kind, u32(version << 24 | flags), *contents)


def u32(value: int, signed: bool = False) -> bytes:
    return value.to_bytes(4, signed=signed)


SEGMENT_TYPE = write_box(b"styp", b"msdh", u32(0), b"msdh", b"msix", b"cmfs")


def write_fragment(sequence_number: int, tracks: dict[int, list[Sample]]) -> bytes:
    """A `moof` and its `mdat`, where each sample says everything of itself."""
    tracks = {identifier: samples for identifier, samples in tracks.items() if samples}
    length = len(write_movie_fragment(sequence_number, tracks, {}))
    offsets, position = {}, length + 8
    for identifier, samples in tracks.items():
        offsets[identifier] = position
        position += sum(len(sample.data) for sample in samples)
    payload = (sample.data for samples in tracks.values() for sample in samples)
    return write_movie_fragment(sequence_number, tracks, offsets) + write_box(b"mdat", *payload)


def write_movie_fragment(sequence_number: int, tracks: dict[int, list[Sample]], offsets: dict[int, int]) -> bytes:
    fragments = []
    for identifier, samples in tracks.items():
        rows = b"".join(
            u32(it.duration) + u32(len(it.data)) + u32(it.flags) + u32(it.composition_offset, signed=True)
            for it in samples
        )
        fragments.append(
            write_box(
                b"traf",
                write_full_box(b"tfhd", 0, DEFAULT_BASE_IS_MOOF, u32(identifier)),
                write_full_box(b"tfdt", 1, 0, samples[0].decode_time.to_bytes(8)),
                write_full_box(b"trun", 1, 0xF01, u32(len(samples)), u32(offsets.get(identifier, 0)), rows),
            )
        )
    return write_box(b"moof", write_full_box(b"mfhd", 0, 0, u32(sequence_number)), *fragments)


def from_zero(samples: list[Sample]) -> list[Sample]:
    """The same samples, where decoding begins at 0 and so does presentation."""
    start, presented = samples[0].decode_time, min(it.decode_time + it.composition_offset for it in samples)
    return [
        replace(
            it, decode_time=it.decode_time - start, composition_offset=it.composition_offset + start - presented
        )
        for it in samples
    ]


def split(samples: list[Sample], ticks: int) -> list[list[Sample]]:
    """The samples whose decoding begins in the first `ticks`, in the next ones, and so on."""
    parts: dict[int, list[Sample]] = {}
    for sample in samples:
        parts.setdefault(sample.decode_time // ticks, []).append(sample)
    return list(parts.values())


def moved(segment: bytes, sequence_number: int, ticks: dict[int, int]) -> bytes:
    """The media segment later by so many ticks of each track."""
    result = bytearray(segment)
    for moof in (box for box in boxes(segment) if box.kind == b"moof"):
        body = moof.first(b"mfhd").body
        result[body + 4 : body + 8] = u32(sequence_number)
        for fragment in moof.all(b"traf"):
            identifier = number(fragment.first(b"tfhd").content, 4, 4)
            tfdt = fragment.first(b"tfdt")
            size = 8 if tfdt.content[0] == 1 else 4
            decode_time = number(tfdt.content, 4, size) + ticks[identifier]
            if decode_time >= 1 << 8 * size:
                raise ValueError(f"the decode time {decode_time} does not fit into {size} bytes")
            result[tfdt.body + 4 : tfdt.body + 4 + size] = decode_time.to_bytes(size)
    return bytes(result)


def chunks(segment: bytes, timescale: int, seconds: float) -> list[Chunk]:
    """A segment of one track as CMAF chunks of about that length."""
    [(identifier, samples)] = read_samples(segment).items()
    sequence_number = number(next(box for box in boxes(segment) if box.kind == b"moof").first(b"mfhd").content, 4, 4)
    result = []
    for part in split(samples, round(timescale * seconds)):
        start, end = part[0].decode_time, part[-1].decode_time + part[-1].duration
        data = (b"" if result else SEGMENT_TYPE) + write_fragment(sequence_number, {identifier: part})
        result.append(Chunk(start / timescale, end / timescale, part[0].is_sync, data))
    return result
