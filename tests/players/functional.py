#!/usr/bin/env python3
# This Source Code Form is subject to the terms of the Mozilla Public
# License, v. 2.0. If a copy of the MPL was not distributed with this
# file, You can obtain one at https://mozilla.org/MPL/2.0/.

"""Runs the functional tests of dash.js, from a checkout of it, with our streams. FUNCTIONAL.md tells more."""

import argparse
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.request import urlopen
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "python"), str(HERE)]

import build  # noqa: E402
import manifests  # noqa: E402
from players import browsers  # noqa: E402
from project import SHELL_PORT, UserError, run, say  # noqa: E402
from server import TARGET, Server, serve  # noqa: E402

# Without what needs keys, advertisements, events in the media or a server of manifest patches.
TESTS = ("playback/*", "playback-advanced/*", "audio/*", "video/*", "text/*", "buffer/*", "live/*", "advanced/*")
TESTS += ("feature-support/cmcd",)
CONFIGURATIONS = Path("test/functional/config/test-configurations")
MADE = Path("test/functional/content/sprocket")  # below what karma serves
RESULTS = Path("test/functional/results")
# The one address that stands in a test.
FIXED_TEST = Path("test/functional/test/buffer/buffer-to-keep-seek.js")
FIXED_ADDRESS = "https://dash.akamaized.net/akamai/bbb_30fps/bbb_30fps.mpd"
# The server's sessions: all but low latency shares a line.
LINE, LOW = "line", "low-latency"
# Bytes a second. dash.js measures nothing where a segment comes at once, or in less than two pieces.
THROTTLE = 400_000
LIVE = "start=700&window=1200"  # seconds: the long presentation on demand is the first part of this one
LONG_SECONDS = 600
OUTPUT = TARGET / "functional-browser.log"  # what the browser printed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path, help="a built checkout of dash.js: see FUNCTIONAL.md")
    parser.add_argument("--browser", choices=("mseshell", "chromium"), default="mseshell", help="default: mseshell")
    parser.add_argument("--binary", type=Path, metavar="FILE", help="this mseshell instead of the debug build")
    parser.add_argument("--tests", nargs="+", default=TESTS, metavar="TEST", help="as playback/seek or playback/*")
    parser.add_argument("--stream", default="", metavar="TEXT", help="only streams whose name contains TEXT")
    parser.add_argument("--results", type=Path, metavar="FILE", help="where to write karma's JUnit XML")
    options = parser.parse_args()
    checkout = options.checkout.resolve()
    if not (checkout / "dist/modern/esm/dash.all.min.js").is_file():
        raise UserError(f"{checkout} is no built checkout of dash.js: FUNCTIONAL.md says how to make one.")
    run([HERE / "streams.sh"])
    with serve() as server:
        port = free_port()
        begin_sessions(server)
        make_manifests(checkout / MADE, server.origin)
        vectors = [it for it in streams(server.origin, port) if options.stream in it["name"]]
        configure(checkout, port, options.tests, vectors)
        chosen = browser(options)
        file = run_karma(checkout, port, chosen)
    if options.results:
        shutil.copyfile(file, options.results)
    return summarize(file)


def browser(options) -> browsers.Browser:
    if options.browser == "chromium":
        return browsers.chromium()
    binary = options.binary or build.binary(SHELL_PORT, release=False)
    return browsers.mseshell(binary.absolute())


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


# What is played


def begin_sessions(server: Server) -> None:
    """The first request of a live presentation says how it is."""
    for name, query in ((LINE, LIVE), (LOW, f"{LIVE}&low_latency=1")):
        urlopen(f"{server.origin}/live/{name}/dash/h264/manifest.mpd?{query}").close()
        server.sessions[name].control({"throttle": THROTTLE})


def streams(origin: str, port: int) -> list[dict]:
    """The test vectors, as dash.js calls them. Karma serves the manifests that are made here."""
    made = f"http://127.0.0.1:{port}/base/{MADE}"
    # Start times are at random from 5 s before the beginning, and at 0 there is no seek to wait for.
    most = ["playback-advanced/preload", "playback-advanced/switch-quality"]
    most += [test for test in TESTS if not test.startswith(("playback-advanced", "feature-support"))]
    # What is in `advanced` seeks to times of the media, as if they were times of the window.
    of_live = [test for test in TESTS if not test.startswith("advanced")]
    seeks = ["playback/play", "playback/seek", "playback/seek-to-presentation-time", "playback/ended"]
    periods = {"waitingTimeForPeriodSwitches": 20000, "minimumNumberOfPeriodSwitches": 2}
    periods |= {"maximumNumberOfPeriodSwitches": 3}
    in_periods = ["playback/play", "playback/ended", "playback-advanced/multiperiod-playback"]
    gaps = ["advanced/seek-in-gaps"]
    of_long = [*seeks, "video/*", "buffer/*", "playback-advanced/*", "feature-support/cmcd"]
    return [
        vector("H.264", f"{origin}/s/{LINE}/streams/dash/h264/manifest.mpd", most),
        vector("VP9", f"{made}/vp9.mpd", most),
        vector("long H.264", f"{made}/long.mpd", of_long),
        vector("live H.264", f"{origin}/live/{LINE}/dash/h264/manifest.mpd", of_live, type="live"),
        vector("live VP9", f"{origin}/live/{LINE}/dash/vp9/manifest.mpd", of_live, type="live"),
        vector("low latency", f"{origin}/live/{LOW}/dash/h264/manifest.mpd", ["playback/*", "live/*"], type="live"),
        vector("periods", f"{made}/periods.mpd", in_periods, testdata={"periods": periods}),
        vector("VP9 periods", f"{made}/vp9-periods.mpd", in_periods, testdata={"periods": periods}),
        vector("early video", f"{made}/early-video.mpd", [*seeks, "playback/pause"]),
        vector("early sound", f"{made}/early-audio.mpd", [*seeks, "playback/pause"]),
        vector("no video at 0", f"{made}/late-video.mpd", gaps, testdata={"gaps": [{"start": 0, "end": 6}]}),
        vector("no sound at 0", f"{made}/late-audio.mpd", gaps, testdata={"gaps": [{"start": 0, "end": 6.016}]}),
    ]


def vector(name: str, url: str, tests: Sequence[str], **more) -> dict:
    return {"name": name, "type": "vod", "url": url, "includedTestfiles": tests, **more}


def make_manifests(folder: Path, origin: str) -> None:
    """The presentations that dash.js has tests for and we have only the segments of."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    h264, vp9 = (on_demand(origin, name) for name in ("h264", "vp9"))
    made = {
        # WebM counts milliseconds: the last picture ends before second 24.
        "vp9": vp9.replace('"PT24S"', '"PT23.95S"'),
        "long": long(origin),
        "periods": in_periods(without_text(h264)),
        "vp9-periods": in_periods(without_text(vp9)),
        "early-video": changed(without_text(h264), "video", early),
        "early-audio": changed(without_text(h264), "audio", early),
        "late-video": changed(without_text(h264), "video", late),
        "late-audio": changed(without_text(h264), "audio", late),
    }
    for name, text in made.items():
        (folder / f"{name}.mpd").write_text(text)


def on_demand(origin: str, name: str) -> str:
    """The manifest with its address."""
    text = (TARGET / "streams/dash" / name / "manifest.mpd").read_text()
    return with_base(text, f"{origin}/s/{LINE}/streams/dash/{name}/")


def without_text(manifest: str) -> str:
    """Subtitles in one file have no place in a period's time."""
    return re.sub(r' *<AdaptationSet id="\d+" contentType="text".*?</AdaptationSet>\n', "", manifest, flags=re.DOTALL)


def with_base(text: str, url: str) -> str:
    return re.sub(r"(<Period [^>]*>\n)", rf"\1    <BaseURL>{url}</BaseURL>\n", text)


def long(origin: str) -> str:
    """What a live presentation published long ago, on demand."""
    renditions = [it for it in manifests.load(TARGET / "streams/dash/h264") if it.kind != "text"]
    text = manifests.mpd(renditions, manifests.Window(first=1, last=LONG_SECONDS // 2, start_time=0))
    text = re.sub(r' (availabilityStartTime|publishTime|minimumUpdatePeriod|timeShiftBufferDepth)="[^"]*"', "", text)
    text = re.sub(r" *<UTCTiming [^>]*>\n", "", text)
    text = text.replace('type="dynamic"', f'type="static" mediaPresentationDuration="PT{LONG_SECONDS}S"')
    return with_base(text, f"{origin}/live/{LINE}/dash/h264/")


def in_periods(text: str) -> str:
    """Each third in a period of its own. A segment of the sound begins at thirds too."""
    [period] = re.findall(r"  <Period .*</Period>\n", text, re.DOTALL)
    periods = []
    for index in range(3):
        part = period.replace('id="0" start="PT0S"', f'id="{index}" start="PT{8 * index}S"', 1)
        periods.append(changed(part, "video|audio", lambda template, at=index: third(template, at)))
    return text.replace(period, "".join(periods))


def changed(text: str, kind: str, change: Callable[[str], str]) -> str:
    """The manifest with the segment templates of a kind changed."""
    pattern = rf'(<AdaptationSet id="\d+" contentType="(?:{kind})".*?)( *<SegmentTemplate .*?)( *<Representation )'
    return re.sub(pattern, lambda match: match[1] + change(match[2]) + match[3], text, flags=re.DOTALL)


def begun(template: str, ticks: int) -> str:
    """The period begins at this time of the media."""
    return template.replace("<SegmentTemplate ", f'<SegmentTemplate presentationTimeOffset="{ticks}" ')


def early(template: str) -> str:
    """The first segment begins a quarter of a second before the period does."""
    timescale = int(re.search(r' timescale="(\d+)"', template)[1])
    return begun(template, timescale // 4)


def late(template: str) -> str:
    """The first three segments are not there."""
    return timeline(template, 3, 12)


def third(template: str, index: int) -> str:
    part = timeline(template, 4 * index, 4 * index + 4)
    return begun(part, int(re.search(r'<S t="(\d+)"', part)[1]))


def timeline(template: str, start: int, end: int) -> str:
    """The template with some of the 12 segments, each with its time."""
    segments = re.findall(r"<S [^>]*/>", template)
    if not segments:
        ticks = int(re.search(r' duration="(\d+)"', template)[1])
        segments = [f'<S t="{number * ticks}" d="{ticks}"/>' for number in range(12)]
    opening = re.search(r" *<SegmentTemplate [^>]*?(?=/?>)", template)[0]
    opening = re.sub(r' duration="\d+"', "", opening).replace('startNumber="1"', f'startNumber="{start + 1}"')
    lines = [f"{opening}>", "        <SegmentTimeline>"]
    lines += [f"          {segment}" for segment in segments[start:end]]
    return "\n".join([*lines, "        </SegmentTimeline>", "      </SegmentTemplate>", ""])


# How it is run


def configure(checkout: Path, port: int, tests: list[str], vectors: list[dict]) -> None:
    configuration = {"browsers": [], "hostname": "127.0.0.1", "port": port, "useIframe": True}
    configuration["reporters"] = ["junit", "mocha"]
    (checkout / CONFIGURATIONS / "sprocket.json").write_text(json.dumps(configuration))
    chosen = {"testfiles": {"included": list(tests), "excluded": []}, "testvectors": vectors}
    (checkout / CONFIGURATIONS / "streams/sprocket.json").write_text(json.dumps(chosen, indent=1))
    fixed = checkout / FIXED_TEST
    fixed.write_text(fixed.read_text().replace(FIXED_ADDRESS, f"/base/{MADE}/long.mpd"))


def run_karma(checkout: Path, port: int, chosen: browsers.Browser) -> Path:
    """Runs karma, which ends with the tests, and the browser. Gives the file with the results."""
    shutil.rmtree(checkout / RESULTS, ignore_errors=True)
    command = ["node_modules/.bin/karma", "start", "test/functional/config/karma.functional.conf.cjs"]
    command += ["--configfile=sprocket", "--streamsfile=sprocket", "--no-colors"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        karma = subprocess.Popen(command, cwd=checkout, stdout=subprocess.PIPE, text=True, errors="replace")
        process = None
        try:
            for line in karma.stdout:
                print(line, end="", flush=True)
                if process is None and "server started at" in line:
                    process = chosen.start(f"http://127.0.0.1:{port}/", profile, small_quota=False)
                    threading.Thread(target=keep_output, args=(process,)).start()
            karma.wait()
        finally:
            karma.send_signal(signal.SIGTERM)
            if process is not None:
                browsers.stop(process)
    files = list((checkout / RESULTS).rglob("*.xml"))
    if not files:
        raise UserError("karma wrote no results: what it printed says why.")
    return files[0]


def keep_output(browser: subprocess.Popen) -> None:
    with OUTPUT.open("w") as file:
        for line in browser.stdout:
            file.write(line)
            file.flush()


def summarize(file: Path) -> int:
    """Prints what failed, and how many tests did what. 0 if none failed."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for case in ElementTree.parse(file).iter("testcase"):
        failure = case.find("failure")
        outcome = "failed" if failure is not None else "skipped" if case.find("skipped") is not None else "passed"
        counts[outcome] += 1
        if failure is not None:
            say(f"FAILED {case.get('name')}\n    {(failure.text or '').splitlines()[0]}")
    say(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"functional.py: {error}")
