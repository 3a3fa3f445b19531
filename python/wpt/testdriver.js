/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// Upstream's server puts this before the scripts of each page. wptrunner drives no WebDriver for the product `servo`,
// so that a test which sets a permission would wait for ever. The shell's interface for tests does it instead.
{
    let internal;
    const setPermission = async ({descriptor, state}) =>
        CaptureTestUtils.setPermission(descriptor.name, state);
    const click = async () => {
        throw new Error("unimplemented: nobody clicks");
    };
    Object.defineProperty(window, "test_driver_internal", {
        configurable: true,
        get: () => internal,
        set(value) {
            internal = value;
            // What sets these later sets them in vain.
            Object.defineProperty(value, "set_permission", {get: () => setPermission, set() {}});
            Object.defineProperty(value, "click", {get: () => click, set() {}});
        },
    });
}
