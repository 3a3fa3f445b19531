# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Lays our files and edits over released crates, and records changes made in the laid tree.

Three trees meet here, each a mapping from path to content: `pristine` (the released crate), `ours` (our folder:
new files as they are, `X.edit` for changed ones) and `laid` (what cargo builds, under `target`). A manifest beside
the laid tree holds the hash of each file as it was laid: a laid file that differs from it was changed in place.
"""

import json
import os
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from overlay import edits, groups, recording
from overlay.edits import EditError, EditFile, sha256
from overlay.groups import Groups
from overlay.upstream import Crate, Files
from project import ROOT, TARGET, UserError, say, write_if_changed

# Left in a folder by cargo and by editors: neither upstream's nor ours.
STRAY_NAMES = {".cargo-ok", ".DS_Store"}
STRAY_SUFFIXES = ("~", ".swp", ".new")


@dataclass
class Overlay:
    """One crate with what is laid over it."""

    crate: Crate
    ours: Path
    laid: Path
    pristine: Files
    groups: Groups

    @property
    def manifest_path(self) -> Path:
        return self.laid.with_name(f"{self.laid.name}.manifest.json")

    def manifest(self) -> dict[str, str]:
        """The hash of every file as it was last laid. Without a manifest nothing but upstream can have been laid."""
        if self.manifest_path.is_file():
            return json.loads(self.manifest_path.read_text())
        return {path: sha256(content) for path, content in self.pristine.items()}

    def our_files(self) -> Files:
        """The new files and the edit files, without the edits that fit nowhere."""
        files = read_tree(self.ours)
        return {path: content for path, content in files.items() if not path.endswith(edits.MISFIT_SUFFIX)}

    def misfits(self) -> list[str]:
        """The names of the files with edits that fit nowhere."""
        return sorted(self.our_name(path) for path in read_tree(self.ours) if path.endswith(edits.MISFIT_SUFFIX))

    def wanted(self, chosen: set[str] | None = None) -> Files:
        """What the laid tree must hold: upstream's files, ours, and the edited ones. `UserError` on a misfit.

        With `chosen` groups, only what those bring.
        """
        wanted = dict(self.pristine)
        for path, content in self.our_files().items():
            if path.endswith(edits.SUFFIX):
                target = path.removesuffix(edits.SUFFIX)
                wanted[target] = self.edited(target, content, chosen)
            elif path in self.pristine:
                raise UserError(
                    f"{self.our_name(path)} would replace {self.crate.title}/{path} whole: "
                    f"rename it, or make it an edit with `./mach overlay edit {self.crate.folder}/{path}`."
                )
            elif chosen is None or self.groups.of_file(f"{self.crate.folder}/{path}") in chosen:
                wanted[path] = content
        return wanted

    def edited(self, path: str, edit_file: bytes, chosen: set[str] | None = None) -> bytes:
        name = self.our_name(path + edits.SUFFIX)
        try:
            parsed = edits.parse(edit_file.decode())
            if (parsed.crate, parsed.version, parsed.path) != (self.crate.name, self.crate.version, path):
                raise EditError(f"it is for {parsed.crate} {parsed.version} {parsed.path}.")
            if path not in self.pristine:
                raise EditError("there is no such file.")
            for edit in parsed.edits:
                if edit.group not in self.groups:
                    what = f"is for {edit.group}, which is no group" if edit.group else "says no group (`for NAME`)"
                    raise EditError(f"`{edit.heading()}` {what}: {self.groups.advice()}")
            return parsed.apply(self.pristine[path], chosen)
        except (EditError, UnicodeDecodeError) as error:
            raise UserError(
                f"{name} does not fit {self.crate.title}/{path}: {error}\n"
                "Nothing was laid. Correct the edit file, move it to another version with `./mach overlay rebase`, or "
                f"delete it and make the change anew with `./mach overlay edit {self.crate.folder}/{path}`."
            ) from None

    def our_name(self, path: str) -> str:
        file = self.ours / path
        return str(file.relative_to(ROOT) if file.is_relative_to(ROOT) else file)

    def changed_in_place(self, laid: Files) -> list[str]:
        """The files that somebody changed, added or deleted since they were laid."""
        if not self.laid.exists():
            return []
        manifest = self.manifest()
        return sorted(
            path
            for path in laid.keys() | manifest.keys()
            if manifest.get(path) != (sha256(laid[path]) if path in laid else None)
        )

    def unsaved(self, laid: Files, wanted: Files) -> list[str]:
        """The files that were changed in place and differ from our folder. `UserError` where both were changed."""
        manifest = self.manifest()
        unsaved = [path for path in self.changed_in_place(laid) if laid.get(path) != wanted.get(path)]
        for path in unsaved:
            if manifest.get(path) != (sha256(wanted[path]) if path in wanted else None):
                raise UserError(
                    f"{self.laid / path} was changed in place, and so was what is laid there "
                    f"({self.our_name(path)} or its edit). Bring the two together by hand, in either place, or drop "
                    f"the change in place with `./mach overlay discard {self.crate.folder}/{path}`."
                )
        return unsaved

    def write(self, laid: Files, wanted: Files, kept: list[str]) -> int:
        """Make the laid tree what is wanted, except for the files to keep. Returns how many files changed."""
        changed = [path for path, content in wanted.items() if laid.get(path) != content and path not in kept]
        for path in changed:
            write_if_changed(self.laid / path, wanted[path])
        gone = [path for path in laid if path not in wanted and path not in kept]
        for path in gone:
            (self.laid / path).unlink()
        before = self.manifest()
        hashes = {path: sha256(content) for path, content in wanted.items() if path not in kept}
        hashes |= {path: before[path] for path in kept if path in before}
        write_if_changed(self.manifest_path, (json.dumps(hashes, indent=0, sort_keys=True) + "\n").encode())
        return len(changed) + len(gone)


def overlays(root: Path = ROOT, target: Path = TARGET) -> list[Overlay]:
    """Every crate with what is laid over it, as the description in `components` says."""
    description = tomllib.loads((root / groups.FILE).read_text())
    described = Groups(description["groups"])
    return [
        Overlay(crate, root / "components" / crate.folder, target / "overlay" / crate.name, crate.files(), described)
        for crate in (
            Crate(name, entry["version"], entry["sha256"], entry["folder"])
            for name, entry in description["crates"].items()
        )
    ]


def read_tree(folder: Path) -> Files:
    """Every file under a folder, by its path relative to it."""
    files = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            if name not in STRAY_NAMES and not name.endswith(STRAY_SUFFIXES):
                path = Path(parent, name)
                files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files


def lay(layers: list[Overlay]) -> None:
    """Lay every crate, or none: whatever could go wrong is found before the first file is written.

    A file that was changed in place stays as it is, to be built and tried before it is saved.
    """
    plans = []
    for layer in layers:
        laid, wanted = read_tree(layer.laid), layer.wanted()
        plans.append((layer, laid, wanted, layer.unsaved(laid, wanted)))
    for layer, laid, wanted, kept in plans:
        if count := layer.write(laid, wanted, kept):
            say(f"overlay: {plural(count, 'file')} of {layer.crate.title} laid")
        if kept:
            say(f"overlay: changed in place and not yet saved (`./mach overlay save`): {listed(kept)}")
        if misfits := layer.misfits():
            say(f"overlay: these hold edits that are not laid, because nothing fits them: {listed(misfits)}")


def unsaved_files(layers: list[Overlay]) -> list[Path]:
    """Every laid file that holds a change which is nowhere else."""
    return [
        layer.laid / path for layer in layers for path in layer.unsaved(read_tree(layer.laid), layer.wanted())
    ]


def save(layers: list[Overlay], group: str | None = None) -> None:
    """Record what was changed in the laid trees: new files and edits are written to our folders.

    What no edit was there for before gets the group.
    """
    plans = [(layer, saved_files(layer, read_tree(layer.laid), group)) for layer in layers]
    for layer, files in plans:
        for path, content in files.items():
            if content is None:
                (layer.ours / path).unlink(missing_ok=True)
                say(f"overlay: {layer.our_name(path)} removed")
            elif write_if_changed(layer.ours / path, content):
                say(f"overlay: {layer.our_name(path)} saved")
    lay(layers)


def saved_files(layer: Overlay, laid: Files, group: str | None) -> dict[str, bytes | None]:
    """What our folder must hold for each file changed in place; None for a file that must go."""
    result: dict[str, bytes | None] = {}
    for path in layer.unsaved(laid, layer.wanted()):
        if path not in layer.pristine:
            result[path] = laid.get(path)
        elif path not in laid:
            raise UserError(
                f"{layer.laid / path} was deleted, but an upstream file can only be edited: bring it back with "
                f"`./mach overlay discard {layer.crate.folder}/{path}`."
            )
        else:
            result[path + edits.SUFFIX] = recorded(layer, path, laid[path], group)
    return result


def recorded(layer: Overlay, path: str, changed: bytes, group: str | None) -> bytes | None:
    """The edit file for a changed upstream file, with what the last one said of its edits; None if nothing differs."""
    upstream = layer.pristine[path]
    if changed == upstream:
        return None
    before = layer.ours / (path + edits.SUFFIX)
    try:
        edit_file = recording.record(layer.crate.name, layer.crate.version, path, upstream, changed)
        said = edits.parse(before.read_text()) if before.is_file() else replace(edit_file, edits=[])
        edit_file = recording.with_notes(edit_file, said, upstream, group or "")
    except EditError as error:
        raise UserError(f"{layer.laid / path} cannot be saved: {error}") from None
    if any(not edit.group for edit in edit_file.edits):
        raise UserError(
            f"{layer.laid / path} has a new change: say what it is for with `./mach overlay save --group NAME`; "
            f"{layer.groups.advice()}"
        )
    return edit_file.text().encode()


def discard(layers: list[Overlay], names: list[str]) -> None:
    """Drop the changes made in place: all, or those to the named files."""
    chosen = [find(layers, name) for name in names]
    for layer in layers:
        laid, wanted = read_tree(layer.laid), layer.wanted()
        for path in layer.changed_in_place(laid):
            if names and (layer, path) not in chosen:
                continue
            if path in wanted:
                write_if_changed(layer.laid / path, wanted[path])
            else:
                (layer.laid / path).unlink()
            say(f"overlay: {layer.crate.folder}/{path} is as it was laid")


def edit(layers: list[Overlay], name: str) -> Path:
    """Where to change a file: the laid copy of an upstream file or of one of ours."""
    layer, path = find(layers, name)
    if not layer.laid.is_dir():
        lay(layers)
    if not (layer.laid / path).is_file():
        raise UserError(f"{layer.crate.title} has no file {path}. (A new file is simply put into {layer.ours}.)")
    return layer.laid / path


def find(layers: list[Overlay], name: str) -> tuple[Overlay, str]:
    """`script/dom/url.rs`, or a path to the file itself in either tree -> the crate and the path within it."""
    for layer in layers:
        for start in (f"{layer.crate.folder}/", f"{layer.ours}/", f"{layer.laid}/"):
            for spelled in (name, str(Path(name).absolute())):
                if spelled.startswith(start):
                    return layer, spelled.removeprefix(start).removesuffix(edits.SUFFIX)
    folders = " or ".join(f"{layer.crate.folder}/…" for layer in layers)
    raise UserError(f"{name} is not a file of the overlay: name it {folders}, for example script/dom/url.rs.")


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(paths: list[str]) -> str:
    rest = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
    return ", ".join(paths[:5]) + rest
