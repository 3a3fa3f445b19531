# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""The players' server: files, sessions with faults, and live presentations, with made-up media."""

import contextlib
import http.client
import json
import re
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from unittest import mock

import players_streams
from players_streams import AUDIO, VIDEO

import isobmff
import server
import webm
from live import Live
from sessions import Refused, Session


class Clock:
    """Time that passes when it is slept."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class WithStreams(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = Path(folder.name)
        cls.streams = cls.root / "streams"
        players_streams.make(cls.streams)

    def live(self, **query: str) -> Live:
        self.clock = Clock()
        self.enterContext(mock.patch("live.time.sleep", self.clock.sleep))
        return Live(self.streams, query, self.clock)


class ServerTest(WithStreams):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("pages", "players/hls.js"):
            (cls.root / name).mkdir(parents=True)
        (cls.root / "pages/hls.html").write_text("a page")
        (cls.root / "players/hls.js/hls.mjs").write_text("a player")
        (cls.root / "secret").write_text("secret")
        folders = {name: cls.root / name for name in ("streams", "players", "pages")}
        cls.server = cls.enterClassContext(server.serve(**folders))

    def ask(self, path: str, body=None, method: str | None = None, **headers):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server.origin + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read(), response.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), error.headers

    def status(self, path: str) -> int:
        return self.ask(path)[0]

    def test_files_and_types(self):
        for path, body, content_type in (
            ("/pages/hls.html?scenario=x", b"a page", "text/html; charset=utf-8"),
            ("/players/hls.js/hls.mjs", b"a player", "text/javascript; charset=utf-8"),
            ("/streams/hls/ts/video-0/2.ts", b"two", "video/mp2t"),
            ("/s/files/streams/hls/fmp4/video-0/init.mp4", b"initialization", "video/mp4"),
        ):
            with self.subTest(path):
                status, given, headers = self.ask(path)
                self.assertEqual((status, given, headers["Content-Type"]), (200, body, content_type))
                self.assertEqual(headers["Access-Control-Allow-Origin"], "*")

    def test_nothing_else_is_served(self):
        outside = ("/", "/secret", "/pages", "/pages/../secret", "/pages/%2e%2e/secret")
        for path in (*outside, "/s/a/pages/hls.html", "/s/a/secret", "/live/a/x"):
            with self.subTest(path):
                self.assertEqual(self.status(path), 404)
        self.assertEqual(self.ask("/pages/hls.html", body={})[0], 404)

    def test_ranges(self):
        path = "/s/ranges/streams/hls/ts/video-0/3.ts"
        status, body, headers = self.ask(path, Range="bytes=1-2")
        self.assertEqual((status, body, headers["Content-Range"]), (206, b"hr", "bytes 1-2/5"))
        status, body, headers = self.ask(path, Range="bytes=5-")
        self.assertEqual((status, headers["Content-Range"]), (416, "bytes */5"))

    def test_a_body_whose_length_is_no_number_is_refused(self):
        for length in ("-1", "+1", "1e3", "0x10", "x", "9" * 30):
            with self.subTest(length):
                connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
                with contextlib.closing(connection):
                    connection.putrequest("POST", "/control/length")
                    connection.putheader("Content-Length", length)
                    connection.endheaders()
                    self.assertEqual(connection.getresponse().status, 400)

    def test_pages_of_other_origins_do_not_control_faults(self):
        fault = {"fail": "video", "status": 503, "times": 1}
        for path in ("/control/foreign", "/report/foreign"):
            self.assertEqual(self.ask(path, fault, Origin="http://attacker.example")[0], 400)
            self.assertEqual(self.ask(path, fault, Origin="null")[0], 400)
        self.assertEqual(self.status("/s/foreign/streams/hls/fmp4/video-0/init.mp4"), 200)
        self.assertEqual(self.ask("/control/foreign", fault, Origin=self.server.origin)[0], 200)
        self.assertEqual(self.status("/s/foreign/streams/hls/fmp4/video-0/init.mp4"), 503)

    def test_requests_of_a_session_are_told(self):
        self.ask("/s/told/streams/hls/ts/video-0/1.ts?x=1")
        self.ask("/s/told/streams/none", Range="bytes=0-")
        self.ask("/s/other/streams/none")
        state = json.loads(self.ask("/control/told")[1])
        told = [(it["method"], it["path"], it["range"], it["status"], it["bytes"]) for it in state["requests"]]
        first = ("GET", "/s/told/streams/hls/ts/video-0/1.ts?x=1", None, 200, 3)
        self.assertEqual(told, [first, ("GET", "/s/told/streams/none", "bytes=0-", 404, len(b"not found\n"))])
        self.assertLessEqual(state["requests"][0]["time"], state["now"])

    def test_a_failure_ends_after_its_times(self):
        self.ask("/control/fails", {"fail": r"video-0/1\.", "status": 503, "times": 2})
        asked = [self.status(f"/s/fails/streams/hls/ts/video-0/{number}.ts") for number in (1, 2, 1, 1)]
        self.assertEqual(asked, [503, 200, 503, 200])

    def test_a_failure_without_end_is_ended(self):
        self.ask("/control/endless", {"fail": "ts", "times": None})
        path = "/s/endless/streams/hls/ts/video-0/1.ts"
        self.assertEqual([self.status(path) for _ in range(3)], [404] * 3)
        self.ask("/control/endless", method="DELETE")
        self.assertEqual(self.status(path), 200)
        self.assertEqual(len(json.loads(self.ask("/control/endless")[1])["requests"]), 1)

    def test_what_is_withheld_comes_late_and_the_rest_at_once(self):
        began = time.monotonic()
        self.ask("/control/late", {"withhold": "1.ts", "seconds": 0.3})
        self.assertEqual(self.status("/s/late/streams/hls/ts/video-0/2.ts"), 200)
        self.assertLess(time.monotonic() - began, 0.3)
        self.assertEqual(self.status("/s/late/streams/hls/ts/video-0/1.ts"), 200)
        self.assertGreaterEqual(time.monotonic() - began, 0.3)

    def test_the_throttle_is_of_all_requests_of_a_session_together(self):
        path = "streams/dash/h264/video-0/1.m4s"
        size = len((self.root / path).read_bytes())
        self.ask("/control/slow", {"throttle": size / 0.15})
        began = time.monotonic()
        threads = [threading.Thread(target=self.ask, args=(f"/s/slow/{path}",)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertGreaterEqual(time.monotonic() - began, 0.29)

    def test_a_fault_that_is_not_understood_is_refused(self):
        misspelt = ({"slow": 1}, {"fail": "x", "time": 1}, {"withhold": "x"}, [1])
        for fault in (*misspelt, {"throttle": -1}, {"fail": "("}, {"fail": "x", "status": 99}):
            with self.subTest(fault):
                self.assertEqual(self.ask("/control/refused", fault)[0], 400)

    def test_a_report_is_kept(self):
        self.assertEqual(self.status("/report/page"), 404)
        self.assertEqual(self.ask("/report/page", {"passed": True})[0], 200)
        self.assertEqual(self.server.sessions["page"].wait_for_report(5), {"passed": True})

    def test_a_live_presentation_takes_its_options_from_the_first_request(self):
        self.assertEqual(self.status("/live/options/hls/fmp4/master.m3u8?window=9&speed=fast"), 400)
        self.assertEqual(self.status("/live/options/hls/fmp4/master.m3u8?widow=9"), 400)
        self.assertEqual(self.status("/live/options/hls/fmp4/master.m3u8?window=8&start=100"), 200)
        _, body, headers = self.ask("/live/options/hls/fmp4/video-0/media.m3u8?window=20")
        self.assertEqual(headers["Content-Type"], "application/vnd.apple.mpegurl")
        self.assertEqual(body.decode().count("#EXTINF"), 4)
        self.assertIn("/live/options/hls/fmp4/video-0/media.m3u8", self.ask("/control/options")[1].decode())

    def test_a_segment_in_the_making_is_sent_in_chunks(self):
        self.server.sessions["chunks"].live = self.live(low_latency="1", start="60")
        status, body, headers = self.ask("/live/chunks/dash/h264/video-0/31.m4s")
        self.assertEqual((status, headers["Transfer-Encoding"]), (200, "chunked"))
        self.assertEqual(len(isobmff.read_samples(body)[1]), 8)
        self.assertEqual(body.count(b"moof"), 8)
        self.assertEqual(self.clock.now, 1002)


class SessionTest(unittest.TestCase):
    def test_lifting_a_fault_lets_requests_go_at_once(self):
        for fault, wait, lift in (
            ({"withhold": "a", "seconds": 600}, lambda it: it.wait_while_withheld("/a"), {"withhold": None}),
            ({"throttle": 1}, lambda it: it.wait_to_send(600), {"throttle": 0}),
        ):
            with self.subTest(fault):
                session = Session()
                session.control(fault)
                waiting = threading.Thread(target=wait, args=(session,), daemon=True)
                waiting.start()
                waiting.join(0.05)
                self.assertTrue(waiting.is_alive())
                session.control(lift)
                waiting.join(10)
                self.assertFalse(waiting.is_alive())


class LiveTest(WithStreams):
    def playlist(self, live: Live, path: str = "hls/fmp4/video-0", **query: str) -> str:
        return live.get(f"{path}/media.m3u8", query).decode()

    def numbers(self, live: Live, path: str = "hls/fmp4/video-0") -> list[int]:
        text = self.playlist(live, path)
        numbers = [int(it) for it in re.findall(r"^(\d+)\.\w+$", text, re.MULTILINE)]
        self.assertIn(f"#EXT-X-MEDIA-SEQUENCE:{numbers[0]}\n", text)
        return numbers

    def test_the_window_slides(self):
        live = self.live(window="6", start="20")
        self.assertEqual(self.numbers(live), [8, 9, 10])
        self.clock.now += 1.9
        self.assertEqual(self.numbers(live), [8, 9, 10])
        self.clock.now += 0.2
        self.assertEqual(self.numbers(live), [9, 10, 11])
        self.assertIn("PROGRAM-DATE-TIME:1970-01-01T00:16:36.000Z\n", self.playlist(live))

    def test_the_window_slides_faster(self):
        live = self.live(window="6", start="20", speed="4")
        self.clock.now += 1
        self.assertEqual(self.numbers(live), [10, 11, 12])

    def test_the_window_grows_from_the_beginning(self):
        self.assertEqual(self.numbers(self.live(window="20", start="4")), [1, 2])

    def test_segments_come_and_go(self):
        live = self.live(window="6", start="20")
        there = [number for number in range(1, 20) if live.get(f"dash/h264/video-0/{number}.m4s")]
        self.assertEqual(there, [5, 6, 7, 8, 9, 10])
        self.clock.now += 2
        there = [number for number in range(1, 20) if live.get(f"dash/h264/video-0/{number}.m4s")]
        self.assertEqual(there, [6, 7, 8, 9, 10, 11])

    def test_repeated_segments_are_moved(self):
        live = self.live(window="20", start="20")
        for name, timescale in (("video-0", VIDEO), ("audio-en", AUDIO)):
            [samples] = isobmff.read_samples(live.get(f"dash/h264/{name}/8.m4s")).values()
            self.assertEqual(samples[0].decode_time, 14 * timescale)
        self.assertEqual(samples[0].data, b"20")
        self.assertEqual(webm.timestamp(live.get("dash/vp9/video-0/8.webm")), 14_000)
        self.assertIn("00:00:14.250 -->", live.get("hls/fmp4/text-en/8.vtt").decode())

    def test_discontinuities(self):
        live = self.live(window="20", start="20", discontinuity="1")
        text = self.playlist(live)
        self.assertEqual(text.count("#EXT-X-DISCONTINUITY\n"), 3)
        date = "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:16:26.000Z"
        self.assertIn(f"#EXT-X-DISCONTINUITY\n{date}\n#EXTINF:2.000000,\n4.m4s\n", text)
        self.assertEqual(live.get("hls/fmp4/video-0/8.m4s"), (self.streams / "hls/fmp4/video-0/2.m4s").read_bytes())
        self.assertNotIn("SUBTITLES", live.get("hls/fmp4/master.m3u8").decode())
        self.assertEqual(self.playlist(self.live(), "hls/ts/video-0").count("#EXT-X-DISCONTINUITY\n"), 3)

    def test_the_clock_of_dash(self):
        live = self.live(window="6", start="20")
        self.clock.now += 5
        root = ElementTree.fromstring(live.get("dash/h264/manifest.mpd"))
        self.assertEqual(root.get("availabilityStartTime"), "1970-01-01T00:16:20.000Z")
        self.assertEqual(root.get("publishTime"), "1970-01-01T00:16:45.000Z")

    def test_options_that_do_not_go_together_are_refused(self):
        for query, path in (
            ({"speed": "2"}, "dash/h264/manifest.mpd"),
            ({"low_latency": "1"}, "dash/vp9/manifest.mpd"),
            ({"low_latency": "1", "discontinuity": "1"}, "hls/fmp4/master.m3u8"),
            ({"window": "1"}, "hls/fmp4/master.m3u8"),
        ):
            with self.subTest(path), self.assertRaises(Refused):
                self.live(**query).get(path)

    def test_chunks_come_when_they_are_over(self):
        live = self.live(low_latency="1", start="61")
        times = [self.clock.now for _ in live.get("dash/h264/video-0/31.m4s")]
        self.assertEqual(times, [1000, 1000, 1000, 1000, 1000.25, 1000.5, 1000.75, 1001])
        self.assertIsNone(live.get("dash/h264/video-0/33.m4s"))

    def test_partial_segments(self):
        live = self.live(low_latency="1", start="61")
        lines = self.playlist(live).splitlines()
        self.assertEqual(lines[-4:], [
            "30.m4s",
            '#EXT-X-PART:DURATION=0.500000,URI="31.0.m4s",INDEPENDENT=YES',
            '#EXT-X-PART:DURATION=0.500000,URI="31.1.m4s"',
            '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="31.2.m4s"',
        ])  # fmt: skip
        self.assertIn("#EXT-X-PART-INF:PART-TARGET=0.500000", lines)
        [samples] = isobmff.read_samples(live.get("hls/fmp4/video-0/31.2.m4s")).values()
        self.assertEqual((samples[0].decode_time, len(samples)), (61 * VIDEO, 2))
        self.assertEqual(self.clock.now, 1000.5)
        self.assertIsNone(live.get("hls/fmp4/video-0/31.4.m4s"))

    def test_a_playlist_waits_for_what_is_asked_for(self):
        live = self.live(low_latency="1", start="61")
        lines = self.playlist(live, _HLS_msn="31", _HLS_part="3").splitlines()
        self.assertEqual(self.clock.now, 1001)
        self.assertEqual(lines[-2:], ["31.m4s", '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="32.0.m4s"'])
        self.playlist(live, _HLS_msn="31")
        self.assertEqual(self.clock.now, 1001)
        with self.assertRaises(Refused):
            self.playlist(live, _HLS_msn="40")
