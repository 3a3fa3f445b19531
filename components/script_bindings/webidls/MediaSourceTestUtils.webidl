/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// What tests ask, and no page: what is alive in this process, and what was done in it. After
// https://testutils.spec.whatwg.org/#the-testutils-namespace

[Exposed=Window, Pref="dom_testutils_enabled"]
namespace MediaSourceTestUtils {
  unsigned long countMediaSources();
  unsigned long countSourceBuffers();
  unsigned long countPlayers();
  unsigned long countConvertedFrames();
  [NewObject] Promise<undefined> collectGarbage();
};
