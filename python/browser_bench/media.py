# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The media of the measurements, which ffmpeg makes once."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from project import TARGET, UserError, is_installed, say

FOLDER = TARGET / "bench"
SECONDS = 30
SECONDS_A_GROUP = 2

X264 = ["-c:v", "libx264", "-preset"]
AVC, VP9, AV1 = "avc1.64001f", "vp09.00.40.08", "av01.0.08M.08"


@dataclass(frozen=True)
class Clip:
    """A moving test picture with a tone, as fragmented MP4 with a random access point each two seconds."""

    name: str
    size: str
    rate: int
    codec: str
    encoder: tuple[str, ...]

    @property
    def file(self) -> Path:
        return FOLDER / f"{self.name.lower().replace(' ', '-').replace('.', '')}.mp4"

    @property
    def type(self) -> str:
        return f'video/mp4; codecs="{self.codec}, mp4a.40.2"'


CLIPS = (
    Clip("H.264 720p30", "1280x720", 30, AVC, (*X264, "veryfast", "-b:v", "3M")),
    Clip("H.264 1080p30", "1920x1080", 30, AVC, (*X264, "veryfast", "-b:v", "6M")),
    Clip("H.264 1080p60", "1920x1080", 60, AVC, (*X264, "veryfast", "-b:v", "9M")),
    Clip("VP9 1080p30", "1920x1080", 30, VP9, ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "4M")),
    Clip("AV1 1080p30", "1920x1080", 30, AV1, ("-c:v", "libsvtav1", "-preset", "12", "-b:v", "4M")),
    Clip("H.264 2160p30", "3840x2160", 30, AVC, (*X264, "ultrafast", "-b:v", "20M")),
)


def make() -> None:
    """Make the clips that are missing."""
    missing = [clip for clip in CLIPS if not clip.file.is_file()]
    if missing and not is_installed("ffmpeg"):
        raise UserError("ffmpeg makes the media, and is not installed: `apt-get install ffmpeg`.")
    for clip in missing:
        say(f"making {clip.name}")
        encode(clip)


def encode(clip: Clip) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    unfinished = clip.file.with_suffix(".new.mp4")
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y", "-f", "lavfi"]
    command += ["-i", f"testsrc2=s={clip.size}:r={clip.rate}", "-f", "lavfi", "-i", "sine=f=440:r=48000"]
    command += ["-t", str(SECONDS), *clip.encoder, "-pix_fmt", "yuv420p", "-g", str(SECONDS_A_GROUP * clip.rate)]
    command += ["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov+default_base_moof", str(unfinished)]
    if subprocess.run(command).returncode != 0:
        raise UserError(f"ffmpeg cannot make {clip.name}; see above.")
    unfinished.replace(clip.file)
