/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! Every exception of every method and attribute. Each check also says that nothing changed.

use byte_stream::mime;
use byte_stream::track::{Codec, Medium};
use bytes::Bytes;
use media_source::{
    AppendMode, EndOfStreamError, Exception, MediaSource, ReadyState, SourceBufferId,
};

use crate::host::Host;
use crate::media::{AAC, H264, Media};

type SourceCommand = fn(&mut MediaSource) -> Result<(), Exception>;
type Command = fn(&mut MediaSource, SourceBufferId) -> Result<(), Exception>;

/// The commands that a SourceBuffer takes only while it is not updating.
const COMMANDS_OF_THE_IDLE: [Command; 7] = [
    |source, id| source.source_buffer(id)?.append_buffer(b"data"),
    |source, id| source.change_type(id, H264),
    |source, id| source.source_buffer(id)?.remove(0.0, 1.0),
    |source, id| source.source_buffer(id)?.set_mode(AppendMode::Sequence),
    |source, id| source.source_buffer(id)?.set_timestamp_offset(1.0),
    |source, id| source.source_buffer(id)?.set_append_window_start(1.0),
    |source, id| source.source_buffer(id)?.set_append_window_end(1.0),
];

/// The commands of the MediaSource that it takes only while it is open.
const COMMANDS_OF_THE_OPEN: [SourceCommand; 5] = [
    |source| source.add_source_buffer(H264).map(|_| ()),
    |source| source.set_duration(1.0),
    |source| source.end_of_stream(None),
    |source| source.set_live_seekable_range(0.0, 1.0),
    |source| source.clear_live_seekable_range(),
];

/// Open, with a SourceBuffer that has 0..1.
fn host_with_media() -> (Host, SourceBufferId) {
    let media = Media::load("h264.mp4");
    let mut host = Host::open();
    let id = host.add(H264);
    host.append(id, &media.initialization);
    host.append(id, &media.segments[0]);
    (host, id)
}

#[test]
fn a_removed_source_buffer_takes_no_command() {
    let (mut host, id) = host_with_media();
    host.call(|source| source.remove_source_buffer(id))
        .expect("it is there");
    for command in COMMANDS_OF_THE_IDLE {
        host.assert_throws("InvalidStateError", |source| command(source, id));
    }
    host.assert_throws("InvalidStateError", |source| {
        source.source_buffer(id)?.abort()
    });
    host.assert_throws("InvalidStateError", |source| source.buffered(id));
    host.assert_throws("NotFoundError", |source| source.remove_source_buffer(id));
}

#[test]
fn a_source_buffer_of_a_detached_source_takes_no_command() {
    let (mut host, id) = host_with_media();
    host.call(MediaSource::detach);
    for command in COMMANDS_OF_THE_IDLE {
        host.assert_throws("InvalidStateError", |source| command(source, id));
    }
    host.assert_throws("InvalidStateError", |source| {
        source.source_buffer(id)?.abort()
    });
    host.assert_throws("InvalidStateError", |source| source.buffered(id));
    host.assert_throws("NotFoundError", |source| source.remove_source_buffer(id));
}

#[test]
fn an_appending_source_buffer_takes_no_command() {
    let (mut host, id) = host_with_media();
    host.call(|source| source.source_buffer(id)?.append_buffer(&[]))
        .expect("it is idle");
    host.run_jobs();
    for command in COMMANDS_OF_THE_IDLE {
        host.assert_throws("InvalidStateError", |source| command(source, id));
    }
    host.assert_throws("InvalidStateError", |source| source.set_duration(7.0));
    host.assert_throws("InvalidStateError", |source| source.end_of_stream(None));
}

#[test]
fn a_removing_source_buffer_takes_no_command() {
    let (mut host, id) = host_with_media();
    host.call(|source| source.source_buffer(id)?.remove(0.0, 1.0))
        .expect("it is idle");
    for command in COMMANDS_OF_THE_IDLE {
        host.assert_throws("InvalidStateError", |source| command(source, id));
    }
    host.assert_throws("InvalidStateError", |source| {
        source.source_buffer(id)?.abort()
    });
    host.assert_throws("InvalidStateError", |source| source.set_duration(7.0));
    host.assert_throws("InvalidStateError", |source| source.end_of_stream(None));
}

#[test]
fn a_closed_source_takes_no_command() {
    let mut host = Host::closed();
    for command in COMMANDS_OF_THE_OPEN {
        host.assert_throws("InvalidStateError", command);
    }
    let network = Some(EndOfStreamError::Network);
    host.assert_throws("InvalidStateError", |source| source.end_of_stream(network));
}

#[test]
fn an_ended_source_takes_no_command() {
    let (mut host, id) = host_with_media();
    host.end_of_stream();
    for command in COMMANDS_OF_THE_OPEN {
        host.assert_throws("InvalidStateError", command);
    }
    host.assert_throws("InvalidStateError", |source| {
        source.source_buffer(id)?.abort()
    });
}

/// <https://w3c.github.io/media-source/#mediasource-attach>
#[test]
fn a_source_is_attached_once() {
    let mut host = Host::open();
    let before = host.state();
    assert!(!host.call(MediaSource::attach));
    host.end_of_stream();
    assert!(!host.call(MediaSource::attach));
    assert_ne!(
        host.state(),
        before,
        "it has ended, and was not opened again"
    );
}

/// <https://w3c.github.io/media-source/#dom-mediasource-addsourcebuffer>,
/// <https://w3c.github.io/media-source/#dom-sourcebuffer-changetype>
#[test]
fn types_that_are_empty_or_not_supported() {
    let mut host = Host::closed();
    // Both are found out before the MediaSource is found to be closed.
    host.assert_throws("TypeError", |source| source.add_source_buffer(""));
    for mime_type in [
        "video",
        "text/html",
        "video/mp4; codecs=\"vp8\"",
        "audio/mp4; codecs=\"x\"",
    ] {
        host.assert_throws("NotSupportedError", |source| {
            source.add_source_buffer(mime_type)
        });
    }
    host.attach();
    let id = host.add(H264);
    host.assert_throws("TypeError", |source| source.change_type(id, ""));
    host.assert_throws("NotSupportedError", |source| {
        source.change_type(id, "video/ogg")
    });
    // The empty type is found out before the SourceBuffer is found to be removed.
    host.call(|source| source.remove_source_buffer(id))
        .expect("it is there");
    host.assert_throws("TypeError", |source| source.change_type(id, ""));
}

/// A page asks first, then adds. Only a type that leaves its codecs open may be added though it is
/// not said to be supported.
///
/// <https://w3c.github.io/media-source/#dom-mediasource-istypesupported>
#[test]
fn what_is_said_to_be_supported_is_accepted() {
    let can_decode = |codec: Codec| codec.medium() == Medium::Audio;
    let mut host = Host::with_platform(can_decode);
    host.attach();
    for (mime_type, is_supported, is_accepted) in [
        (AAC, true, true),
        ("audio/webm; codecs=opus", true, true),
        ("audio/mp4", true, true),
        ("audio/webm", false, true),
        (H264, false, false),
        ("video/mp4; codecs=\"avc1.64000C, mp4a.40.2\"", false, false),
        ("audio/ogg; codecs=opus", false, false),
        ("", false, false),
    ] {
        assert_eq!(
            mime::is_type_supported(mime_type, &can_decode),
            is_supported,
            "{mime_type}"
        );
        let added = host.call(|source| source.add_source_buffer(mime_type));
        assert_eq!(added.is_ok(), is_accepted, "{mime_type}");
    }
}

#[test]
fn types_that_the_platform_does_not_decode() {
    let mut host = Host::with_platform(|codec| codec.medium() != Medium::Audio);
    host.attach();
    let id = host.add(H264);
    host.assert_throws("NotSupportedError", |source| source.add_source_buffer(AAC));
    host.assert_throws("NotSupportedError", |source| source.change_type(id, AAC));
}

#[test]
fn the_number_of_source_buffers_is_limited() {
    let mut host = Host::open();
    let ids: Vec<_> = (0..16).map(|_| host.add(H264)).collect();
    host.assert_throws("QuotaExceededError", |source| {
        source.add_source_buffer(H264)
    });
    host.call(|source| source.remove_source_buffer(ids[3]))
        .expect("it is there");
    host.add(H264);
}

/// <https://w3c.github.io/media-source/#dom-mediasource-duration>
#[test]
fn durations_that_are_none() {
    // They are found out before the MediaSource is found to be closed.
    for mut host in [Host::open(), Host::closed()] {
        for duration in [-0.001, f64::NEG_INFINITY, f64::NAN] {
            host.assert_throws("TypeError", |source| source.set_duration(duration));
        }
    }
}

/// <https://w3c.github.io/media-source/#duration-change-algorithm>
#[test]
fn a_duration_that_would_cut_off_buffered_media() {
    let (mut host, _) = host_with_media();
    // The last picture is shown from 23/24 s.
    host.assert_throws("InvalidStateError", |source| source.set_duration(0.958));
    host.call(|source| source.set_duration(0.959))
        .expect("the picture before has ended");
}

/// <https://w3c.github.io/media-source/#dom-mediasource-setliveseekablerange>
#[test]
fn live_seekable_ranges_that_are_none() {
    let mut host = Host::open();
    for (start, end) in [(-1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (0.0, f64::NAN)] {
        host.assert_throws("TypeError", |source| {
            source.set_live_seekable_range(start, end)
        });
    }
    let mut closed = Host::closed();
    closed.assert_throws("InvalidStateError", |source| {
        source.set_live_seekable_range(-1.0, 1.0)
    });
}

/// <https://w3c.github.io/media-source/#sourcebuffer-prepare-append>
#[test]
fn appends_after_the_element_has_failed() {
    let (mut host, id) = host_with_media();
    host.source.element_view().set_error();
    host.assert_throws("InvalidStateError", |source| {
        source.source_buffer(id)?.append_buffer(&[])
    });
    // The failed append does not open the MediaSource again.
    host.end_of_stream();
    host.assert_throws("InvalidStateError", |source| {
        source.source_buffer(id)?.append_buffer(&[])
    });
}

#[test]
fn appends_that_are_too_large() {
    let (mut host, id) = host_with_media();
    // How the track is coded takes some of it, too, and the chunk that was parsed last.
    let quota = 150 << 20;
    let too_large = Bytes::from(vec![0; quota - 4500]);
    host.assert_throws("QuotaExceededError", |source| {
        source.source_buffer(id)?.append_buffer(&too_large)
    });
    // What is buffered counts.
    host.remove(id, 0.0, f64::INFINITY);
    host.start_append(id, &too_large);
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-remove>
#[test]
fn ranges_that_cannot_be_removed() {
    let (mut host, id) = host_with_media();
    host.call(|source| source.set_duration(4.0))
        .expect("it is longer");
    for (start, end) in [
        (-1.0, 1.0),
        (4.001, 5.0),
        (f64::NAN, 1.0),
        (1.0, 1.0),
        (1.0, 0.5),
        (1.0, f64::NAN),
        (1.0, f64::NEG_INFINITY),
    ] {
        host.assert_throws("TypeError", |source| {
            source.source_buffer(id)?.remove(start, end)
        });
    }
    host.remove(id, 4.0, f64::INFINITY);
}

#[test]
fn nothing_is_removed_before_the_duration_is_known() {
    let mut host = Host::open();
    let id = host.add(H264);
    host.assert_throws("TypeError", |source| {
        source.source_buffer(id)?.remove(0.0, 1.0)
    });
}

#[test]
fn modes_and_offsets_are_not_changed_within_a_media_segment() {
    let media = Media::load("h264.mp4");
    let (mut host, id) = host_with_media();
    host.append(id, &media.segments[1].slice(..1000));
    host.assert_throws("InvalidStateError", |source| {
        source.source_buffer(id)?.set_mode(AppendMode::Sequence)
    });
    host.assert_throws("InvalidStateError", |source| {
        source.source_buffer(id)?.set_timestamp_offset(1.0)
    });
    host.append(id, &media.segments[1].slice(1000..));
    host.call(|source| source.source_buffer(id)?.set_mode(AppendMode::Sequence))
        .expect("the segment is over");
    host.call(|source| source.source_buffer(id)?.set_timestamp_offset(1.0))
        .expect("the segment is over");
}

/// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendwindowstart>,
/// <https://w3c.github.io/media-source/#dom-sourcebuffer-appendwindowend>
#[test]
fn append_windows_that_are_none() {
    let mut host = Host::open();
    let id = host.add(H264);
    host.call(|source| source.source_buffer(id)?.set_append_window_end(5.0))
        .expect("it is after the start");
    host.call(|source| source.source_buffer(id)?.set_append_window_start(2.0))
        .expect("it is before the end");
    for start in [-1.0, 5.0, 6.0, f64::INFINITY, f64::NAN] {
        host.assert_throws("TypeError", |source| {
            source.source_buffer(id)?.set_append_window_start(start)
        });
    }
    for end in [2.0, 1.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
        host.assert_throws("TypeError", |source| {
            source.source_buffer(id)?.set_append_window_end(end)
        });
    }
    host.call(|source| {
        source
            .source_buffer(id)?
            .set_append_window_end(f64::INFINITY)
    })
    .expect("it is no limit");
}

/// Its tasks would never run: nothing may wait for one.
///
/// <https://w3c.github.io/media-source/#mediasource-detach>
#[test]
fn a_media_source_whose_global_is_gone_takes_no_command() {
    let mut host = Host::open();
    let id = host.add(H264);
    host.append(id, &Media::load("h264.mp4").whole);
    host.start_append(id, &Media::load("h264.mp4").whole);
    host.call(MediaSource::handle_global_gone);
    assert_eq!(host.source.ready_state(), ReadyState::Closed);
    assert!(!host.source.is_updating(id));
    host.finish();
    assert_eq!(host.source.memory().bytes(), 0);
    for command in COMMANDS_OF_THE_IDLE {
        host.assert_throws("InvalidStateError", |source| command(source, id));
    }
    for command in COMMANDS_OF_THE_OPEN {
        host.assert_throws("InvalidStateError", command);
    }
    assert!(!host.call(MediaSource::attach), "it stays closed");
}
