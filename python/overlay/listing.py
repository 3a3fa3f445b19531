# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Lists what the overlay holds: by crate and file, and by group."""

import textwrap
from collections.abc import Iterator

from overlay import edits
from overlay.edits import Edit, EditFile
from overlay.groups import Group
from overlay.layers import Overlay, plural, read_tree


def status(layers: list[Overlay]) -> None:
    """Print what is laid over each crate, and what was changed in place and not saved."""
    for layer in layers:
        print(f"{layer.crate.title}, laid in {layer.laid}")
        for path, content in sorted(layer.our_files().items()):
            if path.endswith(edits.SUFFIX):
                print(f"  edited  {path.removesuffix(edits.SUFFIX)}: {summary(edits.parse(content.decode()).edits)}")
            else:
                print(f"  new     {path}: {plural(lines_of(content), 'line')}")
        for name in layer.misfits():
            print(f"  edits that fit nowhere: {name}")
        for path in layer.changed_in_place(read_tree(layer.laid)):
            print(f"  changed in place, not saved: {path}")


def groups(layers: list[Overlay]) -> None:
    """Print every group with its files, its lines and its purpose."""
    for group in layers[0].groups.values():
        needs = f"; needs {', '.join(group.needs)}" if group.needs else ""
        print(f"{group.name}: {counts(layers, group)}{needs}")
        print(textwrap.fill(group.purpose, 100, initial_indent="    ", subsequent_indent="    "))
    for message in strays(layers):
        print(f"not in order: {message}")


def counts(layers: list[Overlay], group: Group) -> str:
    """The numbers of files and lines that a group changes."""
    found = [edit_file for layer in layers for edit_file in edit_files(layer)]
    of_group = {(file.crate, file.path): [edit for edit in file.edits if edit.group == group.name] for file in found}
    edited = {name: made for name, made in of_group.items() if made}
    parts = []
    if edited:
        made = [edit for several in edited.values() for edit in several]
        parts.append(f"{summary(made)} in {plural(len(edited), 'file')}")
    if group.files:
        contents = [
            layer.our_files().get(name.removeprefix(f"{layer.crate.folder}/"), b"")
            for name in group.files
            for layer in layers
            if name.startswith(f"{layer.crate.folder}/")
        ]
        lines = sum(lines_of(content) for content in contents)
        parts.append(f"{plural(len(group.files), 'new file')} of {plural(lines, 'line')}")
    return " and ".join(parts) or "nothing"


def strays(layers: list[Overlay]) -> Iterator[str]:
    """The new files that are in no group or in several, and the files of groups that do not exist."""
    listed = [name for group in layers[0].groups.values() for name in group.files]
    there = [
        f"{layer.crate.folder}/{path}"
        for layer in layers
        for path in layer.our_files()
        if not path.endswith(edits.SUFFIX)
    ]
    for name in sorted({*listed, *there}):
        if name not in there:
            yield f"{name} belongs to a group but is not there"
        elif listed.count(name) != 1:
            yield f"{name} belongs to {plural(listed.count(name), 'group')}: it must belong to one"


def edit_files(layer: Overlay) -> list[EditFile]:
    return [
        edits.parse(content.decode())
        for path, content in sorted(layer.our_files().items())
        if path.endswith(edits.SUFFIX)
    ]


def summary(made: list[Edit]) -> str:
    added = sum(len(edit.lines) for edit in made)
    removed = sum(edit.last - edit.first + 1 for edit in made)
    return f"{plural(len(made), 'edit')}, {plural(added, 'line')} for {removed}"


def lines_of(content: bytes) -> int:
    return content.count(b"\n")
