/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Random operations on track buffers, compared with the model after each.

use std::fs;
use std::path::Path;

use test_support::operations::run_ops;
use test_support::random_bytes;

const SEQUENCES: u64 = 200;
const LENGTH: usize = 2000;

#[test]
fn random_operations_give_what_the_model_gives() {
    for seed in 1..=SEQUENCES {
        run_ops(&random_bytes(seed, LENGTH));
    }
}

/// The operations are those that the fuzz target has found once.
#[test]
fn operations_that_were_findings_give_what_the_model_gives() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/regressions/run_ops");
    for entry in fs::read_dir(folder).expect("the folder is in the repository") {
        let path = entry.expect("it can be listed").path();
        run_ops(&fs::read(&path).expect("a file"));
    }
}
