#!/bin/sh
# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

# The same pictures and sounds in other codecs, 2 s long. Part of generate.sh.
mkdir -p codecs
hevc="-c:v libx265 -preset fast -crf 32 -pix_fmt yuv420p -g $rate -x265-params log-level=error:info=0:pools=none:frame-threads=1"
av1="-c:v libaom-av1 -cpu-used 8 -b:v 60k -g $rate -pix_fmt yuv420p -threads 1 -row-mt 0"
video() { paint 2 | eval ff "$pictures" "$@"; }
audio() { eval ff "$(sound)" -t 2 -ac 1 "$@"; }

video "$hevc" -tag:v hvc1 "$exact" $fragments codecs/hvc1.mp4
ff -i codecs/hvc1.mp4 -c copy -tag:v hev1 $fragments codecs/hev1.mp4
video "$av1" "$exact" $fragments codecs/av1.mp4
# More frames that no other one depends on: pyramids of B-frames, temporal sub-layers.
pyramid="bframes=7:b-adapt=0"
video "$h264" -x264-params "$pyramid:b-pyramid=normal:ref=4" "$exact" $fragments codecs/h264-pyramid.mp4
video "$hevc:temporal-layers=1:$pyramid" -tag:v hvc1 "$exact" $fragments codecs/hevc-layers.mp4
video -c:v libsvtav1 -preset 8 -crf 50 -g $rate -pix_fmt yuv420p "$exact" $fragments codecs/av1-pyramid.mp4
audio -c:a flac "$exact" $fragments -frag_duration 1000000 -strict experimental codecs/flac.mp4
audio -c:a ac3 -b:a 64k "$exact" $fragments -frag_duration 1000000 codecs/ac3.mp4
audio -c:a eac3 -b:a 64k "$exact" $fragments -frag_duration 1000000 codecs/eac3.mp4
audio -c:a libmp3lame -b:a 32k "$exact" $fragments -frag_duration 1000000 codecs/mp3.mp4
audio -c:a mp2 -b:a 32k "$exact" -f mp2 codecs/layer-two.mp2
audio -c:a mp2 -b:a 32k -ar 24000 "$exact" -bitexact -f mpegts codecs/layer-two.ts
python3 layer_one.py 2 > codecs/layer-one.mp1
audio -c:a aac -b:a 24k -ar 24000 "$exact" $fragments -frag_duration 1000000 "$work/he-aac.mp4"
craft high-efficiency-aac "$work/he-aac.mp4" codecs/he-aac.mp4
craft webvtt "$work/short.mp4" codecs/webvtt.mp4
craft encrypted "$work/short-h264.mp4" codecs/encrypted.mp4

ff -i codecs/av1.mp4 -i "$work/opus.webm" -c copy codecs/av1-opus.webm
printf 'WEBVTT\n\n00:00.000 --> 00:00.900\nFirst\n\n00:01.000 --> 00:02.000\nSecond\nin two lines\n' > "$work/captions.vtt"
ff -i "$work/short-vp8.webm" -i "$work/captions.vtt" -c copy codecs/webvtt.webm

ff -i codecs/hvc1.mp4 -i codecs/mp3.mp4 -c copy -bitexact -f mpegts codecs/hevc-mp3.ts
