# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Checks of the overlay: that its edits are formatted as Servo is, that each file has a group, and that all is laid."""

import subprocess
from collections.abc import Iterator

from overlay import edits, layers, listing, recording
from overlay.edits import EditFile
from overlay.layers import Overlay
from project import UserError, write_if_changed
from tidy.finding import Finding

# What Servo's rustfmt.toml says: the released crates, which do not contain it, are formatted so to the last line.
SERVO_STYLE = (
    "binop_separator=Back",
    "group_imports=StdExternalCrate",
    "imports_granularity=Module",
    "match_block_trailing_comma=true",
    "reorder_imports=true",
)
RUSTFMT = ("rustfmt", "--edition", "2024", "--config", ",".join(SERVO_STYLE))


def findings(overlays: list[Overlay]) -> Iterator[Finding]:
    for layer in overlays:
        for name in layer.misfits():
            yield Finding(name, 1, "these edits fit nowhere: make them anew and delete this file")
        for path in layer.unsaved(layers.read_tree(layer.laid), layer.wanted()):
            name = layer.our_name(path)
            yield Finding(name, 1, "changed in place and not saved: `./mach overlay save` or `discard`")
        yield from unformatted(layer)
    for message in listing.strays(overlays):
        yield Finding("components/overlay.toml", 1, message)


def unformatted(layer: Overlay) -> Iterator[Finding]:
    """Find lines of edited files that rustfmt would write otherwise. What upstream wrote is formatted already."""
    wanted = layer.wanted()
    for file in edited_rust_files(layer):
        old = edits.split_lines(wanted[file.path])
        new = edits.split_lines(formatted(wanted[file.path]))
        for start, _, lines in recording.differences(old, new):
            name = layer.our_name(file.path + edits.SUFFIX)
            written = f": `{lines[0].strip()}`" if lines else ""
            yield Finding(name, line_in_edit_file(file, start + 1), f"Servo formats this otherwise{written}")


def format_edits(overlays: list[Overlay]) -> None:
    """Format the laid copies of edited files, and save that."""
    layers.lay(overlays)
    for layer in overlays:
        for file in edited_rust_files(layer):
            laid = layer.laid / file.path
            write_if_changed(laid, formatted(laid.read_bytes()))
    layers.save(overlays)


def edited_rust_files(layer: Overlay) -> list[EditFile]:
    return [file for file in listing.edit_files(layer) if file.path.endswith(".rs")]


def formatted(content: bytes) -> bytes:
    """The Rust file as Servo formats it."""
    # At the top of the file system there is no rustfmt.toml to take settings from.
    result = subprocess.run(RUSTFMT, input=content, capture_output=True, cwd="/")
    if result.returncode != 0:
        raise UserError(f"rustfmt cannot read an edited file: {result.stderr.decode().strip()}")
    return result.stdout


def line_in_edit_file(file: EditFile, laid_line: int) -> int:
    """The line of the edit file that brings a line of the laid file, or the nearest edit above it."""
    number, shift, result = 4, 0, 1
    for edit in file.edits:
        first = edit.first + shift
        if first > laid_line:
            break
        first_added = number + 1 + len(edit.comment)
        result = first_added + max(0, min(laid_line - first, len(edit.lines) - 1)) if edit.lines else number
        number = first_added + len(edit.lines) + 1
        shift += len(edit.lines) - (edit.last - edit.first + 1)
    return result
