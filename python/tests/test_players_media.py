# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The containers and manifests of the players' streams; and the streams themselves, where they were made."""

import re
import unittest
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import players_streams
from players_streams import AUDIO, VIDEO, rendition

import isobmff
import manifests
import webm
from isobmff import Sample
from manifests import Window
from project import TARGET

DASH = {"": "urn:mpeg:dash:schema:mpd:2011"}
STREAMS = TARGET / "players/streams"


class FragmentedMp4Test(unittest.TestCase):
    def setUp(self):
        self.video = [Sample(2000, 1000, 2000, 0x2000000, b"key"), Sample(3000, 500, -1000, 0x1010000, b"p")]
        self.audio = [Sample(4096, 1024, 0, 0x2000000, b"sound")]

    def test_samples_are_read_as_they_were_written(self):
        fragment = isobmff.write_fragment(7, {1: self.video, 2: self.audio})
        self.assertEqual(isobmff.read_samples(isobmff.SEGMENT_TYPE + fragment), {1: self.video, 2: self.audio})

    def test_defaults_and_flags_of_the_first_sample(self):
        trun = isobmff.write_full_box(b"trun", 0, 0x5, isobmff.u32(2), isobmff.u32(0), isobmff.u32(0x2000000))
        tfhd = isobmff.write_full_box(b"tfhd", 0, 0x20010, isobmff.u32(1), isobmff.u32(3))
        tfdt = isobmff.write_full_box(b"tfdt", 0, 0, isobmff.u32(50))
        moof = isobmff.write_box(b"moof", isobmff.write_box(b"traf", tfhd, tfdt, trun))
        fields = {"duration": 10, "size": 99, "flags": 0x1010000}
        [first, second] = isobmff.read_samples(moof, {1: fields})[1]
        self.assertEqual((first.decode_time, first.flags, len(first.data)), (50, 0x2000000, 3))
        self.assertEqual((second.decode_time, second.flags, len(second.data)), (60, 0x1010000, 3))

    def test_a_moved_segment_differs_in_its_times_alone(self):
        segment = isobmff.SEGMENT_TYPE + isobmff.write_fragment(3, {1: self.video, 2: self.audio})
        later = isobmff.moved(segment, 15, {1: 24 * VIDEO, 2: 24 * AUDIO})
        expected = {
            1: [replace(it, decode_time=it.decode_time + 24 * VIDEO) for it in self.video],
            2: [replace(it, decode_time=it.decode_time + 24 * AUDIO) for it in self.audio],
        }
        self.assertEqual(isobmff.read_samples(later), expected)
        self.assertEqual(later, isobmff.SEGMENT_TYPE + isobmff.write_fragment(15, expected))

    def test_a_short_decode_time_does_not_wrap(self):
        tfhd = isobmff.write_full_box(b"tfhd", 0, 0x20000, isobmff.u32(1))
        tfdt = isobmff.write_full_box(b"tfdt", 0, 0, isobmff.u32(0xFFFFFFF0))
        mfhd = isobmff.write_full_box(b"mfhd", 0, 0, isobmff.u32(1))
        moof = isobmff.write_box(b"moof", mfhd, isobmff.write_box(b"traf", tfhd, tfdt))
        self.assertEqual(isobmff.moved(moof, 1, {1: 15})[-4:], b"\xff\xff\xff\xff")
        with self.assertRaisesRegex(ValueError, "does not fit"):
            isobmff.moved(moof, 1, {1: 16})

    def test_chunks_hold_the_samples_of_the_segment(self):
        segment = players_streams.segments(1, VIDEO, VIDEO // 4, is_video=True)[1]
        chunks = isobmff.chunks(segment, VIDEO, 0.5)
        self.assertEqual([(it.start, it.end) for it in chunks], [(2, 2.5), (2.5, 3), (3, 3.5), (3.5, 4)])
        self.assertEqual([it.is_independent for it in chunks], [True, False, False, False])
        self.assertEqual(isobmff.read_samples(b"".join(it.data for it in chunks)), isobmff.read_samples(segment))
        self.assertEqual([it.data[4:8] for it in chunks], [b"styp", b"moof", b"moof", b"moof"])

    def test_times_from_zero(self):
        [first, second] = isobmff.from_zero(self.video)
        self.assertEqual((first.decode_time, first.composition_offset), (0, 2000))
        self.assertEqual((second.decode_time, second.composition_offset), (1000, -1000))

    def test_what_is_no_box_is_refused(self):
        for data in (b"\0\0\0\x09moof", b"\0\0\0\x07moof", b"\0\0\0", b"\0\0\0\x01moof\0"):
            with self.subTest(data), self.assertRaises(ValueError):
                list(isobmff.boxes(data))


class WebmTest(unittest.TestCase):
    def setUp(self):
        scale = webm.element(0x2AD7B1, b"\x0f\x42\x40")
        info = webm.element(webm.INFO, scale + webm.element(webm.DURATION, b"\0\0\0\0"))
        self.tracks = webm.element(webm.TRACKS, b"\x81")
        self.clusters = [self.cluster(0, b"first"), self.cluster(2000, b"second")]
        self.header = webm.element(webm.EBML, b"")
        cues = webm.element(0x1C53BB6B, b"")
        self.file = self.header + webm.element(webm.SEGMENT, info + self.tracks + b"".join(self.clusters) + cues)

    def cluster(self, milliseconds: int, block: bytes) -> bytes:
        timestamp = b"\xe7\x82" + milliseconds.to_bytes(2)
        return webm.element(webm.CLUSTER, timestamp + webm.element(0xA3, block))

    def test_a_file_is_cut_into_clusters(self):
        initialization, clusters = webm.segments(self.file)
        self.assertEqual(clusters, self.clusters)
        self.assertTrue(initialization.startswith(self.header + b"\x18\x53\x80\x67\x01" + b"\xff" * 7))
        self.assertTrue(initialization.endswith(self.tracks))
        self.assertNotIn(b"\x44\x89", initialization)

    def test_a_moved_cluster_keeps_its_blocks(self):
        later = webm.moved(self.clusters[1], 1_000_000_000)
        self.assertEqual(webm.timestamp(later), 1_000_002_000)
        self.assertTrue(later.endswith(webm.element(0xA3, b"second")))


class ManifestTest(unittest.TestCase):
    def setUp(self):
        self.video = rendition("video", "m4s", VIDEO)
        self.audio = replace(rendition("audio", "m4s", AUDIO), durations=[2.25, 2.0, 1.75])
        self.text = rendition("text", "vtt", 0)
        self.all = [self.video, self.audio, self.text]

    def test_dash_on_demand(self):
        root = ElementTree.fromstring(manifests.mpd(self.all, Window(1, 3)))
        self.assertEqual((root.get("type"), root.get("mediaPresentationDuration")), ("static", "PT6S"))
        kinds = [it.get("contentType") for it in root.iterfind(".//AdaptationSet", DASH)]
        self.assertEqual(kinds, ["video", "audio", "text"])
        timeline = [(it.get("t"), it.get("d")) for it in root.iterfind(".//S", DASH)]
        self.assertEqual(timeline, [("0", "108000"), ("108000", "96000"), ("204000", "84000")])

    def test_live_dash(self):
        window = Window(first=21, last=30, start_time=1000.5, length=20, delay=4)
        root = ElementTree.fromstring(manifests.mpd(self.all, window, now=1060.75))
        self.assertEqual(root.get("type"), "dynamic")
        self.assertEqual(root.get("availabilityStartTime"), "1970-01-01T00:16:40.500Z")
        self.assertEqual(root.get("timeShiftBufferDepth"), "PT20S")
        self.assertEqual(root.get("suggestedPresentationDelay"), "PT4S")
        self.assertEqual(root.find("UTCTiming", DASH).get("value"), "1970-01-01T00:17:40.750Z")
        templates = [(it.get("duration"), it.get("timescale")) for it in root.iterfind(".//SegmentTemplate", DASH)]
        self.assertEqual(templates, [("48000", "24000"), ("96000", "48000")])
        self.assertIsNone(root.find(".//SegmentTimeline", DASH))

    def test_master_playlist(self):
        text = manifests.master_playlist(self.all)
        self.assertIn('TYPE=AUDIO,GROUP-ID="audio",NAME="English",LANGUAGE="en",DEFAULT=YES', text)
        self.assertIn('TYPE=SUBTITLES,GROUP-ID="subtitles"', text)
        variant = (
            '#EXT-X-STREAM-INF:BANDWIDTH=2000,CODECS="avc1.64001e,mp4a.40.2",AUDIO="audio",SUBTITLES="subtitles",'
            "RESOLUTION=320x180,FRAME-RATE=24.000\nvideo-0/media.m3u8\n"
        )
        self.assertIn(variant, text)

    def test_media_playlist_on_demand(self):
        lines = manifests.media_playlist(self.audio, Window(1, 3)).splitlines()
        self.assertEqual(lines[0], "#EXTM3U")
        self.assertIn('#EXT-X-MAP:URI="init.mp4"', lines)
        segments = ["#EXTINF:2.250000,", "1.m4s", "#EXTINF:2.000000,", "2.m4s", "#EXTINF:1.750000,", "3.m4s"]
        self.assertEqual(lines[-7:], [*segments, "#EXT-X-ENDLIST"])

    def test_discontinuities_are_counted_when_they_leave_the_window(self):
        """Segments 4, 7 and 10 start again. A discontinuity counts once its segment is gone."""
        expected = {3: 0, 4: 0, 5: 1, 7: 1, 8: 2}
        for first, count in expected.items():
            window = Window(first, first + 2, start_time=0, has_discontinuities=True)
            lines = manifests.media_playlist(self.video, window).splitlines()
            self.assertIn(f"#EXT-X-DISCONTINUITY-SEQUENCE:{count}", lines)
            self.assertEqual("#EXT-X-DISCONTINUITY" in lines, any(it in {4, 7, 10} for it in range(first, first + 3)))

    def test_subtitles(self):
        text = manifests.subtitles("en", 31, 31, is_segment=True)
        self.assertEqual(
            text,
            "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n"
            "en-31\n00:01:00.250 --> 00:01:01.750\nLine 31, from second 60\n",
        )
        self.assertEqual(manifests.subtitles("fr", 1, 3, is_segment=False).count("-->"), 3)


@unittest.skipUnless((STREAMS / "made-by").is_file(), "tests/players/streams.sh makes the streams")
class StreamsTest(unittest.TestCase):
    """What streams.sh made."""

    def test_every_file_that_manifests_name_is_there(self):
        for folder in ("dash/h264", "dash/vp9", "hls/fmp4", "hls/muxed", "hls/ts"):
            for member in manifests.load(STREAMS / folder):
                names = [f"{number}.{member.extension}" for number in range(1, 13)]
                if folder.startswith("dash") and member.kind == "text":
                    names = ["all.vtt"]
                if folder.startswith("hls"):
                    playlist = (STREAMS / folder / member.name / "media.m3u8").read_text()
                    self.assertEqual(re.findall(r"^\d.*", playlist, re.MULTILINE), names)
                for name in filter(None, [*names, member.initialization]):
                    path = STREAMS / folder / member.name / name
                    self.assertTrue(path.is_file(), path)

    def test_segments_follow_each_other_without_a_gap_also_when_repeated(self):
        for folder, tracks in (("dash/h264", 1), ("hls/muxed", 2)):
            for member in (it for it in manifests.load(STREAMS / folder) if it.kind != "text"):
                self.assertEqual(len(member.timescales), tracks)
                samples = {}
                for number in range(1, 13):
                    segment = (STREAMS / folder / member.name / f"{number}.m4s").read_bytes()
                    for track, found in isobmff.read_samples(segment).items():
                        self.assertTrue(found[0].is_sync)
                        samples.setdefault(track, []).extend(found)
                for track, found in samples.items():
                    ends = [0, *(it.decode_time + it.duration for it in found)]
                    self.assertEqual([it.decode_time for it in found], ends[:-1])
                    self.assertEqual(ends[-1], 24 * member.timescales[track])
                    self.assertEqual(min(it.decode_time + it.composition_offset for it in found), 0)

    def test_qualities_differ_in_size(self):
        for folder in ("dash/h264", "dash/vp9", "hls/muxed", "hls/ts"):
            rates = [it.bandwidth for it in manifests.load(STREAMS / folder) if it.kind == "video"]
            self.assertEqual(len(rates), 3)
            self.assertTrue(all(2 * high > 3 * low for low, high in zip(rates, rates[1:])), rates)
