# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Made-up presentations for the tests of the players' server: three segments of 2 s, and frames of a few bytes."""

import sys
from pathlib import Path

from project import ROOT

sys.path.insert(0, str(ROOT / "tests/players"))

import isobmff  # noqa: E402
import manifests  # noqa: E402
import webm  # noqa: E402
from manifests import Rendition  # noqa: E402

SEGMENTS = 3
VIDEO, AUDIO = 24000, 48000  # timescales
SYNC, NON_SYNC = 0x2000000, 0x1010000


def samples(timescale: int, duration: int, is_video: bool) -> list[isobmff.Sample]:
    """Make six seconds of media. The bytes of each sample are its number."""
    return [
        isobmff.Sample(
            decode_time=index * duration,
            duration=duration,
            composition_offset=0,
            flags=SYNC if not is_video or index % 8 == 0 else NON_SYNC,
            data=b"%d" % index,
        )
        for index in range(6 * timescale // duration)
    ]


def segments(track: int, timescale: int, duration: int, is_video: bool) -> list[bytes]:
    parts = isobmff.split(samples(timescale, duration, is_video), 2 * timescale)
    fragments = [isobmff.write_fragment(number, {track: part}) for number, part in enumerate(parts, start=1)]
    return [isobmff.SEGMENT_TYPE + fragment for fragment in fragments]


def rendition(kind: str, extension: str, timescale: int, track: int = 1) -> Rendition:
    return Rendition(
        name={"video": "video-0", "audio": "audio-en", "text": "text-en"}[kind],
        kind=kind,
        extension=extension,
        codecs={"video": "avc1.64001e", "audio": "mp4a.40.2", "text": "wvtt"}[kind],
        bandwidth=1000,
        durations=[2.0] * SEGMENTS,
        initialization={"m4s": "init.mp4", "webm": "init.webm"}.get(extension),
        timescales={track: timescale} if timescale else {},
        width=320,
        height=180,
        language="" if kind == "video" else "en",
    )


def make(streams: Path) -> None:
    """Presentations in the layout of streams.sh."""
    video = (rendition("video", "m4s", VIDEO), segments(1, VIDEO, VIDEO // 4, is_video=True))
    audio = (rendition("audio", "m4s", AUDIO), segments(1, AUDIO, AUDIO // 10, is_video=False))
    text = (rendition("text", "vtt", 0), [])
    timestamps = [webm.element(webm.TIMESTAMP, (2000 * number).to_bytes(2)) for number in range(SEGMENTS)]
    clusters = [webm.element(webm.CLUSTER, timestamp) for timestamp in timestamps]
    write(streams / "dash/h264", [video, audio, text])
    write(streams / "hls/fmp4", [video, audio, text])
    write(streams / "dash/vp9", [(rendition("video", "webm", 1000), clusters)])
    write(streams / "hls/ts", [(rendition("video", "ts", 0), [b"one", b"two", b"three"])])


def write(folder: Path, members: list[tuple[Rendition, list[bytes]]]) -> None:
    for member, contents in members:
        (folder / member.name).mkdir(parents=True)
        if member.initialization:
            (folder / member.name / member.initialization).write_bytes(b"initialization")
        for number, content in enumerate(contents, start=1):
            (folder / member.name / f"{number}.{member.extension}").write_bytes(content)
    manifests.save([member for member, _ in members], folder)
