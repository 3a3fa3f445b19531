/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// What `./mach run` has the browser do where nobody can press the buttons: a tour of the demo.

import("./guide.js").then(({ take, until }) => {
  const video = document.querySelector("video");
  const worker = document.getElementById("worker");
  const press = (label) => document.querySelector(`[data-quality=${label}]`).click();

  function frames() {
    const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
    return `${droppedVideoFrames} of ${totalVideoFrames} frames dropped`;
  }

  return take(async () => {
    await until("the page starts to play", () => video.currentTime > 0);
    press("Low");
    await until("Low plays to 4 s", () => video.currentTime >= 4 && video.videoHeight === 180);
    press("High");
    await until("High is seen", () => video.videoHeight === 360);
    if (video.currentTime > 8) throw new Error(`High was not seen before ${video.currentTime} s`);
    video.currentTime = 16;
    await until("16 s is sought, and played from", () => !video.seeking && video.currentTime >= 17);
    await until("it plays to the end", () => video.ended);
    document.getElementById("play").click();
    await until("it plays again from the start", () => video.currentTime > 0 && video.currentTime < 2);
    press("Low");
    await until("Low plays to 3 s", () => video.currentTime >= 3);
    if (video.videoHeight !== 180) throw new Error("Low was not seen before 3 s");
    if (!worker.disabled) {
      console.log(`tour: before the worker, ${frames()}`);
      const left = video.currentTime;
      let resumed;
      video.addEventListener("playing", () => (resumed = video.currentTime), { once: true });
      worker.click();
      await until("a worker appends, and it plays on", () => video.srcObject && video.currentTime > resumed + 1);
      if (resumed < left - 0.1) throw new Error(`it went back from ${left} s to ${resumed} s`);
    }
    return frames();
  });
});
"The tour: Low, High at 4 s, a seek to 16 s, the end, again in Low, and on in a worker.";
