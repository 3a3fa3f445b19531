/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A MediaRecorder: what its methods do, and which events are fired.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use media_stream::{Kind, Settings, Track, TrackId};

use crate::backend::{
    AudioPlan, KeyFrameInterval, PlannedTrack, RecordedData, RecorderBackend, Recording,
    RecordingEvent, RecordingFailure, RecordingListener, RecordingPlan, VideoPlan,
};
use crate::bit_rates::{BitRateMode, BitRates};
use crate::error::RecorderError;
use crate::mime_type::RequestedType;

/// The least time that is recorded before it is handed over. Less makes an event of almost each frame.
const LEAST_TIMESLICE: Duration = Duration::from_millis(50);
/// How far key frames are apart where a page does not say.
const KEY_FRAME_INTERVAL: Duration = Duration::from_secs(2);

/// What a page says of a new recorder.
/// <https://w3c.github.io/mediacapture-record/#mediarecorderoptions-section>
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecorderOptions {
    /// The type of the recordings, or an empty string.
    pub mime_type: String,
    /// The bits in a second of all audio tracks.
    pub audio_bits_per_second: Option<u32>,
    /// The bits in a second of all video tracks.
    pub video_bits_per_second: Option<u32>,
    /// The bits in a second of all tracks.
    pub bits_per_second: Option<u32>,
    /// How evenly the bits of sound are spread.
    pub audio_bit_rate_mode: BitRateMode,
    /// How far key frames are apart, in milliseconds.
    pub video_key_frame_interval_duration: Option<f64>,
    /// How far key frames are apart, in frames.
    pub video_key_frame_interval_count: Option<u32>,
}

/// <https://w3c.github.io/mediacapture-record/#recordingstate>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecordingState {
    /// `inactive`
    Inactive,
    /// `recording`
    Recording,
    /// `paused`
    Paused,
}

/// Names a recording of a recorder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RecordingId(u64);

/// Makes what receives the events of a recording. The host hands them to [`Recorder::handle_recording_event`], each
/// in a task of the DOM manipulation task source.
pub type NewRecordingListener = Box<dyn Fn(RecordingId) -> RecordingListener>;

/// An event that the host is to fire at the MediaRecorder, at once.
#[derive(Debug, PartialEq)]
pub enum RecorderEvent {
    /// `start`
    Start,
    /// `pause`
    Pause,
    /// `resume`
    Resume,
    /// `dataavailable`
    DataAvailable {
        /// The bytes of the blob.
        bytes: Vec<u8>,
        /// The type of the blob.
        mime_type: String,
        /// The time code, in milliseconds.
        timecode: f64,
    },
    /// `error`
    Error(RecorderError),
    /// `stop`
    Stop,
}

/// The state of a MediaRecorder. Its methods fire nothing: events come with
/// [`handle_recording_event`](Self::handle_recording_event), after which the host fires what
/// [`poll_event`](Self::poll_event) returns. Dropping it ends its recordings, and fires nothing.
pub struct Recorder {
    backend: Arc<dyn RecorderBackend>,
    new_listener: NewRecordingListener,
    requested: RequestedType,
    mime_type: String,
    state: RecordingState,
    bit_rates: BitRates,
    audio_bit_rate_mode: BitRateMode,
    key_frame_interval: KeyFrameInterval,
    next_id: u64,
    /// The recordings that have not ended, the oldest first. All but the last one were stopped.
    recordings: VecDeque<Current>,
    events: VecDeque<RecorderEvent>,
}

/// A recording that has not ended.
struct Current {
    id: RecordingId,
    recording: Box<dyn Recording>,
    /// The type with all codecs.
    mime_type: String,
    /// Those that are recorded, and whether they have ended.
    tracks: Vec<(TrackId, bool)>,
    /// Whether the script still sees it as that of the recorder.
    is_active: bool,
    /// What ends it, if it is an error.
    error: Option<RecorderError>,
    /// Whether the page must not have what was recorded.
    is_discarded: bool,
    /// When the first bytes of the first blob were there.
    first_created: Option<Duration>,
    /// What happened to it while an older recording had not ended.
    waiting: VecDeque<RecordingEvent>,
}

impl Recorder {
    /// Returns a recorder. `picture` are the settings of the first video track of its stream, if it has one.
    ///
    /// # Errors
    /// Returns a `NotSupportedError` if the type cannot be recorded, or the intervals of key frames exclude each
    /// other.
    ///
    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-mediarecorder>
    pub fn new(
        backend: Arc<dyn RecorderBackend>,
        new_listener: NewRecordingListener,
        options: &RecorderOptions,
        picture: Option<&Settings>,
    ) -> Result<Self, RecorderError> {
        // Step 4. If invoking is type supported with type and the value true returns false, throw a
        // NotSupportedError DOMException and abort these steps.
        let requested = RequestedType::new(&options.mime_type, &backend.encoders())
            .map_err(RecorderError::NotSupported)?;
        // Steps 6 to 17. Initialize the slots and the attributes.
        Ok(Self {
            backend,
            new_listener,
            mime_type: requested.text.clone(),
            requested,
            state: RecordingState::Inactive,
            bit_rates: BitRates::new(
                options.audio_bits_per_second,
                options.video_bits_per_second,
                options.bits_per_second,
                picture,
            ),
            audio_bit_rate_mode: options.audio_bit_rate_mode,
            key_frame_interval: key_frame_interval(options)?,
            next_id: 0,
            recordings: VecDeque::new(),
            events: VecDeque::new(),
        })
    }

    /// Returns the next event to fire.
    pub fn poll_event(&mut self) -> Option<RecorderEvent> {
        self.events.pop_front()
    }

    /// Whether a recording has not ended, so that events are to come: the script's object must live as long.
    pub fn awaits_events(&self) -> bool {
        !self.recordings.is_empty()
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-mimetype>
    pub fn mime_type(&self) -> &str {
        &self.mime_type
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-state>
    pub fn state(&self) -> RecordingState {
        self.state
    }

    /// Returns the values of the attributes `audioBitsPerSecond` and `videoBitsPerSecond`.
    pub fn bit_rates(&self) -> &BitRates {
        &self.bit_rates
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-audiobitratemode>
    pub fn audio_bit_rate_mode(&self) -> BitRateMode {
        self.audio_bit_rate_mode
    }

    /// Begins to record these tracks, which are all of the stream. `is_isolated` says whether the document must not
    /// see the media of one of them.
    ///
    /// # Errors
    /// Returns the exception to throw.
    ///
    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-start>
    pub fn start(
        &mut self,
        tracks: &[(TrackId, Track)],
        is_isolated: bool,
        timeslice: Option<u32>,
    ) -> Result<(), RecorderError> {
        // Step 4. Let tracks be the set of live tracks in stream's track set.
        let tracks = Vec::from_iter(tracks.iter().filter(|(_, track)| !track.is_ended));
        // Step 5. If the value of recorder's state attribute is not inactive, throw an InvalidStateError
        // DOMException and abort these steps.
        if self.state != RecordingState::Inactive {
            let message = "the recorder records already".to_owned();
            return Err(RecorderError::InvalidState(message));
        }
        // Step 6. If the isolation properties of stream disallow access from recorder, throw a SecurityError
        // DOMException and abort these steps.
        if is_isolated {
            return Err(isolated());
        }
        // Step 7. If stream is inactive, throw a NotSupportedError DOMException and abort these steps.
        if tracks.is_empty() {
            let message = "the stream has no track that has not ended".to_owned();
            return Err(RecorderError::NotSupported(message));
        }
        // Steps 8 to 14. Constrain the configuration of recorder.
        let has = |kind| tracks.iter().any(|(_, track)| track.kind == kind);
        let mut bit_rates = self.bit_rates.clone();
        bit_rates.constrain(has(Kind::Audio), has(Kind::Video));
        // Step 15. For each track in tracks, if the User Agent cannot record the track using the current
        // configuration, then throw a NotSupportedError DOMException and abort these steps.
        let timeslice = timeslice.map(|slice| Duration::from_millis(slice.into()));
        let (plan, mime_type) = self
            .plan(&tracks, &bit_rates, timeslice)
            .map_err(RecorderError::NotSupported)?;
        self.bit_rates = bit_rates;
        // Step 16. Set recorder's state to recording, and run the following steps in parallel.
        self.state = RecordingState::Recording;
        let id = RecordingId(self.next_id);
        self.next_id += 1;
        let recording = self.backend.start(plan, (self.new_listener)(id));
        self.recordings.push_back(Current {
            id,
            recording,
            mime_type,
            tracks: tracks.iter().map(|(id, _)| (*id, false)).collect(),
            is_active: true,
            error: None,
            is_discarded: false,
            first_created: None,
            waiting: VecDeque::new(),
        });
        Ok(())
    }

    /// Returns how these tracks are recorded, and the type of the files.
    fn plan(
        &self,
        tracks: &[&(TrackId, Track)],
        bit_rates: &BitRates,
        timeslice: Option<Duration>,
    ) -> Result<(RecordingPlan, String), String> {
        let count = |kind| {
            tracks
                .iter()
                .filter(|(_, track)| track.kind == kind)
                .count()
        };
        let (audio_count, video_count) = (count(Kind::Audio), count(Kind::Video));
        let encoders = self.backend.encoders();
        let chosen = self
            .requested
            .choose(audio_count > 0, video_count > 0, &encoders)?;
        let share = |rate: u32, count: usize| rate / u32::try_from(count).unwrap_or(1).max(1);
        let planned = |(_, track): &&(TrackId, Track)| {
            let no_media = || format!("the track \"{}\" has no media to record", track.label);
            Ok(PlannedTrack {
                kind: track.kind,
                feed: track.feed.clone().ok_or_else(no_media)?,
                settings: track.settings.clone(),
            })
        };
        let plan = RecordingPlan {
            container: chosen.container,
            audio: chosen.audio.map(|codec| AudioPlan {
                codec,
                bits_per_second: share(bit_rates.audio(), audio_count),
                bit_rate_mode: self.audio_bit_rate_mode,
            }),
            video: chosen.video.map(|codec| VideoPlan {
                codec,
                bits_per_second: share(bit_rates.video(), video_count),
                key_frame_interval: self.key_frame_interval,
                has_parameter_sets_in_band: chosen.has_parameter_sets_in_band,
            }),
            tracks: tracks.iter().map(planned).collect::<Result<_, String>>()?,
            timeslice: timeslice.map(|slice| slice.max(LEAST_TIMESLICE)),
        };
        Ok((plan, chosen.mime_type))
    }

    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-stop>
    pub fn stop(&mut self) {
        // Step 2. If recorder's state attribute is inactive, abort these steps.
        let Some(current) = self.active() else {
            return;
        };
        // Step 4. Queue a task that runs the following steps: stop gathering data, fire a blob event, fire stop.
        current.recording.stop();
        // Step 3. Inactivate the recorder with recorder.
        self.inactivate();
    }

    /// # Errors
    /// Returns the exception to throw.
    ///
    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-pause>
    pub fn pause(&mut self) -> Result<(), RecorderError> {
        // Step 1. If state is inactive, throw an InvalidStateError DOMException and abort these steps.
        let is_paused = self.state == RecordingState::Paused;
        let current = self.active().ok_or_else(inactive)?;
        // Step 2. If state is paused, abort these steps.
        if !is_paused {
            // Step 3. Set state to paused, and queue a task that runs the following steps: stop gathering data
            // into blob, fire pause.
            current.recording.pause();
            self.state = RecordingState::Paused;
        }
        Ok(())
    }

    /// # Errors
    /// Returns the exception to throw.
    ///
    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-resume>
    pub fn resume(&mut self) -> Result<(), RecorderError> {
        // Step 1. If state is inactive, throw an InvalidStateError DOMException and abort these steps.
        let is_paused = self.state == RecordingState::Paused;
        let current = self.active().ok_or_else(inactive)?;
        // Step 2. If state is recording, abort these steps.
        if is_paused {
            // Step 3. Set state to recording, and queue a task that runs the following steps: resume gathering
            // data into the current blob, fire resume.
            current.recording.resume();
            self.state = RecordingState::Recording;
        }
        Ok(())
    }

    /// # Errors
    /// Returns the exception to throw.
    ///
    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-requestdata>
    pub fn request_data(&mut self) -> Result<(), RecorderError> {
        // Step 1. If state is inactive throw an InvalidStateError DOMException and terminate these steps. Otherwise
        // queue a task that runs the following steps: fire a blob event, gather subsequent data into a new blob.
        let current = self.active().ok_or_else(inactive)?;
        current.recording.request_data();
        Ok(())
    }

    /// Handles that a track was added to the stream, or removed from it. It may be told again.
    ///
    /// "If at any point, a track is added to or removed from stream's track set, the UA MUST stop gathering data,
    /// and queue a task": <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-start>
    pub fn handle_tracks_changed(&mut self) {
        let message = "a track was added to the stream or removed from it".to_owned();
        self.end_by(RecorderError::InvalidModification(message));
    }

    /// Handles that the document must not see the media of the stream any more.
    ///
    /// "If at any point stream's isolation properties change so that MediaRecorder is no longer allowed access to
    /// it": <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-start>
    pub fn handle_isolation(&mut self) {
        self.end_by(isolated());
        if let Some(current) = self.active() {
            current.is_discarded = true;
        }
    }

    /// Stops a recording whose recorder is inactive only when the error is fired.
    fn end_by(&mut self, error: RecorderError) {
        if let Some(current) = self.active()
            && current.error.is_none()
        {
            current.error = Some(error);
            current.recording.stop();
        }
    }

    /// Ends all recordings without an event, because the document is gone.
    pub fn abandon(&mut self) {
        self.inactivate();
        self.recordings.clear();
        self.events.clear();
    }

    /// Handles that a track has ended, whatever the reason. It may be told again.
    ///
    /// "If all recorded tracks become ended, then stop gathering data, and queue a task":
    /// <https://w3c.github.io/mediacapture-record/#dom-mediarecorder-start>
    pub fn handle_track_ended(&mut self, track: TrackId) {
        let Some(current) = self.active() else {
            return;
        };
        let place = current.tracks.iter().position(|(id, _)| *id == track);
        let Some(place) = place else {
            return;
        };
        if mem::replace(&mut current.tracks[place].1, true) {
            return;
        }
        if current.tracks.iter().all(|(_, has_ended)| *has_ended) {
            current.recording.stop();
        } else {
            current.recording.end_track(place);
        }
    }

    /// Handles what the backend has told of a recording. The events of a recording wait until the one before it has
    /// ended.
    pub fn handle_recording_event(&mut self, id: RecordingId, event: RecordingEvent) {
        let current = self.recordings.iter_mut().find(|current| current.id == id);
        let Some(current) = current else {
            return;
        };
        current.waiting.push_back(event);
        while let Some(oldest) = self.recordings.front_mut() {
            let Some(event) = oldest.waiting.pop_front() else {
                return;
            };
            self.follow(event);
        }
    }

    /// Runs the task that the event of the oldest recording stands for.
    fn follow(&mut self, event: RecordingEvent) {
        let Some(current) = self.recordings.front() else {
            return;
        };
        match event {
            RecordingEvent::Started => {
                // "Set recorder's mimeType attribute to extendedMimeType." A recorder that was stopped meanwhile
                // keeps the type that it has without a recording.
                if current.is_active {
                    self.mime_type = current.mime_type.clone();
                }
                self.events.push_back(RecorderEvent::Start);
            }
            RecordingEvent::Paused => self.events.push_back(RecorderEvent::Pause),
            RecordingEvent::Resumed => self.events.push_back(RecorderEvent::Resume),
            RecordingEvent::Data(data) => self.fire_data(data),
            RecordingEvent::Stopped(data) => self.end(None, Some(data)),
            RecordingEvent::Failed(RecordingFailure::NotSupported(message)) => {
                self.end(Some(RecorderError::NotSupported(message)), None);
            }
            RecordingEvent::Failed(RecordingFailure::Broken(message, data)) => {
                self.end(Some(RecorderError::Unknown(message)), Some(data));
            }
        }
    }

    /// Ends the oldest recording, in the order that the tasks of all ends have.
    fn end(&mut self, failure: Option<RecorderError>, data: Option<RecordedData>) {
        let Some(current) = self.recordings.front_mut() else {
            return;
        };
        let error = current.error.take().or(failure);
        // Inactivate the recorder with recorder.
        if current.is_active {
            self.inactivate();
        }
        // Fire an error event at recorder.
        self.events.extend(error.map(RecorderEvent::Error));
        // Fire a blob event named dataavailable at recorder with blob.
        if let Some(data) = data {
            self.fire_data(data);
        }
        // Fire an event named stop at recorder.
        self.events.push_back(RecorderEvent::Stop);
        self.recordings.pop_front();
    }

    /// <https://w3c.github.io/mediacapture-record/#fire-a-blob-event>
    fn fire_data(&mut self, data: RecordedData) {
        let Some(current) = self.recordings.front_mut() else {
            return;
        };
        let first = *current.first_created.get_or_insert(data.created);
        let bytes = match current.is_discarded {
            true => Vec::new(),
            false => data.bytes,
        };
        self.events.push_back(RecorderEvent::DataAvailable {
            bytes,
            mime_type: current.mime_type.clone(),
            timecode: data.created.saturating_sub(first).as_secs_f64() * 1e3,
        });
    }

    /// <https://w3c.github.io/mediacapture-record/#abstract-opdef-inactivate-the-recorder>
    fn inactivate(&mut self) {
        if let Some(current) = self.active() {
            current.is_active = false;
        }
        // Step 1. Set recorder's mimeType attribute to the value of the [[ConstrainedMimeType]] slot.
        self.mime_type = self.requested.text.clone();
        // Step 2. Set recorder's state attribute to inactive.
        self.state = RecordingState::Inactive;
        // Step 3. If recorder's [[ConstrainedBitsPerSecond]] slot is not undefined, set recorder's
        // videoBitsPerSecond and audioBitsPerSecond attributes to values the User Agent deems reasonable.
        self.bit_rates.constrain(true, true);
    }

    /// Returns the recording that the script sees.
    fn active(&mut self) -> Option<&mut Current> {
        self.recordings
            .back_mut()
            .filter(|current| current.is_active)
    }
}

/// Returns what the options say of key frames.
fn key_frame_interval(options: &RecorderOptions) -> Result<KeyFrameInterval, RecorderError> {
    let duration = options.video_key_frame_interval_duration;
    match (duration, options.video_key_frame_interval_count) {
        (Some(_), Some(_)) => {
            let message = "the interval of key frames is either a time or a count".to_owned();
            Err(RecorderError::NotSupported(message))
        }
        (Some(milliseconds), None) => {
            let seconds = (milliseconds / 1e3).max(0.);
            let duration = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
            Ok(KeyFrameInterval::Time(duration))
        }
        (None, Some(count)) => Ok(KeyFrameInterval::Frames(count)),
        (None, None) => Ok(KeyFrameInterval::Time(KEY_FRAME_INTERVAL)),
    }
}

fn inactive() -> RecorderError {
    RecorderError::InvalidState("the recorder does not record".to_owned())
}

fn isolated() -> RecorderError {
    RecorderError::Security("the document must not see the media of the stream".to_owned())
}
