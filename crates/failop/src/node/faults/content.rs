//! Faults of what a sample says, before it is protected: its protection is right.

use super::Hits;
use crate::node::runtime::Runtime;
use fault::act::{PictureHow, SampleFault};
use wire::frame::WIDTH_PX;
use wire::radar::Detection;

impl Runtime {
    /// Spoils the picture of a frame. `last` is the last one that no fault froze; it is kept here.
    pub(in crate::node) fn spoil(
        &mut self,
        pixels: &mut [u8],
        last: &mut Option<Vec<u8>>,
        hits: &Hits,
    ) {
        if self.faults.injector.keeps_content() {
            match last {
                Some(last) if hits.has(SampleFault::Freeze) => {
                    pixels.copy_from_slice(last);
                    self.tell_frozen(hits);
                }
                Some(last) => last.copy_from_slice(pixels),
                None => *last = Some(pixels.to_vec()),
            }
        }
        for hit in &hits.hits {
            let SampleFault::Picture(how) = hit.what else { continue };
            // Dirt stays where it is; noise does not.
            let place = if matches!(how, PictureHow::Noise(_)) { hits.item } else { 0 };
            let mut draw = self.faults.injector.draw(hit.fault, place);
            fault::picture::spoil(pixels, WIDTH_PX, how, &mut draw);
            self.tell_acted(hit.fault, hits.item, 1);
        }
    }

    /// Changes the detections of a cycle. `last` are the last ones that no fault froze; they are kept
    /// here.
    pub(in crate::node) fn change(
        &mut self,
        list: &mut Vec<Detection>,
        last: &mut Option<Vec<Detection>>,
        hits: &Hits,
    ) {
        if self.faults.injector.keeps_content() {
            match last {
                Some(last) if hits.has(SampleFault::Freeze) => {
                    list.clone_from(last);
                    self.tell_frozen(hits);
                }
                _ => *last = Some(list.clone()),
            }
        }
        for hit in &hits.hits {
            let SampleFault::Objects(how) = hit.what else { continue };
            let mut draw = self.faults.injector.draw(hit.fault, hits.item);
            let since_s = hit.since_ns as f64 * 1e-9;
            let changed = fault::objects::change(list, how, since_s, &mut draw);
            if changed > 0 {
                self.tell_acted(hit.fault, hits.item, changed.into());
            }
        }
    }

    fn tell_frozen(&mut self, hits: &Hits) {
        hits.by(SampleFault::Freeze).for_each(|fault| self.tell_acted(fault, hits.item, 1));
    }
}
