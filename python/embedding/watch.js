/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// Watches the demo and reports once: when it has played for two seconds, or when it cannot play.

{
  const PLAYED = 2; // seconds
  const video = document.querySelector("video");
  const supported = window.MediaSource?.isTypeSupported('video/mp4; codecs="avc1.42E01E"');
  let frames = 0;

  const count = () => {
    frames++;
    video.requestVideoFrameCallback(count);
  };
  if (supported) video.requestVideoFrameCallback(count);

  const timer = setInterval(() => {
    const trouble = document.getElementById("trouble").textContent;
    if (supported && !trouble && video.currentTime < PLAYED) return;
    clearInterval(timer);
    const { left, top, width, height } = video.getBoundingClientRect();
    const place = [left, top, width, height].map((length) => Math.round(length * devicePixelRatio));
    const report = { supported, trouble, frames, position: video.currentTime, place };
    fetch("/report", { method: "POST", body: JSON.stringify(report) });
  }, 100);
}
