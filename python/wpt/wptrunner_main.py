# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""What `./wpt` of a checkout does, but the product `servo` also runs the tests that use testdriver.js.

wptrunner skips those, because it does not drive that product: `testdriver.js` beside this file does what they ask for.
The first argument is the checkout, the others are those of `./wpt`.
"""

import sys


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    from tools.wpt import run, wpt

    run_single = run.run_single

    def run_with_testdriver(venv, **arguments):
        # The modules of wptrunner can be imported now that its environment is set up.
        from wptrunner.executors.executorservo import ServoTestharnessExecutor

        ServoTestharnessExecutor.supports_testdriver = True
        return run_single(venv, **arguments)

    run.run_single = run_with_testdriver
    wpt.main(argv=sys.argv[2:])


if __name__ == "__main__":
    main()
