/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A node that hands the sound which comes to it to a function, such as that of a `MediaStreamAudioDestinationNode`.

use crate::audio_node::{AudioNodeEngine, AudioNodeType, BlockInfo, ChannelInfo};
use crate::block::Chunk;

/// Takes sound: the samples of the channels of one moment after each other, and how many channels there are.
/// It must not wait.
pub type SoundWriter = Box<dyn FnMut(&[f32], usize) + Send>;

#[derive(AudioNodeCommon)]
pub(crate) struct WriterNode {
    channel_info: ChannelInfo,
    writer: SoundWriter,
}

impl WriterNode {
    pub(crate) fn new(writer: SoundWriter, channel_info: ChannelInfo) -> Self {
        Self {
            channel_info,
            writer,
        }
    }
}

impl AudioNodeEngine for WriterNode {
    fn node_type(&self) -> AudioNodeType {
        AudioNodeType::MediaStreamDestinationNode
    }

    fn process(&mut self, mut inputs: Chunk, _: &BlockInfo) -> Chunk {
        if let Some(block) = inputs.blocks.first_mut() {
            (self.writer)(&block.interleave(), block.chan_count().into());
        }
        Chunk::default()
    }

    fn output_count(&self) -> u32 {
        0
    }
}
