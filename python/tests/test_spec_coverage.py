# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""`./mach spec-coverage`: it finds functions and tests by their links, and says what is missing."""

import tempfile
import unittest
from pathlib import Path

import spec_coverage
from tidy.finding import SourceFile

LIST = """# A comment
https://example.org/

add | add an entry
remove | remove an entry | nobody needs it
"""
FUNCTION = """/// Adds.
/// <https://example.org/#add>
#[inline]
pub fn add(&mut self) {
    it();
}
"""
TEST = """/// <https://example.org/#add>
#[test]
fn adding_adds() {
    add();
}
"""


class SpecCoverageTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def files(self, contents: dict[str, str]) -> list[SourceFile]:
        for name, content in contents.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return [SourceFile(self.root, name) for name in contents]

    def findings(self, contents: dict[str, str]) -> list[str]:
        return [str(finding) for finding in spec_coverage.check(self.files(contents), LIST)]

    def test_a_function_and_a_test_cover_an_algorithm(self):
        contents = {"components/store/lib.rs": FUNCTION, "components/store/tests/adding.rs": TEST}
        self.assertEqual(self.findings(contents), [])
        listed = list(spec_coverage.algorithms(LIST))
        spec_coverage.cover(listed, self.files(contents))
        self.assertEqual(listed[0].functions, ["add (components/store/lib.rs:4)"])
        self.assertEqual(listed[0].tests, ["store::adding::adding_adds"])

    def test_what_is_missing(self):
        no_function = "python/spec_coverage.txt:4: add an entry: no function links https://example.org/#add"
        no_test = "python/spec_coverage.txt:4: add an entry: no test links https://example.org/#add"
        self.assertEqual(self.findings({}), [no_function, no_test])
        self.assertEqual(self.findings({"components/store/lib.rs": FUNCTION}), [no_test])
        self.assertEqual(self.findings({"components/store/tests/adding.rs": TEST}), [no_function])
        # A helper of the tests is neither, and a link to another algorithm is none to this one.
        helper = {"components/store/tests/helper.rs": FUNCTION}
        self.assertEqual(self.findings(helper), [no_function, no_test])
        other = {"components/store/tests/helper.rs": "", "components/store/lib.rs": FUNCTION.replace("#add", "#adding")}
        self.assertEqual(self.findings(other), [no_function, no_test])

    def test_tests_beside_the_code_count(self):
        beside = FUNCTION + "#[cfg(test)]\nmod tests {\n" + TEST + "}\n"
        self.assertEqual(self.findings({"components/store/lib.rs": beside}), [])

    def test_what_is_left_out_has_no_function(self):
        contents = {"components/store/lib.rs": FUNCTION + FUNCTION.replace("add", "remove") + "\n\n" + TEST}
        message = "python/spec_coverage.txt:5: remove an entry: it is said to be left out, but a function links it"
        self.assertEqual(self.findings(contents), [message])

    def test_every_line_of_the_list_is_read(self):
        listed = list(spec_coverage.algorithms(spec_coverage.LIST.read_text()))
        links = [algorithm.link for algorithm in listed]
        self.assertEqual(len(links), len(set(links)))
        self.assertTrue(all(algorithm.name and algorithm.link.startswith("https://") for algorithm in listed))


if __name__ == "__main__":
    unittest.main()
