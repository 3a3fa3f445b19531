/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// https://w3c.github.io/media-capabilities/. Nothing is encoded, so there is no encodingInfo().

partial interface Navigator {
  [SameObject] readonly attribute MediaCapabilities mediaCapabilities;
};

partial interface WorkerNavigator {
  [SameObject] readonly attribute MediaCapabilities mediaCapabilities;
};

// https://w3c.github.io/media-capabilities/#media-capabilities-interface
[Exposed=(Window,Worker)]
interface MediaCapabilities {
  [NewObject] Promise<MediaCapabilitiesDecodingInfo> decodingInfo(MediaDecodingConfiguration configuration);
};

// https://w3c.github.io/media-capabilities/#dictdef-mediaconfiguration
dictionary MediaConfiguration {
  VideoConfiguration video;
  AudioConfiguration audio;
};

// https://w3c.github.io/media-capabilities/#dictdef-mediadecodingconfiguration
dictionary MediaDecodingConfiguration : MediaConfiguration {
  required MediaDecodingType type;
  MediaCapabilitiesKeySystemConfiguration keySystemConfiguration;
};

// https://w3c.github.io/media-capabilities/#enumdef-mediadecodingtype
enum MediaDecodingType { "file", "media-source", "webrtc" };

// https://w3c.github.io/media-capabilities/#dictdef-videoconfiguration
dictionary VideoConfiguration {
  required DOMString contentType;
  required unsigned long width;
  required unsigned long height;
  required unsigned long long bitrate;
  required double framerate;
  boolean hasAlphaChannel;
  HdrMetadataType hdrMetadataType;
  ColorGamut colorGamut;
  TransferFunction transferFunction;
  boolean spatialScalability;
};

// https://w3c.github.io/media-capabilities/#enumdef-hdrmetadatatype
enum HdrMetadataType { "smpteSt2086", "smpteSt2094-10", "smpteSt2094-40" };

// https://w3c.github.io/media-capabilities/#enumdef-colorgamut
enum ColorGamut { "srgb", "p3", "rec2020" };

// https://w3c.github.io/media-capabilities/#enumdef-transferfunction
enum TransferFunction { "srgb", "pq", "hlg" };

// https://w3c.github.io/media-capabilities/#dictdef-audioconfiguration
dictionary AudioConfiguration {
  required DOMString contentType;
  DOMString channels;
  unsigned long long bitrate;
  unsigned long samplerate;
  boolean spatialRendering;
};

// https://w3c.github.io/media-capabilities/#dictdef-mediacapabilitieskeysystemconfiguration
// No key system is there to read more of it.
dictionary MediaCapabilitiesKeySystemConfiguration {
  required DOMString keySystem;
  KeySystemTrackConfiguration audio;
  KeySystemTrackConfiguration video;
};

// https://w3c.github.io/media-capabilities/#dictdef-keysystemtrackconfiguration
dictionary KeySystemTrackConfiguration {
  DOMString robustness = "";
  DOMString? encryptionScheme = null;
};

// https://w3c.github.io/media-capabilities/#dictdef-mediacapabilitiesinfo
dictionary MediaCapabilitiesInfo {
  required boolean supported;
  required boolean smooth;
  required boolean powerEfficient;
};

// https://w3c.github.io/media-capabilities/#dictdef-mediacapabilitiesdecodinginfo
dictionary MediaCapabilitiesDecodingInfo : MediaCapabilitiesInfo {
  // There is no MediaKeySystemAccess: always null.
  required any keySystemAccess;
  required MediaDecodingConfiguration configuration;
};
