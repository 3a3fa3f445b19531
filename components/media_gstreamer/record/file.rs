/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A file in memory, which a multiplexer writes.

use std::mem;
use std::sync::Arc;
use std::time::Instant;

use gstreamer::format::Bytes;
use gstreamer::prelude::*;
use gstreamer::{
    BufferRef, EventView, Format, Pad, PadProbeData, PadProbeInfo, PadProbeReturn, PadProbeType,
    QueryRef, QueryViewMut,
};
use media_recorder::RecordedData;
use parking_lot::Mutex;

/// A file in memory. Its beginning may have been handed over.
#[derive(Default)]
pub(super) struct File {
    bytes: Vec<u8>,
    /// How many bytes were handed over.
    handed: usize,
    /// Where the multiplexer writes next.
    position: usize,
    /// When the first byte was there that has not been handed over.
    first: Option<Instant>,
}

/// What a multiplexer writes cannot be kept.
#[derive(Debug)]
struct NoMemory;

impl File {
    /// Returns how many bytes there were in all.
    pub(super) fn length(&self) -> usize {
        self.handed + self.bytes.len()
    }

    /// Returns whether there are bytes to hand over.
    pub(super) fn has_bytes(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Returns the bytes that have not been handed over. From now on the multiplexer changes nothing before them.
    pub(super) fn take(&mut self, start: Instant) -> RecordedData {
        self.handed += self.bytes.len();
        let created = self.first.take().unwrap_or_else(Instant::now);
        RecordedData {
            bytes: mem::take(&mut self.bytes),
            created: created.saturating_duration_since(start),
        }
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), NoMemory> {
        self.first.get_or_insert_with(Instant::now);
        if let Some(gone) = self.handed.checked_sub(self.position) {
            let gone = gone.min(bytes.len());
            bytes = &bytes[gone..];
            self.position += gone;
        }
        let Some(start) = self.position.checked_sub(self.handed) else {
            return Ok(());
        };
        let end = start.checked_add(bytes.len()).ok_or(NoMemory)?;
        let more = end.saturating_sub(self.bytes.len());
        self.bytes.try_reserve(more).map_err(|_| NoMemory)?;
        if start > self.bytes.len() {
            self.bytes.resize(start, 0);
        }
        let (changed, added) = bytes.split_at(bytes.len().min(self.bytes.len() - start));
        self.bytes[start..][..changed.len()].copy_from_slice(changed);
        self.bytes.extend_from_slice(added);
        self.position += bytes.len();
        Ok(())
    }

    fn write_buffer(&mut self, buffer: &BufferRef) -> Result<(), NoMemory> {
        let bytes = buffer.map_readable().map_err(|_| NoMemory)?;
        self.write(&bytes)
    }
}

/// Makes what leaves `pad` be written into a file, in which the multiplexer may go back if `is_seekable`.
/// `handle_full` is called if there is no memory for more.
pub(super) fn write(
    pad: &Pad,
    is_seekable: bool,
    handle_full: impl Fn() + Send + Sync + 'static,
) -> Arc<Mutex<File>> {
    let file = Arc::<Mutex<File>>::default();
    let kinds = PadProbeType::BUFFER
        | PadProbeType::BUFFER_LIST
        | PadProbeType::EVENT_DOWNSTREAM
        | PadProbeType::QUERY_DOWNSTREAM;
    let written = file.clone();
    let handle = move |_: &Pad, info: &mut PadProbeInfo<'_>| {
        let outcome = match &mut info.data {
            Some(PadProbeData::Buffer(buffer)) => written.lock().write_buffer(buffer),
            Some(PadProbeData::BufferList(list)) => {
                let mut file = written.lock();
                list.iter().try_for_each(|buffer| file.write_buffer(buffer))
            }
            Some(PadProbeData::Event(event)) => {
                if let EventView::Segment(segment) = event.view()
                    && let Some(segment) = segment.segment().downcast_ref::<Bytes>()
                    && let Some(start) = segment.start()
                {
                    written.lock().position = usize::try_from(*start).unwrap_or(usize::MAX);
                }
                Ok(())
            }
            Some(PadProbeData::Query(query)) => {
                if answer(query, is_seekable) {
                    return PadProbeReturn::Handled;
                }
                Ok(())
            }
            _ => Ok(()),
        };
        match outcome {
            Ok(()) => PadProbeReturn::Ok,
            Err(NoMemory) => {
                handle_full();
                PadProbeReturn::Drop
            }
        }
    };
    // A probe of these kinds can always be added.
    let _ = pad.add_probe(kinds, handle);
    file
}

/// Answers whether the multiplexer can go back.
fn answer(query: &mut QueryRef, is_seekable: bool) -> bool {
    match query.view_mut() {
        QueryViewMut::Seeking(seeking) if seeking.format() == Format::Bytes => {
            seeking.set(is_seekable, Bytes::ZERO, Bytes::NONE);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write_at(file: &mut File, position: usize, text: &str) {
        file.position = position;
        file.write(text.as_bytes()).expect("there is memory");
    }

    #[test]
    fn what_was_handed_over_does_not_change() {
        let start = Instant::now();
        let mut file = File::default();
        write_at(&mut file, 0, "abcdef");
        write_at(&mut file, 1, "B");
        assert!(file.has_bytes());
        assert_eq!(file.take(start).bytes, b"aBcdef");
        assert!(!file.has_bytes());
        write_at(&mut file, 6, "ghij");
        write_at(&mut file, 0, "12");
        write_at(&mut file, 4, "3456");
        write_at(&mut file, 10, "kl");
        assert_eq!(file.length(), 12);
        assert_eq!(file.take(start).bytes, b"56ijkl");
    }
}
