# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Packs what streams.sh encoded into presentations of DASH and HLS.

    python3 pack.py ENCODED TARGET

The same coded frames are in all presentations of a codec.
"""

import shutil
import sys
from pathlib import Path

import isobmff
import manifests
import webm
from manifests import SEGMENT_SECONDS, Rendition, Window

SEGMENTS = 12
SIZES = [(320, 180), (480, 270), (640, 360)]
LANGUAGES = ["en", "fr"]
AUDIO_FRAMES = 1125  # of 1024 samples at 48 kHz: 24 s
H264, AAC = "avc1.64001e", "mp4a.40.2"
VP9, OPUS = "vp09.00.21.08", "opus"


def main(encoded: Path, target: Path) -> None:
    video = [cmaf(encoded, f"h264-{it}", f"video-{it}", target, quality=it) for it in range(3)]
    audio = [cmaf(encoded, f"aac-{it}", f"audio-{it}", target, language=it) for it in LANGUAGES]
    text = [subtitles(language) for language in LANGUAGES]
    for folder, write in (("dash/h264", write_dash), ("hls/fmp4", write_hls)):
        write(target / folder, [*video, *audio, *text], target / "cmaf")
    write_hls(target / "hls/muxed", [muxed(encoded, quality, target) for quality in range(3)], target / "muxed")
    write_hls(target / "hls/ts", [transport_stream(encoded, quality, target) for quality in range(3)], target / "ts")
    pictures = [webm_rendition(encoded, f"vp9-{it}", f"video-{it}", target, quality=it) for it in range(3)]
    sound = [webm_rendition(encoded, f"opus-{it}", f"audio-{it}", target, language=it) for it in LANGUAGES]
    write_dash(target / "dash/vp9", [*pictures, *sound, *text], target / "webm")
    for folder in ("cmaf", "muxed", "ts", "webm"):
        shutil.rmtree(target / folder)


def write_dash(folder: Path, renditions: list[Rendition], source: Path) -> None:
    gather(folder, renditions, source)
    (folder / "manifest.mpd").write_text(manifests.mpd(renditions, Window(1, SEGMENTS)))
    for rendition in renditions:
        if rendition.kind == "text":
            whole = manifests.subtitles(rendition.language, 1, SEGMENTS, is_segment=False)
            (folder / rendition.name / "all.vtt").write_text(whole)


def write_hls(folder: Path, renditions: list[Rendition], source: Path) -> None:
    gather(folder, renditions, source)
    (folder / "master.m3u8").write_text(manifests.master_playlist(renditions))
    for rendition in renditions:
        playlist = manifests.media_playlist(rendition, Window(1, SEGMENTS))
        (folder / rendition.name / "media.m3u8").write_text(playlist)
        if rendition.kind == "text":
            for number in range(1, SEGMENTS + 1):
                segment = manifests.subtitles(rendition.language, number, number, is_segment=True)
                (folder / rendition.name / f"{number}.vtt").write_text(segment)


def gather(folder: Path, renditions: list[Rendition], source: Path) -> None:
    """Puts the renditions into the presentation's folder, and beside them what the live server wants to know."""
    for rendition in renditions:
        if rendition.kind == "text":
            (folder / rendition.name).mkdir(parents=True)
        else:
            shutil.copytree(source / rendition.name, folder / rendition.name)
    manifests.save(renditions, folder)


def cmaf(
    encoded: Path, file: str, name: str, target: Path, quality: int | None = None, language: str = ""
) -> Rendition:
    """H.264 or AAC in fragmented MP4, a movie fragment to a segment."""
    data = (encoded / f"{file}.mp4").read_bytes()
    [(track, timescale)] = isobmff.timescales(data).items()
    samples = isobmff.from_zero(isobmff.read_samples(data)[track])
    parts = isobmff.split(samples if quality is not None else samples[:AUDIO_FRAMES], SEGMENT_SECONDS * timescale)
    segments = [
        isobmff.SEGMENT_TYPE + isobmff.write_fragment(number, {track: part}) for number, part in enumerate(parts, 1)
    ]
    write_segments(target / "cmaf" / name, isobmff.initialization_segment(data), segments, "m4s")
    durations = [sum(sample.duration for sample in part) / timescale for part in parts]
    codecs = AAC if quality is None else H264
    return rendition(name, "m4s", codecs, segments, durations, {track: timescale}, quality, language)


def muxed(encoded: Path, quality: int, target: Path) -> Rendition:
    """H.264 and AAC in the same fragments."""
    data = (encoded / f"muxed-{quality}.mp4").read_bytes()
    timescales = isobmff.timescales(data)
    parts = {}
    for track, samples in isobmff.read_samples(data).items():
        is_sound = all(sample.is_sync for sample in samples)
        kept = isobmff.from_zero(samples[:AUDIO_FRAMES] if is_sound else samples)
        parts[track] = isobmff.split(kept, SEGMENT_SECONDS * timescales[track])
    segments = [
        isobmff.SEGMENT_TYPE
        + isobmff.write_fragment(index + 1, {track: split[index] for track, split in parts.items()})
        for index in range(SEGMENTS)
    ]
    name = f"video-{quality}"
    write_segments(target / "muxed" / name, isobmff.initialization_segment(data), segments, "m4s")
    durations = [float(SEGMENT_SECONDS)] * SEGMENTS
    return rendition(name, "m4s", f"{H264},{AAC}", segments, durations, timescales, quality)


def transport_stream(encoded: Path, quality: int, target: Path) -> Rendition:
    """H.264 and AAC in MPEG-2 TS, cut by ffmpeg at the key frames."""
    files = [encoded / f"ts-{quality}" / f"{number}.ts" for number in range(1, SEGMENTS + 1)]
    segments = [file.read_bytes() for file in files]
    write_segments(target / "ts" / f"video-{quality}", None, segments, "ts")
    durations = [float(SEGMENT_SECONDS)] * SEGMENTS
    return rendition(f"video-{quality}", "ts", f"{H264},{AAC}", segments, durations, {}, quality)


def webm_rendition(
    encoded: Path, file: str, name: str, target: Path, quality: int | None = None, language: str = ""
) -> Rendition:
    """VP9 or Opus in WebM, a cluster to a segment."""
    initialization, clusters = webm.segments((encoded / f"{file}.webm").read_bytes())
    write_segments(target / "webm" / name, initialization, clusters, "webm")
    ends = [*(webm.timestamp(cluster) for cluster in clusters[1:]), SEGMENTS * SEGMENT_SECONDS * 1000]
    durations = [(end - webm.timestamp(cluster)) / 1000 for cluster, end in zip(clusters, ends)]
    codecs = OPUS if quality is None else VP9
    return rendition(name, "webm", codecs, clusters, durations, {1: 1000}, quality, language)


def rendition(
    name: str,
    extension: str,
    codecs: str,
    segments: list[bytes],
    durations: list[float],
    timescales: dict[int, int],
    quality: int | None,
    language: str = "",
) -> Rendition:
    if len(segments) != SEGMENTS:
        raise ValueError(f"{name} in {extension} has {len(segments)} segments, not {SEGMENTS}")
    width, height = (0, 0) if quality is None else SIZES[quality]
    return Rendition(
        name=name,
        kind="audio" if quality is None else "video",
        extension=extension,
        codecs=codecs,
        bandwidth=round(max(8 * len(segment) / seconds for segment, seconds in zip(segments, durations))),
        durations=durations,
        initialization=None if extension == "ts" else {"m4s": "init.mp4", "webm": "init.webm"}[extension],
        timescales=timescales,
        width=width,
        height=height,
        language=language,
    )


def subtitles(language: str) -> Rendition:
    durations = [float(SEGMENT_SECONDS)] * SEGMENTS
    return Rendition(f"text-{language}", "text", "vtt", "wvtt", 256, durations, language=language)


def write_segments(folder: Path, initialization: bytes | None, segments: list[bytes], extension: str) -> None:
    folder.mkdir(parents=True)
    if initialization is not None:
        (folder / f"init.{'mp4' if extension == 'm4s' else extension}").write_bytes(initialization)
    for number, segment in enumerate(segments, start=1):
        (folder / f"{number}.{extension}").write_bytes(segment)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
