#!/usr/bin/env python3
# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Writes into the folder `decoded` what ffmpeg decodes of each codec. Part of generate.sh.

Of pictures, a line to a picture in the order in which they are shown: the Adler-32 of its planes, in
the pixel format that it is coded in, without padding.

Of sound, a line for all of it: how many samples a channel has, and the Adler-32 of the samples of the
first channel as 32-bit floating point numbers, least significant byte first. Then a line to a block of
960 samples of the first channel, where 32768 is full scale: the root of the mean square, and each
120th sample.
Nothing is cut off for encoder delay or padding.
"""

import math
import struct
import subprocess
import zlib
from pathlib import Path

VIDEO = [
    "codecs/av1-pyramid.mp4", "codecs/av1.mp4", "codecs/h264-pyramid.mp4", "codecs/hev1.mp4",
    "codecs/hevc-layers.mp4", "codecs/hvc1.mp4", "h264.mp4", "layouts/h264-aac.ts",
    "layouts/open-groups.mp4", "layouts/vp9-opus.mp4", "layouts/vp9-opus.webm", "vp8.webm",
]
AUDIO = [
    "codecs/ac3.mp4", "codecs/eac3.mp4", "codecs/flac.mp4", "codecs/mp3.mp4", "layouts/bare.aac",
    "layouts/vp9-opus.webm", "vorbis.webm",
]
BLOCK, STEP, FULL_SCALE = 960, 120, 32768
MEDIA = Path(__file__).parent


def decode(name, *arguments):
    """What ffmpeg writes to its standard output."""
    # `skip_manual`: no delay is cut off. ffmpeg's own decoder of Opus differs from the reference decoder
    # by up to 600 of 32768.
    options = ["-flags2", "skip_manual", *(["-c:a", "libopus"] if "opus" in name else [])]
    command = ["ffmpeg", "-loglevel", "error", *options, "-i", MEDIA / name, *arguments, "-"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def pictures(name):
    listed = decode(name, "-map", "0:v", "-fps_mode", "passthrough", "-f", "framehash", "-hash", "adler32").decode()
    return [line.split()[-1] for line in listed.splitlines() if not line.startswith("#")]


def sound(name):
    raw = decode(name, "-map", "0:a", "-af", "pan=mono|c0=c0", "-f", "f32le")
    samples = [sample * FULL_SCALE for sample in struct.unpack(f"<{len(raw) // 4}f", raw)]
    lines = [f"{len(samples)},{zlib.adler32(raw):08x}"]
    for start in range(0, len(samples) - BLOCK + 1, BLOCK):
        block = samples[start:start + BLOCK]
        root_mean_square = math.sqrt(sum(sample * sample for sample in block) / BLOCK)
        lines.append(",".join(f"{number:.1f}" for number in [root_mean_square, *block[::STEP]]))
    return lines


def main():
    """Writes all of it."""
    (MEDIA / "decoded").mkdir(exist_ok=True)
    for names, kind, lines_of in (VIDEO, "video", pictures), (AUDIO, "audio", sound):
        for name in names:
            listing = MEDIA / "decoded" / f"{Path(name).name}.{kind}.csv"
            listing.write_text("\n".join(lines_of(name)) + "\n")


if __name__ == "__main__":
    main()
