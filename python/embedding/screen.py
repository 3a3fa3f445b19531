# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""A screen in memory: an X server whose picture can be read at any time."""

import contextlib
import os
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from project import UserError

SIZE = "1024x768x24"
# The numbers in an XWD file's header, of which each has four bytes, the highest first.
HEADER_SIZE, WIDTH, HEIGHT, BITS_PER_PIXEL, BYTES_PER_LINE, COLOURS = 0, 4, 5, 11, 12, 19


@dataclass(frozen=True)
class Picture:
    """What is on the screen: red, green and blue for each pixel, line by line."""

    width: int
    height: int
    pixels: bytes

    def colours(self, left: int, top: int, width: int, height: int) -> int:
        """How many colours there are in a part of the picture."""
        found = set()
        for line in range(max(top, 0), min(top + height, self.height)):
            first = line * self.width
            row = self.pixels[(first + max(left, 0)) * 3 : (first + min(left + width, self.width)) * 3]
            found.update(zip(row[::3], row[1::3], row[2::3]))
        return len(found)

    def png(self) -> bytes:
        """The picture as a file: <https://www.w3.org/TR/png-3/>."""
        rows = (self.pixels[line * self.width * 3 :][: self.width * 3] for line in range(self.height))
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        data = zlib.compress(b"".join(b"\0" + row for row in rows))
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def read_xwd(content: bytes) -> Picture:
    """Read what Xvfb keeps of its screen, 32 bits a pixel: blue, green, red and nothing."""
    header = struct.unpack(">25I", content[:100])
    width, height, line = header[WIDTH], header[HEIGHT], header[BYTES_PER_LINE]
    if header[BITS_PER_PIXEL] != 32:
        raise UserError(f"Xvfb's screen has {header[BITS_PER_PIXEL]} bits a pixel, where 32 are expected.")
    start = header[HEADER_SIZE] + header[COLOURS] * 12
    rows = b"".join(content[start + y * line :][: width * 4] for y in range(height))
    pixels = bytearray(width * height * 3)
    for colour in range(3):
        pixels[colour::3] = rows[2 - colour :: 4]
    return Picture(width, height, bytes(pixels))


@contextlib.contextmanager
def screen() -> Iterator[tuple[str, Callable[[], Picture]]]:
    """A screen while the `with` block runs: the value for `DISPLAY`, and what reads the picture."""
    with tempfile.TemporaryDirectory(prefix="screen-") as folder:
        reader, writer = os.pipe()
        command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", SIZE, "-nolisten", "tcp", "-fbdir", folder]
        try:
            process = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
        except FileNotFoundError:
            raise UserError("Xvfb is not installed: run `./mach bootstrap`.") from None
        finally:
            os.close(writer)
        try:
            with open(reader) as numbers:
                number = numbers.readline().strip()
            if not number:
                raise UserError(f"Xvfb ended with status {process.wait()}: run `{' '.join(command)}` to see why.")
            yield f":{number}", lambda: read_xwd(Path(folder, "Xvfb_screen0").read_bytes())
        finally:
            process.terminate()
            process.wait()
