# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""`./mach overlay rebase`: moves the edits to another version of the crates.

What fits is written back for that version. What does not is kept beside it in `X.misfit`, an edit file for the version
that it fits. Each rebase tries it again, so that going back to that version puts it back into the edit file.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path, PurePosixPath

from overlay import edits, fitting, groups
from overlay.edits import Edit, EditError, EditFile, sha256, split_lines
from overlay.fitting import Misfit
from overlay.layers import Overlay, plural, read_tree
from overlay.upstream import Crate, Files
from project import ROOT, UserError, say, write_if_changed

# The number of lines of a misfit, and of what is like it, that are shown.
SHOWN = 6


@dataclass
class Moved:
    """The edits of one upstream file on their way to another version. The misfits are edits of one earlier version."""

    path: str
    new: bytes | None
    fits: list[Edit] = field(default_factory=list)
    misfits: list[Misfit] = field(default_factory=list)
    source: EditFile | None = None
    old: list[str] = field(default_factory=list)


def rebase(layers: list[Overlay], version: str, dry_run: bool, root: Path = ROOT) -> int:
    """Move every edit to the version. 1 if something does not fit."""
    for layer in layers:
        if changed := layer.changed_in_place(read_tree(layer.laid)):
            raise UserError(
                f"{layer.laid / changed[0]} was changed in place: run `./mach overlay save` or "
                "`./mach overlay discard`, and then this again."
            )
    crates = [Crate.released(layer.crate.name, version, layer.crate.folder) for layer in layers]
    failed = 0
    plans = []
    for layer, crate in zip(layers, crates):
        files = crate.files()
        moved = moved_files(layer, crate, files)
        plans.append((layer, crate, moved))
        for file in moved:
            report(layer, crate, file, files)
        for path in sorted(layer.our_files().keys() & files.keys()):
            print(f"{layer.our_name(path)}: {crate.title} has a file of this name. Rename ours, or make it an edit.")
            failed = 1
    if not dry_run:
        for layer, crate, moved in plans:
            write(layer, crate, moved)
        write_versions(root, layers, crates)
    return summarize([file for _, _, moved in plans for file in moved], version, dry_run) or failed


def moved_files(layer: Overlay, crate: Crate, new: Files) -> list[Moved]:
    """The edits of one crate, those that fitted nowhere before included, moved to another version of it."""
    versions: dict[str, Files] = {layer.crate.version: layer.pristine, crate.version: new}
    sources: dict[str, list[tuple[EditFile, list[str]]]] = {}
    for path, content in sorted(read_tree(layer.ours).items()):
        if path.endswith((edits.SUFFIX, edits.MISFIT_SUFFIX)):
            try:
                source = edits.parse(content.decode())
            except EditError as error:
                raise UserError(f"{layer.our_name(path)}: {error}") from None
            if source.version not in versions:
                versions[source.version] = Crate.released(crate.name, source.version, crate.folder).files()
            upstream = versions[source.version].get(source.path, b"")
            if sha256(upstream) != source.sha256:
                raise UserError(f"{layer.our_name(path)} is not for {source.crate} {source.version} {source.path}.")
            sources.setdefault(path.rpartition(".")[0], []).append((source, split_lines(upstream)))
    return [moved_file(layer.our_name(path), path, found, new.get(path)) for path, found in sources.items()]


def moved_file(name: str, path: str, sources: list[tuple[EditFile, list[str]]], new: bytes | None) -> Moved:
    """The edits of one upstream file. The file of the other version is sought where the edit file lies."""
    moved = Moved(path, new)
    for source, old in sources:
        if new is None:
            fits, misfits = [], [Misfit(edit, "the file is not there", None) for edit in source.edits]
        elif sha256(new) == source.sha256:
            fits, misfits = source.edits, []
        else:
            fits, misfits = fitting.fit(source.edits, old, split_lines(new))
        moved.fits += fits
        if misfits and moved.misfits:
            raise UserError(
                f"{name}{edits.MISFIT_SUFFIX} holds edits for {source.version} that still fit nowhere, and others "
                "would come to them: make these anew and delete the file, or go back first with "
                f"`./mach overlay rebase {source.version}`."
            )
        if misfits:
            moved.misfits, moved.source, moved.old = misfits, source, old
    moved.fits.sort(key=lambda edit: (edit.first, edit.last))
    if any(after.first <= before.last for before, after in pairwise(moved.fits)):
        raise UserError(
            f"{name}{edits.MISFIT_SUFFIX} holds edits of lines which {name}{edits.SUFFIX} edits, too: delete what was "
            "made anew from it."
        )
    return moved


def write(layer: Overlay, crate: Crate, moved: list[Moved]) -> None:
    """Write the edit files of one crate for the other version, and beside them those of what fits nowhere."""
    for file in moved:
        hash_of_new = sha256(file.new or b"")
        placed = EditFile(crate.name, crate.version, file.path, hash_of_new, file.fits) if file.fits else None
        left = replace(file.source, edits=[misfit.edit for misfit in file.misfits]) if file.misfits else None
        write_or_remove(layer.ours / f"{file.path}{edits.SUFFIX}", placed)
        write_or_remove(layer.ours / f"{file.path}{edits.MISFIT_SUFFIX}", left)


def write_or_remove(file: Path, content: EditFile | None) -> None:
    if content:
        write_if_changed(file, content.text().encode())
    else:
        file.unlink(missing_ok=True)


def write_versions(root: Path, layers: list[Overlay], crates: list[Crate]) -> None:
    """Name the other versions in the description of the overlay."""
    file = root / groups.FILE
    text = file.read_text()
    for layer, crate in zip(layers, crates):
        head, name, rest = text.partition(f"[crates.{crate.name}]\n")
        rest = rest.replace(f'"{layer.crate.version}"', f'"{crate.version}"', 1)
        rest = rest.replace(layer.crate.checksum, crate.checksum, 1)
        text = head + name + rest
    write_if_changed(file, text.encode())


def report(layer: Overlay, crate: Crate, file: Moved, files: Files) -> None:
    """Print each edit that does not fit: what it expects, and what is most like it."""
    for misfit in file.misfits:
        edit = misfit.edit
        print(f"{layer.our_name(file.path)}{edits.SUFFIX}: `{edit.heading()}`: {misfit.why}")
        first, last = (edit.first, edit.last) if edit.last >= edit.first else (edit.last, edit.first)
        print(f"  expected, as in {file.source.version} at line {first}:")
        show(file.old, max(first, 1), last)
        if misfit.nearest is not None:
            print(f"  nearest, in {crate.version} at line {misfit.nearest}:")
            show(split_lines(file.new), max(misfit.nearest - 1, 1), misfit.nearest + SHOWN - 2)
    if file.new is None:
        others = [path for path in files if PurePosixPath(path).name == PurePosixPath(file.path).name]
        for other in others:
            print(
                f"  If {other} is that file now, move {layer.our_name(file.path)}{edits.MISFIT_SUFFIX} to "
                f"{layer.our_name(other)}{edits.SUFFIX}, and rebase again."
            )


def show(lines: list[str], first: int, last: int) -> None:
    """Print some lines of a file, with their numbers."""
    end = min(last, first + SHOWN - 1, len(lines))
    for number in range(first, end + 1):
        print(f"    {number:5} | {lines[number - 1]}".rstrip())
    if last > end and end == first + SHOWN - 1:
        print(f"          | … to line {last}")


def summarize(moved: list[Moved], version: str, dry_run: bool) -> int:
    """Print the counts, and what comes next. 1 if some edits do not fit."""
    fits = sum(len(file.fits) for file in moved)
    left = [file for file in moved if file.misfits]
    total = fits + sum(len(file.misfits) for file in left)
    say(f"{fits} of {plural(total, 'edit')} in {plural(len(moved), 'file')} fit {version}")
    if left:
        say(f"{total - fits} in {plural(len(left), 'file')} do not")
    if left and not dry_run:
        say(f"they are in FILE{edits.MISFIT_SUFFIX}: make them anew (`./mach overlay edit FILE`), and delete that file")
    if not dry_run and not left:
        say(f"name servo {version} in ports/mseshell/Cargo.toml, too")
    return 1 if left else 0
