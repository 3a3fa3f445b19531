/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! The transfer of a MediaSourceHandle in a message. Messages are bytes, which may go through other
//! processes: they hold a key, and what it stands for waits in this process.
//! <https://w3c.github.io/media-source/#transfer>

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};

use js::context::JSContext;
use js::jsapi::HandleObject as RawHandleObject;
use uuid::Uuid;

use crate::dom::bindings::conversions::root_from_object;
use crate::dom::bindings::error::{Error, Fallible};
use crate::dom::bindings::inheritance::Castable;
use crate::dom::bindings::root::DomRoot;
use crate::dom::dedicatedworkerglobalscope::DedicatedWorkerGlobalScope;
use crate::dom::globalscope::GlobalScope;
use crate::dom::mse::mediasourcehandle::MediaSourceHandle;
use crate::dom::mse::worker_media_source::WorkerMediaSource;
use crate::dom::window::Window;

/// What a message has before the key. It lies far above the numbers of Servo's own interfaces.
pub(crate) const STRUCTURED_CLONE_TAG: u32 = 0xFFFF_C000;

/// How many handles of workers that have ended wait for their messages to be read. Some messages never are,
/// and nothing tells of it.
const MAX_OF_ENDED_WORKERS: usize = 64;

/// The handles whose messages were not read yet, the oldest first. A worker's are removed some time after
/// it has ended.
static IN_TRANSIT: Mutex<BTreeMap<u64, WorkerMediaSource>> = Mutex::new(BTreeMap::new());

/// A number that another process is not likely to have. It keeps a message for that process from standing
/// for a handle of this one.
static PROCESS: LazyLock<u32> = LazyLock::new(|| Uuid::new_v4().as_fields().0);

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Returns the handle that `object` is.
#[expect(unsafe_code)]
fn handle(cx: &mut JSContext, object: RawHandleObject) -> Option<DomRoot<MediaSourceHandle>> {
    unsafe { root_from_object(cx, *object) }.ok()
}

/// Whether an object may be transferred. Returns `None` if it is no handle.
pub(crate) fn can_transfer(cx: &mut JSContext, object: RawHandleObject) -> Option<bool> {
    Some(handle(cx, object)?.can_transfer())
}

/// Runs the transfer steps if the object is a handle. Returns the key that the message takes along.
pub(crate) fn transfer(cx: &mut JSContext, object: RawHandleObject) -> Option<Fallible<u64>> {
    let handle = handle(cx, object)?;
    let Some(source) = handle.transfer() else {
        let message = "the MediaSourceHandle was transferred or assigned to srcObject before";
        return Some(Err(Error::DataClone(Some(message.to_owned()))));
    };
    let key = u64::from(*PROCESS) << 32 | u64::from(NEXT.fetch_add(1, Ordering::Relaxed));
    IN_TRANSIT.lock().unwrap().insert(key, source);
    Some(Ok(key))
}

/// Runs the transfer-receiving steps. Returns `None` where the handle may not be used.
pub(crate) fn receive(
    cx: &mut JSContext,
    global: &GlobalScope,
    key: u64,
) -> Option<DomRoot<MediaSourceHandle>> {
    let source = IN_TRANSIT.lock().unwrap().remove(&key)?;
    let is_exposed = global.is::<Window>() || global.is::<DedicatedWorkerGlobalScope>();
    (is_exposed && source.is_of_this_agent_cluster())
        .then(|| MediaSourceHandle::received(cx, global, source))
}

/// Forgets handles of ended workers that nobody has read for long.
pub(crate) fn forget_old() {
    let mut in_transit = IN_TRANSIT.lock().unwrap();
    let ended = in_transit.values().filter(|source| source.has_ended());
    let mut surplus = ended.count().saturating_sub(MAX_OF_ENDED_WORKERS);
    in_transit.retain(|_, source| {
        let is_surplus = surplus > 0 && source.has_ended();
        surplus -= usize::from(is_surplus);
        !is_surplus
    });
}
