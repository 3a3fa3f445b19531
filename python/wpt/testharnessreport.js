/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// Prints the results as one console message, in the form that wptrunner's product `servo` reads.
setup({ output: false, timeout_multiplier: TIMEOUT_MULTIPLIER });

add_completion_callback((tests, harness) => {
  const subtests = tests.map((test) => [test.name, test.status, test.message, test.stack]);
  const result = [location.pathname, harness.status, harness.message, harness.stack, subtests];
  console.log(`ALERT: RESULT: ${JSON.stringify(result)}`);
});
