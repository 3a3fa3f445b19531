/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// https://w3c.github.io/media-source/#sourcebuffer
// (Track lists are not in workers: https://github.com/w3c/media-source/issues/280)

[Exposed=(Window,DedicatedWorker)]
interface SourceBuffer : EventTarget {
  [SetterThrows] attribute AppendMode mode;
  readonly attribute boolean updating;
  [GetterThrows] readonly attribute TimeRanges buffered;
  [SetterThrows] attribute double timestampOffset;
  [Exposed=Window] readonly attribute AudioTrackList audioTracks;
  [Exposed=Window] readonly attribute VideoTrackList videoTracks;
  [Exposed=Window] readonly attribute TextTrackList textTracks;
  [SetterThrows] attribute double appendWindowStart;
  [SetterThrows] attribute unrestricted double appendWindowEnd;
  attribute EventHandler onupdatestart;
  attribute EventHandler onupdate;
  attribute EventHandler onupdateend;
  attribute EventHandler onerror;
  attribute EventHandler onabort;
  [Throws] undefined appendBuffer(BufferSource data);
  [Throws] undefined abort();
  [Throws] undefined changeType(DOMString type);
  [Throws] undefined remove(double start, unrestricted double end);
};

// https://w3c.github.io/media-source/#dom-appendmode
enum AppendMode { "segments", "sequence" };
