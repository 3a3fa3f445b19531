# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Live presentations: those on demand, repeated without end and published as time goes by."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import isobmff
import manifests
import webm
from manifests import SEGMENT_SECONDS, Rendition, Window
from sessions import Refused

# Seconds of a CMAF chunk where latency is low: of DASH one in a segment's transfer, of HLS a partial segment.
CHUNK, PART = 0.25, 0.5


@dataclass(frozen=True)
class Options:
    """What the first request of a live presentation may say of it, in its query."""

    window: float = 20  # seconds that can be sought
    start: float = 60  # seconds that are over when the session begins
    speed: float = 1  # seconds of media that are published in a second; HLS only
    delay: float | None = None  # seconds that players shall be behind the live edge; None for what they like
    discontinuity: bool = False  # HLS only: timestamps begin anew where the media is repeated; always so in TS
    low_latency: bool = False  # dash/h264 and hls/fmp4 only: segments are given away in parts while they are made


def parse_options(query: dict[str, str]) -> Options:
    known = {field.name for field in fields(Options)}
    if unknown := query.keys() - known:
        names, unknown_names = (", ".join(sorted(it)) for it in (known, unknown))
        raise Refused(f"a live presentation has no option {unknown_names}; it has {names}")
    values = {}
    for name, text in query.items():
        try:
            value = float(text)
        except ValueError:
            raise Refused(f"{name} is a number, not {text!r}") from None
        if not 0 <= value < 1e9:
            raise Refused(f"{name} is from 0 to a thousand million, not {text}")
        values[name] = bool(value) if name in {"discontinuity", "low_latency"} else value
    options = Options(**values)
    if options.window < SEGMENT_SECONDS or options.start < SEGMENT_SECONDS or options.speed == 0:
        raise Refused(f"window and start are at least {SEGMENT_SECONDS} s, and speed is more than 0")
    return options


class Live:
    """A live presentation, in every format. `get` gives what lies at a path below it just now."""

    def __init__(self, streams: Path, query: dict[str, str], now: Callable[[], float] = time.time) -> None:
        self.streams = streams
        self.options = parse_options(query)
        self._now = now
        self._began = now()

    def edge(self) -> float:
        """How many seconds of media there are by now."""
        return self.options.start + (self._now() - self._began) * self.options.speed

    def get(self, path: str, query: dict[str, str] | None = None) -> bytes | Iterator[bytes] | None:
        """A manifest or segment; in parts where it is being made. None where there is no such thing now."""
        match path.split("/"):
            case ["dash" | "hls" as protocol, "h264" | "vp9" | "fmp4" | "muxed" | "ts" as name, *rest]:
                self.check(protocol, name)
                folder = self.streams / protocol / name
            case _:
                return None
        if not folder.is_dir():
            return None
        renditions = manifests.load(folder)
        match rest:
            case ["manifest.mpd"] if protocol == "dash":
                return manifests.mpd(renditions, self.window(name), self._now()).encode()
            case ["master.m3u8"] if protocol == "hls":
                return manifests.master_playlist(self.without_subtitles(renditions, name)).encode()
            case ["manifest.mpd" | "master.m3u8"]:
                return None
            case [member, file]:
                for rendition in renditions:
                    if rendition.name == member:
                        return LiveRendition(self, rendition, folder / member, name).get(file, query or {})
        return None

    def check(self, protocol: str, name: str) -> None:
        options = self.options
        if protocol == "dash" and (options.speed != 1 or options.discontinuity):
            raise Refused("DASH counts segments by the clock: it has no speed and no discontinuity here")
        if options.low_latency and (name not in {"h264", "fmp4"} or options.discontinuity):
            raise Refused("low_latency is of dash/h264 and of hls/fmp4 without discontinuity")

    def wait_until(self, edge: float) -> None:
        """Returns when there are so many seconds of media."""
        while (left := edge - self.edge()) > 0:
            time.sleep(left / self.options.speed)

    def starts_anew(self, name: str) -> bool:
        """Whether timestamps begin anew with each repetition."""
        return self.options.discontinuity or name == "ts"

    def without_subtitles(self, renditions: list[Rendition], name: str) -> list[Rendition]:
        """Subtitles of HLS are on one timeline: where timestamps begin anew there are none."""
        return [it for it in renditions if it.kind != "text" or not self.starts_anew(name)]

    def window(self, name: str) -> Window:
        edge, options = self.edge(), self.options
        last = int(edge / SEGMENT_SECONDS)
        return Window(
            first=max(1, last - int(options.window / SEGMENT_SECONDS) + 1),
            last=last,
            edge=edge,
            start_time=self._began - options.start,
            has_discontinuities=self.starts_anew(name),
            length=options.window,
            delay=options.delay,
            chunk=(CHUNK if name == "h264" else PART) if options.low_latency else None,
        )


@dataclass(frozen=True)
class LiveRendition:
    """What lies in one rendition's folder."""

    live: Live
    rendition: Rendition
    folder: Path
    format: str

    def get(self, file: str, query: dict[str, str]) -> bytes | Iterator[bytes] | None:
        if file == "media.m3u8" and self.rendition.extension != "webm":
            return self.media_playlist(query).encode()
        if file == self.rendition.initialization:
            return (self.folder / file).read_bytes()
        match file.split("."):
            case [number, self.rendition.extension] if number.isdecimal():
                return self.segment(int(number))
            case [number, part, self.rendition.extension] if number.isdecimal() and part.isdecimal():
                return self.part(int(number), int(part))
        return None

    def segment(self, number: int) -> bytes | Iterator[bytes] | None:
        """Segments can be had once they are complete, until they have been out of the window for as long again."""
        window = self.live.window(self.format)
        if window.chunk and number == window.last + 1:
            return self.chunks_in_time(number)
        return self.moved(number) if self.is_kept(number, window) else None

    def is_kept(self, number: int, window: Window) -> bool:
        return max(1, window.first - (window.last - window.first + 1)) <= number <= window.last

    def moved(self, number: int) -> bytes:
        """The segment that this one repeats, at this one's time."""
        rendition = self.rendition
        if rendition.kind == "text":
            return manifests.subtitles(rendition.language, number, number, is_segment=True).encode()
        repetition, index = divmod(number - 1, len(rendition.durations))
        segment = (self.folder / f"{index + 1}.{rendition.extension}").read_bytes()
        if self.live.starts_anew(self.format):
            return segment
        seconds = repetition * len(rendition.durations) * SEGMENT_SECONDS
        if rendition.extension == "webm":
            return webm.moved(segment, seconds * 1000)
        return isobmff.moved(
            segment, number, {track: seconds * timescale for track, timescale in rendition.timescales.items()}
        )

    # Low latency

    def chunks(self, number: int) -> list[isobmff.Chunk]:
        [timescale] = self.rendition.timescales.values()
        return isobmff.chunks(self.moved(number), timescale, self.live.window(self.format).chunk)

    def chunks_in_time(self, number: int) -> Iterator[bytes]:
        """The segment's chunks, each as soon as its end is over."""
        for chunk in self.chunks(number):
            self.live.wait_until(chunk.end)
            yield chunk.data

    def part(self, number: int, part: int) -> bytes | None:
        """A partial segment, counted from 0. A player may ask for the next one before it is there."""
        window = self.live.window(self.format)
        if not window.chunk or not (self.is_kept(number, window) or number == window.last + 1):
            return None
        chunks = self.chunks(number)
        if part >= len(chunks) or chunks[part].start > window.edge:
            return None
        self.live.wait_until(chunks[part].end)
        return chunks[part].data

    def media_playlist(self, query: dict[str, str]) -> str:
        window = self.live.window(self.format)
        if not window.chunk or self.rendition.kind == "text":
            return manifests.media_playlist(self.rendition, replace(window, chunk=None))
        if "_HLS_msn" in query:
            self.wait_for_update(query, window)
            window = self.live.window(self.format)
        numbers = range(max(window.first, window.last - 2), window.last + 2)
        return manifests.media_playlist(self.rendition, window, {it: self.chunks(it) for it in numbers})

    def wait_for_update(self, query: dict[str, str], window: Window) -> None:
        """Blocks until the playlist has the part or segment that the player asks for (RFC 8216bis, 6.2.5.2)."""
        try:
            number, part = int(query["_HLS_msn"]), int(query.get("_HLS_part", -1))
        except ValueError:
            raise Refused("_HLS_msn and _HLS_part are numbers") from None
        if number > window.last + 2:
            raise Refused(f"segment {number} is too far ahead: the last one is {window.last}")
        if number > window.last:
            chunks = self.chunks(number)
            self.live.wait_until(chunks[part if 0 <= part < len(chunks) else -1].end)
