//! rtboot's own RAM loader: its image, what it is called, which chips it is for.
//!
//! Cargo feature `own-loader`. docs/loader.md describes the loader, `loader/` holds its source.

use rtboot_bootable::LoaderImage;

use super::source::Loader;
use crate::chip::Chip;
pub use crate::error::Breadcrumb;
use crate::error::NoOwn;
use crate::{Error, Result};

/// rtboot's own loader, as it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnLoader {
    /// Its bytes.
    pub image: &'static [u8],
    /// Its version.
    pub version: &'static str,
}

impl OwnLoader {
    /// The one that this program brings; `None` in a build without the feature `own-loader`.
    pub fn embedded() -> Option<OwnLoader> {
        #[cfg(feature = "own-loader")]
        let own = Some(OwnLoader {
            image: rtboot_loader_image::IMAGE,
            version: rtboot_loader_image::VERSION,
        });
        #[cfg(not(feature = "own-loader"))]
        let own = None;
        own
    }

    /// The chips that it is for.
    pub fn chips() -> impl Iterator<Item = &'static Chip> {
        crate::chip::CHIPS.iter().filter(|chip| chip.own_loader)
    }

    /// What it is called in messages.
    pub fn name(&self) -> String {
        format!("rtboot's own {}", self.version)
    }

    /// Its image, taken apart as a flashloader's file is.
    ///
    /// # Errors
    /// [`Error::Firmware`] for an image that a build made wrong.
    pub fn parsed(&self, chip: &Chip) -> Result<LoaderImage> {
        LoaderImage::parse(self.image, &chip.map).map_err(|source| Error::Firmware {
            path: self.name().into(),
            source,
        })
    }

    /// SHA-256 of the image, in hex.
    pub fn sha256(&self) -> String {
        crate::digest::sha256([self.image])
    }

    /// Ready to be sent to this chip, or why it is not for it.
    pub(super) fn for_chip(
        chip: &Chip,
        over_uart: bool,
    ) -> std::result::Result<Result<Loader>, NoOwn> {
        let own = OwnLoader::embedded().ok_or(NoOwn::NotBuilt)?;
        if !chip.own_loader {
            return Err(NoOwn::OtherChip);
        }
        if over_uart {
            return Err(NoOwn::Uart);
        }
        Ok(own.parsed(chip).map(|image| Loader {
            image,
            name: own.name(),
            sha256: Some(own.sha256()),
            own: true,
            is_known: Some(true),
        }))
    }
}

#[cfg(all(test, feature = "own-loader"))]
mod tests {
    use super::*;

    #[test]
    fn embedded_image_loads_on_its_chips_only() {
        let names: Vec<&str> = OwnLoader::chips().map(|chip| chip.name).collect();
        assert_eq!(names, ["RT1020", "RT1021"]);
        for chip in &crate::chip::CHIPS {
            let made = OwnLoader::for_chip(chip, false);
            if !chip.own_loader {
                assert_eq!(made.err(), Some(NoOwn::OtherChip), "{}", chip.name);
                continue;
            }
            let loader = made.expect("for this chip").expect("an image");
            assert_eq!(loader.image.load, 0x2020_8000);
            assert_eq!(loader.image.jump, 0x2020_8000);
            assert!(loader.image.dcd.is_none());
            // every FlexRAM split has the first two banks of OCRAM
            for split in chip.fuses.flexram {
                assert!(loader.image.missing(split).is_none(), "{split}");
            }
            assert_eq!(OwnLoader::for_chip(chip, true).err(), Some(NoOwn::Uart));
        }
    }
}
