# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""`./mach overlay`: what it understands and which function does it."""

import argparse
import sys

from overlay import diff, layers, listing, rebase
from project import UserError, say

SUMMARY = "Work on Servo's own files: edit, save, diff, groups, status, discard, lay, rebase"
DETAILS = (
    "The folders that components/overlay.toml names are laid over Servo's released crates: new files as they "
    "are, edits as FILE.edit. To change a file of Servo's: `overlay edit FILE`, change the copy it names, build "
    "and try it, `overlay save`. components/overlay.toml says what each group of changes is for."
)
FILE_HELP = "for example script/dom/url/url.rs"


def add_options(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(metavar="ACTION", required=True)

    def action(name, do, text, details=""):
        added = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}. {details}".strip())
        added.set_defaults(do=lambda options: do(layers.overlays(), options))
        return added

    action("lay", lambda overlays, options: layers.lay(overlays), "lay our files and edits (`build` does this)")
    action(
        "save",
        do_save,
        "record what was changed in the laid files",
        "An edit that is changed keeps its comment and its group. A change where there was no edit needs `--group`.",
    ).add_argument("--group", metavar="NAME", help="what new changes are for")
    action("status", lambda overlays, options: listing.status(overlays), "list what is laid, and unsaved changes")
    action(
        "edit", do_edit, "print the copy of an upstream file to change", "Change it, build, and save the change."
    ).add_argument("file", metavar="FILE", help=FILE_HELP)
    action(
        "discard", lambda overlays, options: layers.discard(overlays, options.files), "drop unsaved changes"
    ).add_argument("files", nargs="*", metavar="FILE", help=f"{FILE_HELP} (default: every one)")
    add_diff(action)
    action(
        "groups",
        lambda overlays, options: listing.groups(overlays),
        "list the groups of changes, with what each is for",
        "They stand in the order in which they can be made. Each could be one change to Servo.",
    )
    add_rebase(action)


def add_diff(action) -> None:
    added = action(
        "diff",
        do_diff,
        "print what the overlay does to Servo, as a patch",
        "It has the paths of Servo's repository, and `git apply` takes it. Edits are shown as they were saved, not as "
        "they stand in the laid files.",
    )
    added.add_argument("files", nargs="*", metavar="FILE", help=f"{FILE_HELP} (default: every one)")
    added.add_argument("--group", metavar="NAME", help="only one group; it applies after the groups that it needs")
    added.add_argument("--needs", action="store_true", help="with --group: the groups that it needs, in its place")
    added.add_argument("--no-new", action="store_true", help="leave out the files that Servo does not have")


def add_rebase(action) -> None:
    added = action(
        "rebase",
        lambda overlays, options: rebase.rebase(overlays, options.version, options.dry_run),
        "move the edits to another version of Servo",
        "An edit fits where the lines that it changes, or the lines around it, stand in the other version. What fits "
        "is written back; what does not fit is listed, and kept in FILE.misfit until it is made anew. The exit status "
        "is 1 then. Going back to the version before restores every edit.",
    )
    added.add_argument("version", metavar="VERSION", help="a version of servo-script on crates.io, such as 0.7.0")
    added.add_argument("--dry-run", action="store_true", help="only say what fits and what does not")


def do_save(overlays, options) -> None:
    if options.group is not None:
        overlays[0].groups.find(options.group)
    layers.save(overlays, options.group)


def do_edit(overlays, options) -> None:
    print(layers.edit(overlays, options.file))
    say("change that file, `./mach build`, then `./mach overlay save` records the change")


def do_diff(overlays, options) -> None:
    if options.needs and options.group is None:
        raise UserError("say whose needs: `./mach overlay diff --group NAME --needs`.")
    choice = diff.Choice(options.files, options.group, options.needs, options.no_new)
    patch = diff.patch(overlays, choice)
    sys.stdout.write(diff.coloured(patch) if sys.stdout.isatty() else patch)
