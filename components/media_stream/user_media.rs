/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The requests of a document for devices: `getUserMedia()`.

use std::collections::{BTreeMap, BTreeSet};

use crate::backend::{CaptureSource, OpenError, SourceEvent};
use crate::capture::Capture;
use crate::constraint::Constraints;
use crate::device::Device;
use crate::effect::{CaptureError, Effect, Overconstrained, RequestId};
use crate::property::{Kind, Property, Settings};
use crate::select::select_settings;
use crate::source::{Source, SourceId};

/// The state of a permission, as a document sees it.
/// <https://w3c.github.io/permissions/#dfn-permission-state>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PermissionState {
    /// The document may use the device.
    Granted,
    /// It may not.
    Denied,
    /// The user is to be asked.
    Prompt,
}

/// What a document is to its user at the moment.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PageState {
    /// Whether it is fully active.
    pub is_fully_active: bool,
    /// Whether it is fully active and visible.
    /// <https://w3c.github.io/mediacapture-main/#is-in-view>
    pub is_in_view: bool,
    /// <https://w3c.github.io/mediacapture-main/#has-system-focus>
    pub has_system_focus: bool,
    /// The kinds whose devices it is [allowed to use](https://html.spec.whatwg.org/multipage/#allowed-to-use).
    pub allowed_to_use: BTreeSet<Kind>,
}

/// A call of `getUserMedia()` that waits.
pub(crate) struct Request {
    wanted: BTreeMap<Kind, Wanted>,
    stage: Stage,
}

/// What is wanted of a kind of device.
struct Wanted {
    constraints: Constraints,
    /// The devices that can do that.
    candidates: Vec<Device>,
    /// Whether the user is still to answer.
    is_asked: bool,
    opening: Option<Opening>,
}

/// A device that is being opened.
struct Opening {
    id: SourceId,
    device: Device,
    settings: Settings,
    source: Box<dyn CaptureSource>,
    is_open: bool,
    is_muted: bool,
}

/// What a request waits for.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    /// The document is to come into view, and the devices are to be known.
    View,
    /// The user is to answer.
    Permission,
    /// The browser is to have the focus of the system.
    Focus,
    /// The devices are to open.
    Devices,
}

impl Capture {
    /// Requests a device for each kind that is in `wanted`.
    /// <https://w3c.github.io/mediacapture-main/#dom-mediadevices-getusermedia>
    pub fn get_user_media(&mut self, wanted: BTreeMap<Kind, Constraints>) -> RequestId {
        let id = RequestId(self.new_id());
        let wanted: BTreeMap<_, _> = wanted
            .into_iter()
            .map(|(kind, constraints)| (kind, Wanted::new(constraints.for_kind(kind))))
            .collect();
        let is_allowed = |kind| self.page.allowed_to_use.contains(kind);
        let failure = if wanted.is_empty() {
            // Step 3. If requestedMediaTypes is the empty set, return a promise rejected with a TypeError.
            Some(CaptureError::NothingRequested)
        } else if !self.page.is_fully_active {
            // Step 5. If document is NOT fully active, return a promise rejected with a DOMException object
            // whose name attribute has the value "InvalidStateError".
            Some(CaptureError::NotFullyActive)
        } else if !wanted.keys().all(is_allowed) {
            // Steps 6 and 7. If document is not allowed to use the feature, jump to Permission Failure.
            Some(CaptureError::NotAllowed(
                "the page's policy does not allow it".to_owned(),
            ))
        } else {
            None
        };
        if let Some(failure) = failure {
            self.effects.push_back(Effect::Reject(id, failure));
            return id;
        }
        let stage = Stage::View;
        self.requests.insert(id, Request { wanted, stage });
        self.advance_request(id);
        id
    }

    /// Handles what the document is from now on.
    pub fn handle_page_state(&mut self, page: PageState) {
        for kind in [Kind::Audio, Kind::Video] {
            self.exposures.of_kind(kind).is_allowed_to_use = page.allowed_to_use.contains(&kind);
        }
        self.page = page;
        self.tell_devices();
        self.advance_requests();
    }

    /// Handles the state of the permission to use a kind of device. The host tells it before each request.
    pub fn handle_permission_state(&mut self, kind: Kind, state: PermissionState) {
        self.permissions.insert(kind, state);
    }

    /// Handles the answer of the user to [`Effect::AskPermission`] for one kind.
    pub fn handle_permission(&mut self, id: RequestId, kind: Kind, is_granted: bool) {
        let state = if is_granted {
            PermissionState::Granted
        } else {
            PermissionState::Denied
        };
        self.permissions.insert(kind, state);
        let request = self.requests.get_mut(&id);
        let Some(wanted) = request.and_then(|request| request.wanted.get_mut(&kind)) else {
            return;
        };
        wanted.is_asked = false;
        if is_granted {
            self.advance_request(id);
        } else {
            self.reject(id, CaptureError::denied(kind));
        }
    }

    pub(crate) fn advance_requests(&mut self) {
        let ids: Vec<_> = self.requests.keys().copied().collect();
        ids.into_iter().for_each(|id| self.advance_request(id));
    }

    /// Takes the next steps of a request, as far as there is nothing to wait for.
    fn advance_request(&mut self, id: RequestId) {
        while let Some(request) = self.requests.get(&id) {
            let mut wanted = request.wanted.values();
            let result = match request.stage {
                Stage::View if self.page.is_in_view && self.devices.available.is_some() => {
                    self.find_candidates(id)
                }
                Stage::Permission if !wanted.any(|wanted| wanted.is_asked) => {
                    self.set_stage(id, Stage::Focus);
                    Ok(())
                }
                Stage::Focus if self.page.has_system_focus => self.open_candidates(id),
                Stage::Devices if wanted.all(Wanted::is_open) => {
                    self.create_tracks(id);
                    return;
                }
                _ => return,
            };
            if let Err(error) = result {
                self.reject(id, error);
            }
        }
    }

    fn reject(&mut self, id: RequestId, error: CaptureError) {
        if self.requests.remove(&id).is_some() {
            self.effects.push_back(Effect::Reject(id, error));
        }
    }

    fn set_stage(&mut self, id: RequestId, stage: Stage) {
        if let Some(request) = self.requests.get_mut(&id) {
            request.stage = stage;
        }
    }

    /// Finds the devices that can do what is wanted, and asks for the permission to use them.
    fn find_candidates(&mut self, id: RequestId) -> Result<(), CaptureError> {
        let Some(mut request) = self.requests.remove(&id) else {
            return Ok(());
        };
        let kinds: BTreeSet<_> = request.wanted.keys().copied().collect();
        let found = request
            .wanted
            .iter_mut()
            .try_for_each(|(kind, wanted)| self.find_candidates_of_kind(*kind, wanted));
        request.stage = Stage::Permission;
        let mut asked = BTreeSet::new();
        for (kind, wanted) in &mut request.wanted {
            wanted.is_asked = self.permission(*kind) == PermissionState::Prompt;
            asked.extend(wanted.is_asked.then_some(*kind));
        }
        self.requests.insert(id, request);
        found.map_err(|error| self.specific_failure(&kinds, error))?;
        if !asked.is_empty() {
            self.effects.push_back(Effect::AskPermission(id, asked));
        }
        Ok(())
    }

    /// The steps for each media type of the algorithm.
    fn find_candidates_of_kind(&self, kind: Kind, wanted: &mut Wanted) -> Result<(), CaptureError> {
        let devices = self.devices.available.iter().flatten();
        let of_kind = devices.filter(|device| device.kind.track_kind() == Some(kind));
        let (mut candidates, others): (Vec<_>, Vec<_>) =
            of_kind.cloned().partition(|device| device.is_default);
        candidates.extend(others);
        // If candidateSet is the empty set, jump to the step labeled NotFound Failure below.
        if candidates.is_empty() {
            let message = format!("there is no {}", name(kind));
            return Err(CaptureError::NotFound(message));
        }
        // Run the SelectSettings algorithm on each candidate. If the algorithm returns undefined, remove the
        // candidate. If candidateSet is the empty set, jump to the step labeled Constraint Failure below.
        let spaces: Vec<_> = candidates
            .iter()
            .flat_map(|device| device.spaces.clone())
            .collect();
        if let Err(constraint) = select_settings(&spaces, &wanted.constraints) {
            return Err(self.constraint_failure(kind, constraint));
        }
        candidates.retain(|device| select_settings(&device.spaces, &wanted.constraints).is_ok());
        // Remove from candidateSet any candidate whose device's permission state is "denied". If candidateSet
        // is now empty, jump to the step labeled PermissionFailure below.
        if self.permission(kind) == PermissionState::Denied {
            return Err(CaptureError::denied(kind));
        }
        wanted.candidates = candidates;
        Ok(())
    }

    fn permission(&self, kind: Kind) -> PermissionState {
        // Devices attached to a live track of the document have the permission status "granted".
        let is_used = self
            .sources
            .values()
            .any(|source| source.kind == kind && source.device.is_some());
        let state = self
            .permissions
            .get(&kind)
            .copied()
            .unwrap_or(PermissionState::Prompt);
        if is_used && state == PermissionState::Prompt {
            PermissionState::Granted
        } else {
            state
        }
    }

    /// Constraint Failure: let constraint be failedConstraint if device information can be exposed is true,
    /// or "" otherwise. A document that may use such devices learns it anyway by trying, and upstream's tests
    /// want it told.
    fn constraint_failure(&self, kind: Kind, constraint: Option<Property>) -> CaptureError {
        let is_granted = self.permissions.get(&kind) == Some(&PermissionState::Granted);
        let can_know = is_granted || self.exposures.any_can_be_exposed();
        let constraint = constraint.filter(|_| can_know);
        CaptureError::Overconstrained(Overconstrained::new(constraint))
    }

    /// Returns `error`, which says something about the devices, only to a document that was not denied them.
    /// <https://w3c.github.io/mediacapture-main/#dfn-getusermedia-specific-failure-is-allowed>
    fn specific_failure(&self, kinds: &BTreeSet<Kind>, error: CaptureError) -> CaptureError {
        let denied = kinds
            .iter()
            .find(|kind| self.permissions.get(kind) == Some(&PermissionState::Denied));
        denied.map_or(error, |kind| CaptureError::denied(*kind))
    }

    /// Opens the best candidate of each kind.
    fn open_candidates(&mut self, id: RequestId) -> Result<(), CaptureError> {
        let Some(mut request) = self.requests.remove(&id) else {
            return Ok(());
        };
        // Set the device information exposure on mediaDevices with requestedMediaTypes and true.
        for kind in request.wanted.keys() {
            self.exposures.of_kind(*kind).can_be_exposed = true;
        }
        for kind in [Kind::Audio, Kind::Video] {
            // "If the device exposure can be extended", which is where its permission is granted already.
            if self.permissions.get(&kind) == Some(&PermissionState::Granted) {
                self.exposures.of_kind(kind).can_be_exposed = true;
            }
        }
        request.stage = Stage::Devices;
        let opened = request
            .wanted
            .iter_mut()
            .try_for_each(|(kind, wanted)| self.open_best_candidate(*kind, wanted));
        self.requests.insert(id, request);
        opened
    }

    fn open_best_candidate(&mut self, kind: Kind, wanted: &mut Wanted) -> Result<(), CaptureError> {
        let spaces = wanted.candidates.iter().map(|device| device.spaces.clone());
        let spaces: Vec<_> = spaces.flatten().collect();
        let selection = select_settings(&spaces, &wanted.constraints)
            .map_err(|constraint| self.constraint_failure(kind, constraint))?;
        // The spaces of a candidate follow those of the one before.
        let mut index = selection.space;
        let position = wanted.candidates.iter().position(|device| {
            let is_here = index < device.spaces.len();
            index = index.saturating_sub(device.spaces.len());
            is_here
        });
        let device = wanted.candidates.remove(position.unwrap_or_default());
        let id = self.new_source_id();
        let listener = (self.new_source_listener)(id);
        let source = self
            .backend
            .open(&device.key, &selection.settings, listener);
        wanted.opening = Some(Opening {
            id,
            device,
            settings: selection.settings,
            source,
            is_open: false,
            is_muted: false,
        });
        Ok(())
    }

    /// Handles an event of a source that a request opens. Returns whether it is one.
    pub(crate) fn handle_opening(&mut self, source: SourceId, event: &SourceEvent) -> bool {
        let mut requests = self.requests.iter();
        let Some((&id, _)) = requests.find(|(_, request)| request.opens(source)) else {
            return false;
        };
        let Some(mut request) = self.requests.remove(&id) else {
            return false;
        };
        let mut wanted = request.wanted.iter_mut();
        let result = wanted
            .find(|(_, wanted)| wanted.opens(source))
            .map_or(Ok(()), |(kind, wanted)| {
                self.handle_opening_of(*kind, wanted, event)
            });
        self.requests.insert(id, request);
        match result {
            Ok(()) => self.advance_request(id),
            Err(error) => self.reject(id, error),
        }
        true
    }

    fn handle_opening_of(
        &mut self,
        kind: Kind,
        wanted: &mut Wanted,
        event: &SourceEvent,
    ) -> Result<(), CaptureError> {
        match (event, &mut wanted.opening) {
            (SourceEvent::Opened, Some(opening)) => opening.is_open = true,
            (SourceEvent::Muted(is_muted), Some(opening)) => opening.is_muted = *is_muted,
            (SourceEvent::Failed(error), _) => {
                self.try_next_candidate(kind, wanted, error.clone())?
            }
            (SourceEvent::Ended(message), _) => {
                self.try_next_candidate(kind, wanted, OpenError::NotReadable(message.clone()))?;
            }
            (_, None) => {}
        }
        Ok(())
    }

    /// Remove the corresponding candidate from finalSet. If finalSet has no candidates of that type, reject.
    /// Otherwise, restart these sub steps with the updated finalSet.
    fn try_next_candidate(
        &mut self,
        kind: Kind,
        wanted: &mut Wanted,
        error: OpenError,
    ) -> Result<(), CaptureError> {
        wanted.opening = None;
        if !wanted.candidates.is_empty() {
            return self.open_best_candidate(kind, wanted);
        }
        Err(match error {
            OpenError::Gone(message) | OpenError::NotReadable(message) => {
                CaptureError::NotReadable(message)
            }
            OpenError::Other(message) => CaptureError::Abort(message),
        })
    }

    /// Resolves a request all of whose devices are open.
    fn create_tracks(&mut self, id: RequestId) {
        let Some(request) = self.requests.remove(&id) else {
            return;
        };
        let mut tracks = Vec::new();
        for (kind, wanted) in request.wanted {
            let Some(opening) = wanted.opening else {
                continue;
            };
            let Device { label, spaces, .. } = opening.device;
            let source = Source {
                kind,
                label,
                is_muted: opening.is_muted,
                spaces,
                is_device: true,
                track_count: 0,
                live_count: 0,
                device: Some(opening.source),
            };
            self.sources.insert(opening.id, source);
            // The source of the MediaStreamTrack MUST NOT change. Add track to stream's track set. Run the
            // ApplyConstraints algorithm on all tracks in stream with the appropriate constraints.
            let track = self.create_track(opening.id, wanted.constraints, opening.settings);
            tracks.push(track);
        }
        self.effects.push_back(Effect::ResolveStream(id, tracks));
    }
}

impl Request {
    fn opens(&self, source: SourceId) -> bool {
        self.wanted.values().any(|wanted| wanted.opens(source))
    }
}

impl Wanted {
    fn new(constraints: Constraints) -> Self {
        Self {
            constraints,
            candidates: Vec::new(),
            is_asked: false,
            opening: None,
        }
    }

    fn opens(&self, source: SourceId) -> bool {
        let opening = self.opening.as_ref();
        opening.is_some_and(|opening| opening.id == source)
    }

    fn is_open(&self) -> bool {
        self.opening.as_ref().is_some_and(|opening| opening.is_open)
    }
}

impl CaptureError {
    fn denied(kind: Kind) -> Self {
        Self::NotAllowed(format!("the use of the {} was denied", name(kind)))
    }
}

/// Returns what a developer calls the devices of a kind.
fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Audio => "microphone",
        Kind::Video => "camera",
    }
}
