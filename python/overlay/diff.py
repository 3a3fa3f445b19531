# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Shows what the overlay does to upstream as a patch that `git apply` takes.

The paths are those of Servo's repository (`a/components/script/dom/url/url.rs`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import unified_diff

from overlay import edits
from overlay.layers import Overlay, find
from overlay.upstream import Files
from project import UserError

COLOURS = {"-": "\x1b[31m", "+": "\x1b[32m", "@": "\x1b[36m"}


@dataclass(frozen=True)
class Choice:
    """The part of the overlay to show: all, or the named files, or one group, or the groups which that one needs."""

    names: list[str] = field(default_factory=list)
    group: str | None = None
    needs: bool = False
    no_new: bool = False

    def sides(self, layer: Overlay) -> tuple[Files, Files]:
        """The files before the changes to show and after them.

        The patch of what a group needs applies to upstream, and the patch of the group applies after that.
        """
        if self.group is None:
            return layer.pristine, layer.wanted()
        needed = layer.groups.needed_by(self.group)
        if self.needs:
            return layer.pristine, layer.wanted(needed)
        return layer.wanted(needed), layer.wanted(needed | {self.group})


def patch(layers: list[Overlay], choice: Choice) -> str:
    """A patch of what the overlay changes and adds, for `git apply`."""
    chosen = [find(layers, name) for name in choice.names]
    parts = []
    for layer in layers:
        before, after = choice.sides(layer)
        for path in sorted(after):
            is_shown = (not chosen or (layer, path) in chosen) and (path in layer.pristine or not choice.no_new)
            if is_shown and before.get(path) != after[path]:
                name = f"components/{layer.crate.folder}/{path}"
                parts.append("".join(file_patch(name, before.get(path), after[path])))
    if chosen and not parts:
        raise UserError(f"the overlay does not change {', '.join(choice.names)}: see `./mach overlay status`.")
    return "".join(parts)


def file_patch(name: str, before: bytes | None, after: bytes) -> Iterator[str]:
    """The part of a patch about one file. A file that was not there before is added."""
    yield f"diff --git a/{name} b/{name}\n"
    if before is None:
        yield "new file mode 100644\n"
    old = lines_with_ends(before or b"")
    source = "/dev/null" if before is None else f"a/{name}"
    for line in unified_diff(old, lines_with_ends(after), source, f"b/{name}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def lines_with_ends(content: bytes) -> list[str]:
    """The lines of a text. Only `\\n` ends one, as for git."""
    lines = edits.split_lines(content)
    return [f"{line}\n" for line in lines[:-1]] + [line for line in lines[-1:] if line]


def coloured(text: str) -> str:
    """The patch with the colours that terminals show patches in."""
    lines = (
        f"{COLOURS[line[0]]}{line}\x1b[0m" if line[:1] in COLOURS and line[:3] not in {"---", "+++"} else line
        for line in text.split("\n")
    )
    return "\n".join(lines)
