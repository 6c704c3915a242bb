//! Serde for the values of a [`Part`](super::Part) that JSON writes as `.cfg` files do: ids, option words, names.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Span;
use crate::fcb::Spec;
use crate::lut::Sequence;
use crate::{JedecId, OptionWords};

macro_rules! as_text {
    ($($type:ty)*) => { $(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text: Cow<'de, str> = Deserialize::deserialize(from)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    )* };
}

as_text! { JedecId OptionWords }

/// Typical and longest, in µs.
#[derive(Serialize, Deserialize)]
pub(super) struct Micros(u64, u64);

impl From<Micros> for Span {
    fn from(Micros(typical, max): Micros) -> Span {
        Span::micros(typical, max)
    }
}

impl From<Span> for Micros {
    fn from(span: Span) -> Micros {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Micros(micros(span.typical), micros(span.max))
    }
}

impl From<[u32; 4]> for Sequence {
    fn from(words: [u32; 4]) -> Sequence {
        Sequence::from_words(&words)
    }
}

impl From<Sequence> for [u32; 4] {
    fn from(sequence: Sequence) -> [u32; 4] {
        sequence.words()
    }
}

impl Serialize for Spec {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name)
    }
}

impl<'de> Deserialize<'de> for &'static Spec {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name: Cow<'de, str> = Deserialize::deserialize(from)?;
        Spec::find(&name).ok_or_else(|| D::Error::custom(format!("the FCB has no field {name:?}")))
    }
}

pub(super) mod chips {
    use super::*;
    use crate::ChipName;

    pub fn serialize<S: Serializer>(chips: &[ChipName], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(chips.iter().map(ChipName::as_str))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<ChipName>, D::Error> {
        let names: Vec<Cow<'de, str>> = Deserialize::deserialize(from)?;
        let chip = |name: &Cow<'_, str>| {
            let unknown = |()| D::Error::custom(format!("there is no chip {name:?}"));
            name.parse().map_err(unknown)
        };
        names.iter().map(chip).collect()
    }
}
