#!/bin/sh
# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

# keep.sh PROGRAM CORPUS TARGET: replaces the inputs in `regressions/TARGET`, which the crate's tests
# read, by 40 of a corpus; those that have names of their own stay. PROGRAM is the built fuzz target.
# First few short inputs are found that cover all that the corpus covers, then of these, sorted by
# size, every nth is taken.
set -e
program=$1 corpus=$2 target=$3
kept=$(dirname "$0")/regressions/$target
cover=$(mktemp -d)
trap 'rm -rf "$cover"' EXIT

"$program" -set_cover_merge=1 -max_len=4096 "$cover" "$corpus" 2> /dev/null
mkdir -p "$kept"
find "$kept" -type f -regextype posix-extended -regex '.*/[0-9a-f]{40}' -delete
count=$(ls "$cover" | wc -l)
ls -Sr "$cover" | awk -v count="$count" 'int(NR * 40 / count) > int((NR - 1) * 40 / count)' |
  while read -r name; do cp "$cover/$name" "$kept/"; done
