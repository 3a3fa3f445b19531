/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// What `./mach run mediastream` has the browser do where nobody can press the buttons: a tour of the demo.

import("../guide.js").then(({ take, until }) => {
  const BLACK = 20; // of 255
  const SIGHTSEEING = 30; // pictures that are shown before the tour ends
  const element = (id) => document.getElementById(id);
  const previews = [element("large"), element("small")];
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [32, 24];
  const context = canvas.getContext("2d", { willReadFrequently: true });

  const press = (id) => element(id).click();
  const cameras = () => [...element("camera").children].slice(1); // The first button is for none.
  const track = () => previews[0].srcObject.getVideoTracks()[0];
  const frames = (video) => video.getVideoPlaybackQuality().totalVideoFrames;
  const both = (condition) => previews.every(condition);

  function chooseSize(size) {
    [...element("size").children].find(({ textContent }) => textContent === size).click();
  }

  /** Whether a video shows pictures of that size which are not black. */
  function shows(video, size) {
    const shown = `${video.videoWidth} × ${video.videoHeight}`;
    return shown === size && !video.ended && video.currentTime > 0 && !isBlack(video);
  }

  function isBlack(video) {
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return data.every((value, index) => index % 4 === 3 || value < BLACK);
  }

  return take(async () => {
    await until("the devices are listed", () => cameras().length > 0);
    chooseSize("640 × 480");
    press("start");
    await until("both videos show the first camera", () => both((video) => shows(video, "640 × 480")));
    await until("all cameras are listed", () => cameras().length > 1);
    chooseSize("320 × 240");
    press("apply");
    await until("both become smaller", () => both((video) => shows(video, "320 × 240")));
    press("video-enabled");
    await until("both are black", () => both(isBlack));
    press("video-enabled");
    await until("both show the camera again", () => both((video) => shows(video, "320 × 240")));
    chooseSize("9999 × 9999");
    press("exact");
    press("apply");
    await until("the width is refused", () => /^Overconstrained.* width /.test(element("trouble").textContent));
    press("exact");
    chooseSize("640 × 480");
    const first = track();
    cameras()[1].click();
    press("start");
    await until("both show the other camera", () => track() !== first && both((video) => shows(video, "640 × 480")));
    if (track().label === first.label) throw new Error(`${first.label} is captured again`);
    if (first.readyState !== "ended") throw new Error(`${first.label} is still captured`);
    press("record");
    await until("the recording plays", () => !previews[1].srcObject && previews[1].currentTime > 1);
    if (isBlack(previews[1])) throw new Error("the recording is black");
    press("record");
    await until("the recording is a file", () => !element("file").hidden);
    await until("both show the camera again", () => both((video) => shows(video, "640 × 480")));
    press("stop");
    await until("all ends", () => track().readyState === "ended" && both(({ ended }) => ended));
    press("start");
    await until("both show pictures again", () => both((video) => shows(video, "640 × 480")));
    const seen = frames(previews[0]);
    await until("it goes on", () => frames(previews[0]) > seen + SIGHTSEEING);
    return previews.map((video) => `${frames(video)} frames in the ${video.id} video`).join(", ");
  });
});
"The tour: a camera, a smaller picture, a black one, what cannot be, another camera, a recording, the end, and again.";
