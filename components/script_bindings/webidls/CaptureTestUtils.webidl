/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// What tests do in the place of a user, and no page. After
// https://testutils.spec.whatwg.org/#the-testutils-namespace

[Exposed=Window, Pref="dom_testutils_enabled"]
namespace CaptureTestUtils {
  undefined setPermission(PermissionName name, PermissionState state);
};
