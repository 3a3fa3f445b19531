# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Writes the test pictures to standard output as raw grey-scale frames (one byte a pixel).

Every frame carries its own number twice: along the top as twelve squares, white for 1 and black
for 0, the most significant bit on the left; and below as decimal digits for people.
"""

import sys

WIDTH, HEIGHT = 320, 180
BITS = 12
# The squares start at SQUARE_LEFT and are SQUARE_SIZE apart; together they are 288 pixels wide.
SQUARE_LEFT, SQUARE_TOP, SQUARE_SIZE = 16, 8, 24

DIGIT_SCALE = 10
DIGIT_LEFT, DIGIT_TOP = 85, 70
# Five rows of three pixels for each digit.
DIGITS = [
    "111101101101111", "010110010010111", "111001111100111", "111001111001111", "101101111001001",
    "111100111001111", "111100111101111", "111001001001001", "111101111101111", "111101111001111",
]

BLACK, GREY, WHITE = 16, 128, 235


def fill(frame, left, top, width, height, value):
    """Fills a rectangle."""
    for y in range(top, top + height):
        start = y * WIDTH + left
        frame[start:start + width] = bytes([value]) * width


def paint(number):
    """The picture of one frame."""
    frame = bytearray([GREY]) * (WIDTH * HEIGHT)
    for bit in range(BITS):
        value = WHITE if number >> (BITS - 1 - bit) & 1 else BLACK
        fill(frame, SQUARE_LEFT + bit * SQUARE_SIZE, SQUARE_TOP, SQUARE_SIZE, SQUARE_SIZE, value)
    for place, digit in enumerate(f"{number:04}"):
        left = DIGIT_LEFT + place * 4 * DIGIT_SCALE
        for pixel, lit in enumerate(DIGITS[int(digit)]):
            x, y = pixel % 3 * DIGIT_SCALE, pixel // 3 * DIGIT_SCALE
            fill(frame, left + x, DIGIT_TOP + y, DIGIT_SCALE, DIGIT_SCALE, WHITE if lit == "1" else GREY)
    return frame


def main():
    """Paints as many frames as the first argument says."""
    for number in range(int(sys.argv[1])):
        sys.stdout.buffer.write(paint(number))


if __name__ == "__main__":
    main()
