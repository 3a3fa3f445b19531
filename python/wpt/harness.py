# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""testharness.js, which our own tests load, out of npm's package `wpt-runner`."""

import io
import tarfile

from project import TARGET, UserError, output_of, say, write_if_changed

PACKAGE, VERSION = "wpt-runner", "7.0.0"
MEMBER = "package/testharness/testharness.js"


def testharness() -> bytes:
    """The library's text. The package is downloaded by npm once; nothing of it is executed here."""
    kept = TARGET / "npm" / f"testharness-{VERSION}.js"
    if not kept.is_file():
        write_if_changed(kept, downloaded())
    return kept.read_bytes()


def downloaded() -> bytes:
    folder = TARGET / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    say(f"downloading testharness.js (npm's {PACKAGE} {VERSION})")
    if output_of(["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"], cwd=folder) is None:
        raise UserError(
            f"npm cannot download {PACKAGE} {VERSION}: install npm with `./mach bootstrap`, check the network with "
            f"`npm view {PACKAGE}` and try again."
        )
    with tarfile.open(fileobj=io.BytesIO((folder / f"{PACKAGE}-{VERSION}.tgz").read_bytes())) as package:
        return package.extractfile(MEMBER).read()
