#!/bin/sh
# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

# Makes a file that is too large to be kept here: H.264 pictures as paint.py paints them, 30 a second, a
# random access point each 2 s, in MP4 fragments of 2 s. Noise makes them cost what real ones do: with a
# quantizer of 28 that is 5 Mbit/s in 720p, the most of it in the frames that others depend on.
#
# Usage: long.sh FILE SECONDS HEIGHT RATE_CONTROL, where the last is an option of libx264 and its value,
# such as -b:v 8M or -qp 28.
set -e
file=$1 seconds=$2 height=$3 rate_control="$4 $5"
partial="$file.$$.part"
trap 'rm -f "$partial"' EXIT
mkdir -p "$(dirname "$file")"
python3 "$(dirname "$0")/paint.py" $((seconds * 30)) |
  ffmpeg -hide_banner -loglevel error -y -f rawvideo -pixel_format gray -video_size 320x180 -framerate 30 -i - \
    -vf "scale=-2:$height:flags=neighbor,noise=alls=10:allf=t:all_seed=1" \
    -c:v libx264 -preset veryfast -profile:v high -pix_fmt yuv420p $rate_control \
    -g 60 -keyint_min 60 -sc_threshold 0 -map_metadata -1 \
    -movflags +delay_moov+default_base_moof+frag_keyframe -f mp4 "$partial"
mv "$partial" "$file"
