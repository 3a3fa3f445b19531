# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The checks of `./mach tidy`: each finds what it is for, and nothing in good files."""

import tempfile
import unittest
from pathlib import Path

from tidy import forgotten, rust, text
from tidy.finding import SourceFile

HEADER = """/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */
"""


class TidyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def findings(self, check, files: dict[str, str]) -> list[str]:
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return [str(finding) for finding in check([SourceFile(self.root, name) for name in sorted(files)])]

    def test_licence_headers(self):
        found = self.findings(text.licence_headers, {"a.rs": HEADER, "b.rs": "fn b() {}\n", "c.toml": ""})
        self.assertEqual(found, ["b.rs:1: the MPL-2.0 header is missing"])

    def test_trailing_white_space(self):
        found = self.findings(text.trailing_white_space, {"a.rs": "good\n", "b.rs": "one\ntwo \nthree"})
        self.assertEqual(found, ["b.rs:2: white space at the end of the line", "b.rs:3: the last line has no end"])

    def test_an_interface_links_its_specification(self):
        files = {"a.webidl": f"{HEADER}// https://w3c.github.io/x\ninterface A {{}};\n", "b.webidl": HEADER}
        self.assertEqual(
            self.findings(text.specification_links, files),
            ["b.webidl:1: no comment links the specification of this interface"],
        )

    def test_a_function_of_steps_links_its_algorithm(self):
        steps = "fn {name}() {{\n    // Step 1. Do it.\n    it();\n}}\n"
        good = "/// <https://w3c.github.io/x#a>\n#[inline]\npub " + steps.format(name="good")
        found = self.findings(text.specification_links, {"a.rs": good + "\n" + steps.format(name="bad")})
        self.assertEqual(found, ["a.rs:8: `bad` follows steps but its comment links no algorithm"])

    def test_a_step_needs_its_text(self):
        lines = "// Step 1.\n// Step 2. Text.\n// Steps 3-4\n+    // Step 5.1:\n// Steps 3 and 4: text\n"
        found = self.findings(text.bare_steps, {"a.rs": lines})
        self.assertEqual([finding.split(":")[1] for finding in found], ["1", "3", "4"])

    def test_a_documentation_comment_is_no_fragment(self):
        lines = (
            "/// Of an audio track.\nfn a() {}\n",
            "/// Returns the same\n/// of another track.\nfn b() {}\n",
            "+    /// The same, to read.\n+    fn c() {}\n",
            "/// In ticks.\nfn d() {}\n",
            "/// In sequence mode, the next file follows.\nfn e() {}\n",
            "// Of no interest: not documentation.\nfn f() {}\n",
            "/// Asserts that it is there.\nfn g() {}\n",
        )
        found = self.findings(text.fragments, {f"{number}.rs": line for number, line in enumerate(lines)})
        self.assertEqual(
            found,
            [
                "0.rs:1: a comment that begins with \"Of\" is no sentence",
                "2.rs:1: a comment that begins with \"The same\" is no sentence",
                "3.rs:1: a comment that begins with \"In\" is no sentence",
            ],
        )

    def test_sizes_are_notes(self):
        long_function = "fn long() {\n" + "    it();\n" * 70 + "}\n"
        found = self.findings(text.sizes, {"a.rs": long_function, "b.rs": "\n" * 601})
        self.assertEqual(
            found,
            [
                "a.rs:1: note: `long` has 72 lines (more than 70)",
                "b.rs:1: note: 601 lines (more than 600)",
            ],
        )
        tests = "#[cfg(test)]\nmod tests {\n" + "\n" * 700 + "}\n"
        self.assertEqual(self.findings(text.sizes, {"a.rs": tests}), [])

    def test_modules_that_nothing_declares(self):
        files = {
            "components/a/lib.rs": "mod used;\npub(crate) mod folder;\n",
            "components/a/used.rs": "",
            "components/a/folder/mod.rs": "",
            "components/a/lost.rs": "",
            "components/b/lost.rs": "mod lost;\n",
            "components/b/tests/main.rs": "mod named;\n",
            "components/b/tests/named.rs": "",
            "components/b/tests/forgotten.rs": "",
            "components/c/tests/by_cargo.rs": "",
            "components/script/dom/mod.rs.edit": "insert after 1 00000000\n+pub(crate) mod mse;\n",
            "components/script/dom/mse/mod.rs": "pub(crate) mod mediasource;\n",
            "components/script/dom/mse/mediasource.rs": "",
        }
        self.assertEqual(
            [finding.split(":")[0] for finding in self.findings(forgotten.modules, files)],
            ["components/a/lost.rs", "components/b/tests/forgotten.rs"],
        )

    def test_web_tests_that_would_not_run(self):
        harness = "<script src=/resources/testharness.js></script><script src=/resources/testharnessreport.js></script>"
        files = {
            "wpt/tests/good.html": harness + "<script src=helper.js>",
            "wpt/tests/silent.html": "",
            "wpt/tests/helper.js": "",
            "wpt/tests/lost.any.js": "",
            "wpt/tests/good.html.ini": "",
            "wpt/tests/gone.html.ini": "",
        }
        self.assertEqual(
            sorted(finding.split(":")[0] for finding in self.findings(forgotten.web_tests, files)),
            ["wpt/tests/gone.html.ini", "wpt/tests/lost.any.js", "wpt/tests/silent.html"],
        )


class RustFunctionsTest(unittest.TestCase):
    def test_brackets_in_strings_comments_and_characters_do_not_count(self):
        code = """
fn one<'a>(text: &'a str) -> [u8; 2] {
    // }
    let a = '}'; /* } */
    let b = "}\\"}"; let c = r#"}"}"#; let d = '\\'';
    two
}

trait Declared {
    fn declared(&self) -> [u8; 3];
    fn two() where Self: Sized {}
}
"""
        found = [(function.name, function.line, function.length) for function in rust.functions(code)]
        self.assertEqual(found, [("one", 2, 6), ("two", 11, 1)])
