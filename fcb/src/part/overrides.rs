use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::fcb::{Fcb, Spec};
use crate::lut::Sequence;

/// FCB fields and sequences that a file forces, whatever the part's facts would give.
///
/// They go into the boot FCB last, and through it into the work FCB, which then sets its own few fields.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Overrides {
    /// Fields by their place, with their elements.
    pub fields: Vec<(&'static Spec, Vec<u32>)>,
    /// Sequences by their index.
    pub sequences: Vec<(usize, Sequence)>,
}

impl Overrides {
    /// Whether nothing is forced.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.sequences.is_empty()
    }

    /// Puts them into a block.
    pub fn apply(&self, fcb: &mut Fcb) {
        for (spec, values) in &self.fields {
            fcb.set(spec, values);
        }
        for (index, sequence) in &self.sequences {
            fcb.set_sequence(*index, sequence);
        }
    }
}
