# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The manifests of DASH and HLS and the subtitles, for presentations on demand and live ones."""

import json
import math
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from xml.sax.saxutils import quoteattr

from isobmff import Chunk

SEGMENT_SECONDS = 2
RATE = 24  # pictures a second
TYPES = {"m4s": "mp4", "webm": "webm"}
LABELS = {"en": "English", "fr": "Français"}
LINES = {"en": "Line {number}, from second {second}", "fr": "Ligne {number}, dès la seconde {second}"}


@dataclass(frozen=True)
class Rendition:
    """One quality or language: a folder of segments `1.EXTENSION`, `2.EXTENSION` and so on."""

    name: str  # of its folder
    kind: str  # "video" (with muxed sound or not), "audio" or "text"
    extension: str
    codecs: str
    bandwidth: int  # bits a second of the greatest segment
    durations: list[float]  # of each segment, in seconds
    initialization: str | None = None
    timescales: dict[int, int] = field(default_factory=dict)  # by track ID, where segments can be moved in time
    width: int = 0
    height: int = 0
    language: str = ""

    def duration(self, number: int) -> float:
        """Of a segment, counted from 1. After the last one the first one is repeated."""
        return self.durations[(number - 1) % len(self.durations)]


@dataclass(frozen=True)
class Window:
    """The segments of a presentation that a manifest tells of."""

    first: int
    last: int
    edge: float = math.inf  # how many seconds of a live presentation there are by now
    start_time: float | None = None  # when second 0 of a live presentation was, in seconds since 1970
    has_discontinuities: bool = False  # where a live presentation starts again with its first segment
    length: float = 0  # of what can be sought in a live presentation, in seconds
    delay: float | None = None  # how far behind the live edge players shall be, in seconds
    chunk: float | None = None  # seconds; where segments are given away in parts before they are complete

    @property
    def is_live(self) -> bool:
        return self.start_time is not None


def save(renditions: list[Rendition], folder: Path) -> None:
    (folder / "renditions.json").write_text(json.dumps([asdict(it) for it in renditions], indent=1) + "\n")


def load(folder: Path) -> list[Rendition]:
    """What `save` wrote."""
    renditions = []
    for fields in json.loads((folder / "renditions.json").read_text()):
        fields["timescales"] = {int(track): ticks for track, ticks in fields["timescales"].items()}
        renditions.append(Rendition(**fields))
    return renditions


def date_time(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 has it, in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# DASH (ISO/IEC 23009-1)


def mpd(renditions: list[Rendition], window: Window, now: float = 0) -> str:
    """A media presentation description. The numbers of a live one's segments follow from the clock."""
    sets = [[it for it in renditions if it.kind == "video"]]
    sets += [[it] for it in renditions if it.kind == "audio"]
    if not window.is_live:
        sets += [[it] for it in renditions if it.kind == "text"]
    attributes = {
        "xmlns": "urn:mpeg:dash:schema:mpd:2011",
        "profiles": "urn:mpeg:dash:profile:isoff-live:2011",
        "minBufferTime": f"PT{SEGMENT_SECONDS}S",
        **(live_attributes(window, now) if window.is_live else on_demand_attributes(window)),
    }
    lines = ['<?xml version="1.0" encoding="utf-8"?>', tag("MPD", attributes)]
    if window.chunk:
        latency = round((window.delay or 1.5) * 1000)
        lines.append('  <ServiceDescription id="0">')
        lines.append(f'    <Latency target="{latency}" min="{latency // 2}" max="{latency * 4}"/>')
        lines.append("  </ServiceDescription>")
    lines.append('  <Period id="0" start="PT0S">')
    for identifier, members in enumerate(sets):
        lines += adaptation_set(identifier, members, window)
    lines.append("  </Period>")
    if window.is_live:
        lines.append(f'  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="{date_time(now)}"/>')
    return "\n".join([*lines, "</MPD>", ""])


def on_demand_attributes(window: Window) -> dict:
    return {"type": "static", "mediaPresentationDuration": f"PT{window.last * SEGMENT_SECONDS}S"}


def live_attributes(window: Window, now: float) -> dict:
    attributes = {
        "type": "dynamic",
        "availabilityStartTime": date_time(window.start_time),
        "publishTime": date_time(now),
        "minimumUpdatePeriod": f"PT{SEGMENT_SECONDS}S",
        "timeShiftBufferDepth": f"PT{window.length:g}S",
    }
    if window.delay is not None:
        attributes["suggestedPresentationDelay"] = f"PT{window.delay:g}S"
    return attributes


def adaptation_set(identifier: int, members: list[Rendition], window: Window) -> list[str]:
    first = members[0]
    attributes = {"id": identifier, "contentType": first.kind}
    if first.kind == "text":
        attributes["mimeType"] = "text/vtt"
    else:
        attributes |= {"mimeType": f"{first.kind}/{TYPES[first.extension]}", "segmentAlignment": "true"}
        attributes |= {"startWithSAP": 1}
    if first.kind == "video":
        attributes |= {"frameRate": RATE}
    if first.language:
        attributes |= {"lang": first.language}
    lines = ["    " + tag("AdaptationSet", attributes)]
    if first.language:
        role = "subtitle" if first.kind == "text" else "main" if first.language == "en" else "dub"
        lines.append(f"      <Label>{LABELS[first.language]}</Label>")
        lines.append(f'      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="{role}"/>')
    if first.kind != "text":
        lines += segment_template(first, window)
    for member in members:
        lines += representation(member)
    return [*lines, "    </AdaptationSet>"]


def segment_template(rendition: Rendition, window: Window) -> list[str]:
    """Segments by number: of sound on demand with each one's exact duration, otherwise with the common one."""
    timescale = next(iter(rendition.timescales.values()))
    attributes = {
        "timescale": timescale,
        "startNumber": 1,
        "initialization": f"$RepresentationID$/{rendition.initialization}",
        "media": f"$RepresentationID$/$Number$.{rendition.extension}",
    }
    if window.chunk:
        attributes["availabilityTimeOffset"] = f"{SEGMENT_SECONDS - window.chunk:g}"
        attributes["availabilityTimeComplete"] = "false"
    if rendition.kind == "video" or window.is_live:
        attributes["duration"] = SEGMENT_SECONDS * timescale
        return ["      " + tag("SegmentTemplate", attributes, is_empty=True)]
    lines = ["      " + tag("SegmentTemplate", attributes), "        <SegmentTimeline>"]
    at = 0
    for duration in rendition.durations:
        ticks = round(duration * timescale)
        lines.append(f'          <S t="{at}" d="{ticks}"/>')
        at += ticks
    return [*lines, "        </SegmentTimeline>", "      </SegmentTemplate>"]


def representation(rendition: Rendition) -> list[str]:
    attributes = {"id": rendition.name, "bandwidth": rendition.bandwidth}
    if rendition.kind == "text":
        start, end = tag("Representation", attributes), "</Representation>"
        return [f"      {start}<BaseURL>{rendition.name}/all.vtt</BaseURL>{end}"]
    attributes["codecs"] = rendition.codecs
    if rendition.kind == "video":
        attributes |= {"width": rendition.width, "height": rendition.height}
        return ["      " + tag("Representation", attributes, is_empty=True)]
    channels = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
    return [
        "      " + tag("Representation", attributes | {"audioSamplingRate": 48000}),
        f'        <AudioChannelConfiguration schemeIdUri="{channels}" value="1"/>',
        "      </Representation>",
    ]


def tag(name: str, attributes: dict, is_empty: bool = False) -> str:
    written = "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items())
    return f"<{name}{written}{'/' if is_empty else ''}>"


# HLS (RFC 8216)


def master_playlist(renditions: list[Rendition]) -> str:
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    audio = [it for it in renditions if it.kind == "audio"]
    text = [it for it in renditions if it.kind == "text"]
    for kind, members in (("AUDIO", audio), ("SUBTITLES", text)):
        for member in members:
            is_default = "YES" if kind == "AUDIO" and member is members[0] else "NO"
            lines.append(
                f'#EXT-X-MEDIA:TYPE={kind},GROUP-ID="{kind.lower()}",NAME="{LABELS[member.language]}",'
                f'LANGUAGE="{member.language}",DEFAULT={is_default},AUTOSELECT=YES,URI="{member.name}/media.m3u8"'
            )
    for member in (it for it in renditions if it.kind == "video"):
        bandwidth = member.bandwidth + max((it.bandwidth for it in audio), default=0)
        codecs = ",".join([member.codecs, *{it.codecs for it in audio}])
        groups = 'AUDIO="audio",' * bool(audio) + 'SUBTITLES="subtitles",' * bool(text)
        lines.append(
            f'#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},CODECS="{codecs}",{groups}'
            f"RESOLUTION={member.width}x{member.height},FRAME-RATE={RATE}.000"
        )
        lines.append(f"{member.name}/media.m3u8")
    return "\n".join([*lines, ""])


def media_playlist(rendition: Rendition, window: Window, parts: dict[int, list[Chunk]] | None = None) -> str:
    """`parts` has the partial segments of the last segments and of the one that is being made."""
    parts, count = parts or {}, len(rendition.durations)
    target = max(math.floor(duration + 0.5) for duration in rendition.durations)
    lines = ["#EXTM3U", "#EXT-X-VERSION:7"]
    lines += [f"#EXT-X-TARGETDURATION:{target}", f"#EXT-X-MEDIA-SEQUENCE:{window.first}"]
    if not window.is_live:
        lines.append("#EXT-X-PLAYLIST-TYPE:VOD")
    lines += server_control(window, parts)
    if window.has_discontinuities:
        lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{max(0, (window.first - 2) // count)}")
    if rendition.initialization:
        lines.append(f'#EXT-X-MAP:URI="{rendition.initialization}"')
    for number in range(window.first, window.last + 1):
        starts_again = window.has_discontinuities and number > 1 and (number - 1) % count == 0
        if starts_again:
            lines.append("#EXT-X-DISCONTINUITY")
        if window.is_live and (starts_again or number == window.first):
            time = window.start_time + (number - 1) * SEGMENT_SECONDS
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date_time(time)}")
        lines += partial_segments(rendition, number, parts.get(number, []), window)
        lines += [f"#EXTINF:{rendition.duration(number):.6f},", f"{number}.{rendition.extension}"]
    lines += partial_segments(rendition, window.last + 1, parts.get(window.last + 1, []), window)
    if not window.is_live:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join([*lines, ""])


def server_control(window: Window, parts: dict[int, list[Chunk]]) -> list[str]:
    attributes = []
    if parts:
        target = max(part.end - part.start for chunks in parts.values() for part in chunks)
        attributes = ["CAN-BLOCK-RELOAD=YES", f"PART-HOLD-BACK={window.delay or 3 * target:.6f}"]
    elif window.delay is not None:
        attributes = [f"HOLD-BACK={window.delay:g}"]
    lines = [f"#EXT-X-SERVER-CONTROL:{','.join(attributes)}"] if attributes else []
    return [*lines, f"#EXT-X-PART-INF:PART-TARGET={target:.6f}"] if parts else lines


def partial_segments(rendition: Rendition, number: int, parts: list[Chunk], window: Window) -> list[str]:
    """The partial segments of one segment that there are by now, and the one to come."""
    lines = []
    for index, part in enumerate(parts):
        uri = f'URI="{number}.{index}.{rendition.extension}"'
        if part.end > window.edge:
            return [*lines, f"#EXT-X-PRELOAD-HINT:TYPE=PART,{uri}"] if number > window.last else lines
        independent = ",INDEPENDENT=YES" if part.is_independent else ""
        lines.append(f"#EXT-X-PART:DURATION={part.end - part.start:.6f},{uri}{independent}")
    return lines


# WebVTT


def subtitles(language: str, first: int, last: int, is_segment: bool) -> str:
    """The cues of some segments: one in the middle of each. A segment of HLS says what its times are relative to."""
    blocks = ["WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0" if is_segment else "WEBVTT"]
    for number in range(first, last + 1):
        second = (number - 1) * SEGMENT_SECONDS
        times = f"{cue_time(second + 0.25)} --> {cue_time(second + SEGMENT_SECONDS - 0.25)}"
        blocks.append(f"{language}-{number}\n{times}\n{LINES[language].format(number=number, second=second)}")
    return "\n\n".join(blocks) + "\n"


def cue_time(seconds: float) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours:02}:{minutes:02}:{seconds:06.3f}"
