# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The groups of the overlay: every edit and every new file belongs to one, which could be one change to upstream.

`components/overlay.toml` names them in the order in which they can be made, with what each is for:

    [groups.timers]
    purpose = "A page's timer ran although another timer had cleared it."
    needs = ["other-group"]
    files = ["script/dom/new_file.rs"]

`needs` names the groups that must be made before it, and `files` its new files. Both can be left out. Edits name
their group themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from project import UserError

FILE = "components/overlay.toml"


@dataclass(frozen=True)
class Group:
    """Changes made for one purpose. For a bug of Servo's the purpose is what a page sees."""

    name: str
    purpose: str
    needs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


class Groups(dict[str, Group]):
    """The groups by name, in the order in which they can be made."""

    def __init__(self, described: dict[str, dict]) -> None:
        """Read the `groups` table of the file. `UserError` where it does not say what it must."""
        super().__init__()
        for name, entry in described.items():
            if not isinstance(entry.get("purpose"), str) or entry.keys() - {"purpose", "needs", "files"}:
                raise UserError(f"{FILE}: group {name} must have a `purpose`, and may have `needs` and `files`.")
            for needed in entry.get("needs", ()):
                if needed not in self:
                    raise UserError(
                        f"{FILE}: group {name} needs {needed}, which does not stand above it: "
                        "groups stand in the order in which they can be made."
                    )
            self[name] = Group(name, entry["purpose"], tuple(entry.get("needs", ())), tuple(entry.get("files", ())))

    def of_file(self, name: str) -> str | None:
        """The group of a new file, named as in `script/dom/mse/mod.rs`."""
        return next((group.name for group in self.values() if name in group.files), None)

    def find(self, name: str) -> Group:
        """The group of that name. `UserError` if there is none."""
        if name not in self:
            raise UserError(f"there is no group {name or 'without a name'}: {self.advice()}")
        return self[name]

    def advice(self) -> str:
        return f"name one of {', '.join(self)}, or describe a new one in {FILE}."

    def needed_by(self, name: str) -> set[str]:
        """The groups that must be made before this one, directly or not."""
        direct = self.find(name).needs
        return set(direct).union(*(self.needed_by(needed) for needed in direct))

    def up_to(self, names: Iterable[str]) -> set[str]:
        """The named groups with all that they need."""
        return set(names).union(*(self.needed_by(name) for name in names))
