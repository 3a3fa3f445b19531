/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// https://w3c.github.io/media-source/#audio-track-extensions

partial interface AudioTrack {
  readonly attribute SourceBuffer? sourceBuffer;
};

// https://w3c.github.io/media-source/#video-track-extensions

partial interface VideoTrack {
  readonly attribute SourceBuffer? sourceBuffer;
};

// https://w3c.github.io/media-source/#text-track-extensions

partial interface TextTrack {
  readonly attribute SourceBuffer? sourceBuffer;
};
