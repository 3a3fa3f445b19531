#!/bin/sh
# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

# Makes the media files of this folder, with ffmpeg. README.md says what they are.
set -e
cd "$(dirname "$0")"

seconds=6
rate=24
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ff() { ffmpeg -hide_banner -loglevel error -y -fflags +bitexact "$@"; }
paint() { python3 paint.py $(($1 * rate)); }
# Standard input is the painted video; the sound is a beep at the start of each second, each one
# higher than the one before it.
pictures="-f rawvideo -pixel_format gray -video_size 320x180 -framerate $rate -i -"
tone="0.2*sin(2*PI*(330+110*floor(t))*t)*lt(mod(t\,1)\,0.25)"
sound() { echo "-f lavfi -i aevalsrc=exprs='$tone':s=48000:d=$seconds"; }

# One group of pictures a second, B-frames as encoders make them by default.
h264="-c:v libx264 -profile:v high -preset medium -crf 28 -pix_fmt yuv420p -g $rate -keyint_min $rate -sc_threshold 0 -threads 1"
aac="-c:a aac -b:a 32k -ac 1"
vp8="-c:v libvpx -deadline good -cpu-used 2 -b:v 80k -g $rate -keyint_min $rate -pix_fmt yuv420p -auto-alt-ref 1 -lag-in-frames 12 -threads 1"
vorbis="-c:a libvorbis -b:a 32k -ac 1"
# With an edit list (delay_moov), so that the first picture is shown at 0 in spite of the B-frames.
fragments="-movflags +delay_moov+default_base_moof+frag_keyframe -min_frag_duration 1000000"
exact="-flags:v +bitexact -flags:a +bitexact -map_metadata -1"

# Encodes once, then only repacks, so that the muxed and the separate files hold the same frames.
paint $seconds | eval ff "$pictures" "$h264" "$exact" "$work/h264.mov"
paint $seconds | eval ff "$pictures" "$vp8" "$exact" "$work/vp8.webm"
eval ff "$(sound)" "$aac" "$exact" "$work/aac.mov"
eval ff "$(sound)" "$vorbis" "$exact" "$work/vorbis.webm"

ff -i "$work/h264.mov" -i "$work/aac.mov" -c copy $fragments h264-aac.mp4
ff -i "$work/h264.mov" -c copy $fragments h264.mp4
ff -i "$work/aac.mov" -c copy $fragments -frag_duration 1000000 aac.mp4
ff -i "$work/vp8.webm" -i "$work/vorbis.webm" -c copy -cluster_time_limit 1000 vp8-vorbis.webm
ff -i "$work/vp8.webm" -c copy -cluster_time_limit 1000 vp8.webm
ff -i "$work/vorbis.webm" -c copy -cluster_time_limit 1000 vorbis.webm

# What only the parser's tests read.
. ./layouts.sh
. ./codecs.sh

# What ffmpeg decodes of each codec.
./decoded.py

# What an independent demuxer finds in each file, a line to a packet: track index, presentation
# time, decode time and duration in ticks, bytes, flags, Adler-32 of the payload. After them the
# ticks of each track: index, seconds. The file comes through a pipe: that demuxer loses its way in
# the encrypted one when it can seek.
mkdir -p packets
for file in *.mp4 *.webm layouts/*.* codecs/*.*; do
  ffprobe -loglevel error -show_data_hash adler32 \
    -show_entries packet=stream_index,pts,dts,duration,size,flags,data_hash:stream=index,time_base \
    -of csv - < "$file" |
    sed -n '/^packet/{/adler32/!{N;s/,\n,*/,/};p};/^stream/p' > "packets/$(basename "$file").csv"
done
# It places runs without data offsets wrongly; the frames are those of several-runs.mp4.
rm packets/continued-runs.mp4.csv
