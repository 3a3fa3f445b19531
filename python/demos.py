# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The pages that `./mach run` opens by their names, and how the browser tours them where nobody can press buttons."""

from dataclasses import dataclass
from pathlib import Path

from project import ROOT, TARGET

FOLDER = ROOT / "ports/mseshell/demo"
Arguments = tuple[str | Path, ...]


@dataclass(frozen=True)
class Demo:
    """A page with a script beside it, `tour.js`, which presses its buttons and says `tour: done`."""

    page: Path
    # The file that shows the page after the tour.
    picture: Path
    # What the browser is always told, and what it is told in addition where it takes the tour.
    arguments: Arguments = ()
    arguments_for_tour: Arguments = ()

    def tour(self) -> Arguments:
        """The browser's arguments to take the tour, which make it fail where the tour does."""
        picture = ("--screenshot", self.picture, "--screenshot-mark", "tour: done", "--window-size", "1024x600")
        return "--js", self.page.with_name("tour.js"), *picture, "--timeout", "300", *self.arguments_for_tour


PLAYER = Demo(FOLDER / "index.html", TARGET / "playing.png")
# What the user calls a demo -> the demo. Without a name, the player is meant.
BY_NAME = {
    None: PLAYER,
    "mediastream": Demo(
        FOLDER / "mediastream/index.html",
        TARGET / "mediastream.png",
        # Both demos use files of this folder.
        arguments=("--serve", FOLDER),
        arguments_for_tour=("--fake-capture-devices", "--permissions", "allow"),
    ),
}
