# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Writes the beeps of generate.sh as MPEG-1 audio layer I, which no encoder at hand does.

    python3 layer_one.py SECONDS > TARGET

One channel at 48 kHz and 64 kbit/s. The tones are low enough for the lowest of the 32 subbands,
whose samples are those of the tone at a 32nd of the rate (ISO/IEC 11172-3, 2.4.3.2).
"""

import math
import sys

RATE = 48_000
FRAME_SAMPLES = 384
FRAME_BYTES = 64
HEADER = bytes([0xFF, 0xFF, 0x24, 0xC0])
SAMPLE_BITS = 15
SCALE_FACTOR_ONE = 3


def tone(time):
    """The sound of generate.sh."""
    frequency = 330 + 110 * math.floor(time)
    return 0.2 * math.sin(2 * math.pi * frequency * time) if time % 1 < 0.25 else 0


def quantize(value):
    """ISO/IEC 11172-3, C.1.5.1.6."""
    step = 2**-SAMPLE_BITS
    code = math.floor((value * (1 - step) - step) * 2 ** (SAMPLE_BITS - 1))
    return (code + 2 ** (SAMPLE_BITS - 1)) % 2**SAMPLE_BITS


def frame(start):
    samples = [tone((start + 32 * index) / RATE) for index in range(12)]
    if not any(samples):
        return HEADER.ljust(FRAME_BYTES, b"\0")
    fields = [(SAMPLE_BITS - 1, 4), (0, 31 * 4), (SCALE_FACTOR_ONE, 6)]
    fields += [(quantize(sample), SAMPLE_BITS) for sample in samples]
    bits = "".join(f"{value:0{width}b}" for value, width in fields)
    bits = bits.ljust(8 * (FRAME_BYTES - len(HEADER)), "0")
    return HEADER + int(bits, 2).to_bytes(len(bits) // 8)


def main():
    seconds = int(sys.argv[1])
    for start in range(0, seconds * RATE, FRAME_SAMPLES):
        sys.stdout.buffer.write(frame(start))


if __name__ == "__main__":
    main()
