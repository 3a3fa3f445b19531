#!/bin/sh
# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

# Makes the presentations that the players play, with ffmpeg, in target/players/streams. README.md
# says what they hold. Does nothing when they are there and made by these very scripts.
set -e
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
target=$root/target/players/streams

scripts="streams.sh pack.py isobmff.py webm.py manifests.py ../media/paint.py"
made_by=$(cat $scripts | sha256sum | cut -d ' ' -f 1)
[ "$(cat "$target/made-by" 2> /dev/null)" = "$made_by" ] && exit
if ! command -v ffmpeg > /dev/null; then
  echo "streams.sh: ffmpeg is not installed: run \`./mach bootstrap\`." >&2
  exit 1
fi

mkdir -p "$root/target/players"
work=$(mktemp -d "$root/target/players/streams.XXXXXX")
trap 'rm -rf "$work"' EXIT

seconds=24
rate=24
group=$((2 * rate)) # A segment is one group of pictures.

ff() { ffmpeg -hide_banner -loglevel error -nostdin -y -fflags +bitexact "$@"; }

# The painted pictures in three qualities: at the bottom two more squares tell which. Noise makes
# them cost what real pictures do.
quality() { # LEFT_SQUARE RIGHT_SQUARE WIDTH HEIGHT
  echo "drawbox=136:140:24:24:$1:fill,drawbox=160:140:24:24:$2:fill,scale=$3:$4:flags=neighbor,$noise"
}
noise="noise=alls=12:allf=t:all_seed=1"
qualities="[0]format=yuv420p,split=3[a][b][c];
  [a]$(quality black black 320 180)[q0];
  [b]$(quality black white 480 270)[q1];
  [c]$(quality white black 640 360)[q2]"
pictures="-f rawvideo -pixel_format gray -video_size 320x180 -framerate $rate"

rate_limit() { echo "-b:v $1k -maxrate $1k -bufsize $1k"; }
h264="-c:v libx264 -preset veryfast -profile:v high -level:v 3.0 -bf 2 -g $group -keyint_min $group -sc_threshold 0"
fragments="-movflags +empty_moov+default_base_moof+negative_cts_offsets+frag_keyframe -video_track_timescale 24000"
vp9="-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -row-mt 1 -tile-columns 1 -g $group -keyint_min $group"

encode_h264() {
  ff $pictures -i "$work/pictures.gray" -filter_complex "$qualities" \
    -map '[q0]' $h264 $(rate_limit 200) $fragments "$work/h264-0.mp4" \
    -map '[q1]' $h264 $(rate_limit 500) $fragments "$work/h264-1.mp4" \
    -map '[q2]' $h264 $(rate_limit 1000) $fragments "$work/h264-2.mp4"
}

encode_vp9() {
  ff $pictures -i "$work/pictures.gray" -filter_complex "$qualities" \
    -map '[q0]' $vp9 $(rate_limit 200) -f webm -dash 1 "$work/vp9-0.webm" \
    -map '[q1]' $vp9 $(rate_limit 500) -f webm -dash 1 "$work/vp9-1.webm" \
    -map '[q2]' $vp9 $(rate_limit 1000) -f webm -dash 1 "$work/vp9-2.webm"
}

# A beep at the start of each second. The packager keeps the first 1125 frames of AAC, which are
# exactly 24 s, so that a live stream can repeat them without a seam.
encode_sound() { # LANGUAGE HERTZ
  source="aevalsrc=exprs='0.2*sin(2*PI*$2*t)*lt(mod(t\,1)\,0.25)':s=48000:d=$((seconds + 1))"
  ff -f lavfi -i "$source" -c:a aac -b:a 64k -ac 1 $fragments "$work/aac-$1.mp4"
  ff -f lavfi -i "$source" -t $seconds -c:a libopus -b:a 48k -ac 1 -cluster_time_limit 2005 "$work/opus-$1.webm"
}

python3 -B ../media/paint.py $((seconds * rate)) > "$work/pictures.gray"
encode_vp9 & vp9_encoder=$!
encode_h264
encode_sound en 440
encode_sound fr 1320
wait $vp9_encoder

for quality in 0 1 2; do
  ff -i "$work/h264-$quality.mp4" -i "$work/aac-en.mp4" -c copy $fragments "$work/muxed-$quality.mp4"
  mkdir -p "$work/ts-$quality"
  ff -i "$work/h264-$quality.mp4" -i "$work/aac-en.mp4" -t $seconds -c copy \
    -f hls -hls_time 2 -hls_list_size 0 -start_number 1 \
    -hls_segment_filename "$work/ts-$quality/%d.ts" "$work/ts-$quality/ffmpeg.m3u8"
done

python3 -B pack.py "$work" "$work/streams"
echo "$made_by" > "$work/streams/made-by"
rm -rf "$target"
mv "$work/streams" "$target"
