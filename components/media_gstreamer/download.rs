/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! How decoded frames come from the memory of a device into that of the process.
//!
//! Nearly all hardware decoders do that themselves when the element after them takes nothing else, which
//! is how chains are built. Behind the others stands an element that does it. Either way a frame is
//! downloaded once, and memory of a device that is mapped into the process is not copied at all. Such memory
//! is scarce, so the decoder is told how many frames are held.

use gstreamer::prelude::*;
use gstreamer::query::Allocation;
use gstreamer::{
    BufferPool, Caps, CapsFeatures, ElementFactory, Pad, PadDirection, PadPresence, PadProbeData,
    PadProbeReturn, PadProbeType, QueryViewMut, Registry,
};
use gstreamer_video::VideoInfo;

/// Returns the element that downloads what `decoder` outputs, if it needs one; `None` if nothing can.
pub(crate) fn downloader_behind(decoder: &ElementFactory) -> Option<Option<ElementFactory>> {
    let output = caps_of(decoder, PadDirection::Src)?;
    if output.can_intersect(&system_memory()) {
        return Some(None);
    }
    let factories = Registry::get().features(ElementFactory::static_type());
    let factories = factories
        .into_iter()
        .filter_map(|feature| feature.downcast::<ElementFactory>().ok());
    let best = factories
        .filter(|factory| downloads(factory, &output))
        .max_by(|one, other| {
            let by_rank = one.rank().cmp(&other.rank());
            by_rank.then_with(|| other.name().cmp(&one.name()))
        });
    best.map(Some)
}

fn system_memory() -> Caps {
    Caps::new_empty_simple("video/x-raw")
}

/// Returns whether elements of `factory` take `frames` and output them in the memory of the process.
/// Encoders and sinks do not, and effects would change them.
fn downloads(factory: &ElementFactory, frames: &Caps) -> bool {
    let class = factory.klass();
    let joins = |direction, caps: &Caps| {
        let own = caps_of(factory, direction);
        own.is_some_and(|own| own.can_intersect(caps))
    };
    class.contains("Filter")
        && !class.contains("Effect")
        && joins(PadDirection::Sink, frames)
        && joins(PadDirection::Src, &system_memory())
}

/// Returns the capabilities of the only pad in that direction, without those that an element passes on
/// whatever the memory is.
fn caps_of(factory: &ElementFactory, direction: PadDirection) -> Option<Caps> {
    let templates = factory.static_pad_templates();
    let mut templates = templates
        .iter()
        .filter(|template| template.direction() == direction);
    let template = templates.next()?;
    if templates.next().is_some() || template.presence() != PadPresence::Always {
        return None;
    }
    let all = template.caps();
    let mut caps = Caps::new_empty();
    let named = caps.make_mut();
    for (structure, features) in all.iter_with_features() {
        if !features.is_any() {
            let features: CapsFeatures = features.to_owned();
            named.append_structure_full(structure.to_owned(), Some(features));
        }
    }
    Some(caps)
}

/// Tells a hardware decoder, whose output is `pad`, that so many of its frames are held at once. It has no
/// more of them than it expects to need, and would wait for one of them in vain.
pub(crate) fn tell_held_frames(pad: &Pad, count: u32) {
    // It is told what the elements behind it need, and that besides.
    let kinds = PadProbeType::QUERY_DOWNSTREAM | PadProbeType::PULL;
    pad.add_probe(kinds, move |_, probe| {
        if let Some(PadProbeData::Query(query)) = &mut probe.data
            && let QueryViewMut::Allocation(allocation) = query.view_mut()
        {
            hold_frames(allocation, count);
        }
        PadProbeReturn::Ok
    });
}

fn hold_frames(allocation: &mut Allocation, count: u32) {
    let first = allocation.allocation_pools().next();
    if let Some((pool, size, least, most)) = first {
        let most = if most == 0 { 0 } else { most + count };
        allocation.set_nth_allocation_pool(0, pool.as_ref(), size, least + count, most);
        return;
    }
    let (caps, _) = allocation.get();
    let info = caps.and_then(|caps| VideoInfo::from_caps(caps).ok());
    if let Some(size) = info.and_then(|info| u32::try_from(info.size()).ok()) {
        allocation.add_allocation_pool(None::<&BufferPool>, size, count, 0);
    }
}
