#!/bin/sh
# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

# Makes the media of the demo, with ffmpeg: a folder for each quality of the pictures and one for the
# sound, in each `init.mp4` and the segments `1.m4s`, `2.m4s`... manifest.json describes them.
set -e
cd "$(dirname "$0")"

seconds=24
segment=2
rate=24

ff() { ffmpeg -hide_banner -loglevel error -y -fflags +bitexact "$@"; }
exact="-flags:v +bitexact -flags:a +bitexact -map_metadata -1"

# Segments as adaptive players have them. The manifest that comes with them is not needed.
segments() {
  rm -rf "media/$1"
  mkdir -p "media/$1"
  ff -i "$work/$1.mov" -t $seconds -c copy -f dash -seg_duration $segment \
    -init_seg_name init.mp4 -media_seg_name '$Number$.m4s' "media/$1/manifest.mpd"
  rm "media/$1/manifest.mpd"
}

# A clock, the frame's number, the quality's name, and a block that goes across once per segment. It
# is painted in the large size for both qualities, so that the low one looks as if it were enlarged.
#   pictures NAME LABEL COLOUR SIZE BITRATE
pictures() {
  bold="fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf:fontcolor=white"
  mono="fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf"
  ff -f lavfi -i "
    color=0x111820:size=640x360:rate=$rate:duration=$seconds,
    drawgrid=width=40:height=40:color=0x1c2733,
    drawtext=$bold:fontsize=34:x=40:y=36:text='$2':box=1:boxborderw=12:boxcolor=$3,
    drawtext=$mono:fontcolor=0x8fa3b8:fontsize=34:x=w-tw-28:y=36:text='%{pts\:gmtime\:0\:%M\\\\\:%S}',
    drawtext=$mono:fontcolor=white:fontsize=150:x=(w-tw)/2:y=116:text='%{eif\:n\:d\:3}' [picture];
    color=$3:size=80x20:rate=$rate:duration=$seconds [block];
    [picture][block] overlay=x='(W+w)*mod(t,$segment)/$segment-w':y=310, scale=$4:flags=area, format=yuv420p" \
    -c:v libx264 -profile:v high -level 3.0 -preset veryslow -b:v "$5" -maxrate "$5" -bufsize "$5" \
    -g $((segment * rate)) -keyint_min $((segment * rate)) -sc_threshold 0 -threads 1 $exact "$work/$1.mov"
  segments "$1"
}

# A tick every second, a higher one where a segment starts.
sound() {
  tick="0.3*sin(2*PI*if(lt(mod(t\,$segment)\,1)\,880\,660)*t)*exp(-30*mod(t\,1))"
  ff -f lavfi -i "aevalsrc=exprs='$tick':sample_rate=48000:duration=$seconds" \
    -c:a aac -b:a 48k -ac 1 $exact "$work/sound.mov"
  segments sound
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pictures low LOW 0xd9822b 320x180 60k
pictures high HIGH 0x0f8f83 640x360 160k
sound
