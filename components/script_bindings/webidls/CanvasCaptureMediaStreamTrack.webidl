/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// https://w3c.github.io/mediacapture-fromelement/#canvascapturemediastreamtrack

partial interface HTMLCanvasElement {
  [Throws]
  MediaStream captureStream(optional double frameRequestRate);
};

[Exposed=Window]
interface CanvasCaptureMediaStreamTrack : MediaStreamTrack {
  readonly attribute HTMLCanvasElement canvas;
  undefined requestFrame();
};
