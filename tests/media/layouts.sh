#!/bin/sh
# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

# Other layouts of the same frames, 2 s long. Part of generate.sh.
mkdir -p layouts
short="-t 2 -c copy"
gst() { timeout 60 gst-launch-1.0 -q "$@"; }
craft() { python3 craft.py "$@"; }

vp9="-c:v libvpx-vp9 -deadline good -cpu-used 6 -b:v 60k -g $rate -keyint_min $rate -pix_fmt yuv420p -threads 1 -row-mt 0"
opus="-c:a libopus -b:a 32k -ac 1"
paint 2 | eval ff "$pictures" "$vp9" "$exact" "$work/vp9.webm"
eval ff "$(sound)" -t 2 "$opus" "$exact" "$work/opus.webm"
eval ff "$(sound)" -t 2 "$opus" -vbr off "$exact" "$work/opus-constant.webm"

# ISO BMFF
# Data offsets from the start of the file, and a fragment to each track.
ff -i "$work/h264.mov" -i "$work/aac.mov" $short -movflags +empty_moov+frag_keyframe+separate_moof -min_frag_duration 1000000 layouts/base-data-offset.mp4
# Composition offsets below 0 in place of an edit list.
ff -i "$work/h264.mov" $short -movflags +empty_moov+default_base_moof+frag_keyframe+negative_cts_offsets layouts/negative-composition-offsets.mp4
# styp and sidx before each fragment.
ff -i "$work/h264.mov" -i "$work/aac.mov" $short -movflags +dash+delay_moov+frag_keyframe -min_frag_duration 1000000 layouts/dash.mp4
# A movie fragment for each frame.
ff -i "$work/h264.mov" $short -movflags +delay_moov+default_base_moof+frag_every_frame layouts/frame-per-fragment.mp4
ff -i "$work/vp9.webm" -i "$work/opus.webm" -c copy -strict experimental $fragments layouts/vp9-opus.mp4
# An empty edit: the sound begins half a second late.
ff -i "$work/h264.mov" -itsoffset 0.5 -i "$work/aac.mov" $short $fragments layouts/empty-edit.mp4
# Decode times beyond 32 bits.
ff -i "$work/h264.mov" $short -output_ts_offset 400000 -movflags +empty_moov+default_base_moof+frag_keyframe+frag_discont layouts/late.mp4
# Not fragmented, the movie box first.
ff -i "$work/h264.mov" -i "$work/aac.mov" $short -movflags +faststart layouts/progressive.mp4
# A frame rate that varies, and key frames that are followed by pictures to be shown before them.
paint 2 | eval ff "$pictures" -vf "\"select='mod(n\\,5)*mod(n\\,7)'\"" -vsync vfr "$h264" "$exact" $fragments layouts/variable-rate.mp4
paint 2 | eval ff "$pictures" "$h264" -g 12 -x264-params open-gop=1:bframes=3 "$exact" $fragments layouts/open-groups.mp4
# Another muxer: offsets from the moof without default-base-is-moof.
gst filesrc location="$work/h264.mov" ! qtdemux ! h264parse ! mp4mux fragment-duration=1000 ! filesink location=layouts/gstreamer-h264.mp4
ff -i h264-aac.mp4 $short $fragments "$work/short.mp4"
craft large-boxes "$work/short.mp4" layouts/large-boxes.mp4
craft several-runs "$work/short.mp4" layouts/several-runs.mp4
craft continued-runs "$work/short.mp4" layouts/continued-runs.mp4

# WebM
ff -i "$work/vp9.webm" -i "$work/opus.webm" -c copy -cluster_time_limit 1000 layouts/vp9-opus.webm
# A segment of unknown size, without Cues, as a live encoder writes it.
ff -i "$work/vp8.webm" -i "$work/vorbis.webm" $short -cluster_time_limit 1000 -live 1 -f webm - > layouts/live.webm
paint 2 | eval ff "$pictures" -vf "\"select='mod(n\\,5)*mod(n\\,7)'\"" -vsync vfr "$vp8" "$exact" layouts/variable-rate.webm
# Clusters of unknown size and no durations at all; and the same muxer's seekable form.
gst filesrc location="$work/vorbis.webm" ! matroskademux ! webmmux streamable=true ! filesink location=layouts/gstreamer-vorbis.webm
ff -i vp8.webm $short "$work/short-vp8.webm"
ff -i vorbis.webm $short "$work/short-vorbis.webm"
gst webmmux name=mux ! filesink location=layouts/gstreamer-vp8-vorbis.webm \
  filesrc location="$work/short-vp8.webm" ! matroskademux ! queue ! mux.video_0 \
  filesrc location="$work/short-vorbis.webm" ! matroskademux ! queue ! mux.audio_0
craft block-groups "$work/short-vp8.webm" layouts/block-groups.webm
craft lacing-xiph "$work/opus.webm" layouts/lacing-xiph.webm
craft lacing-ebml "$work/opus.webm" layouts/lacing-ebml.webm
craft lacing-fixed "$work/opus-constant.webm" layouts/lacing-fixed.webm

# MPEG audio
mp3="-c:a libmp3lame -b:a 32k -ac 1"
tags="-metadata title=Beeps -id3v2_version 3 -write_id3v1 1"
eval ff "$(sound)" -t 2 "$mp3" $tags layouts/xing-id3.mp3
eval ff "$(sound)" -t 2 "$mp3" -write_xing 0 -id3v2_version 0 layouts/bare.mp3
eval ff "$(sound)" -t 2 -c:a libmp3lame -q:a 6 -ac 2 -ar 22050 "$exact" -id3v2_version 4 layouts/low-rate-variable.mp3
ff -i aac.mp4 $short -bitexact layouts/bare.aac
ff -i aac.mp4 $short -metadata title=Beeps -write_id3v2 1 layouts/id3.aac

# MPEG-2 transport streams. A clock that wraps, and one that begins anew.
for rest in 0 95442; do
  ff -i "$work/h264.mov" -i "$work/aac.mov" $short -bitexact -f mpegts -output_ts_offset $rest "$work/from-$rest.ts"
done
cp "$work/from-0.ts" layouts/h264-aac.ts
cp "$work/from-95442.ts" layouts/wrap.ts
ff -i "$work/h264.mov" -i "$work/aac.mov" $short -bitexact -f mpegts -mpegts_flags initial_discontinuity -output_ts_offset 50 "$work/later.ts"
cat "$work/from-0.ts" "$work/later.ts" > layouts/discontinuity.ts
ff -i h264.mp4 $short $fragments "$work/short-h264.mp4"
ff -i aac.mp4 $short $fragments "$work/short-aac.mp4"
gst mpegtsmux name=mux ! filesink location=layouts/gstreamer.ts \
  filesrc location="$work/short-h264.mp4" ! qtdemux ! h264parse config-interval=-1 ! queue ! mux. \
  filesrc location="$work/short-aac.mp4" ! qtdemux ! aacparse ! queue ! mux.
paint 2 | eval ff "$pictures" "$h264" -x264-params intra-refresh=1:keyint=12 "$exact" -f mpegts layouts/intra-refresh.ts
