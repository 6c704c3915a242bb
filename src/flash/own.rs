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
    /// The one that this program brings for USB; `None` in a build without the feature `own-loader`.
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

    /// The same for a board on a UART: an image for each connection.
    pub fn over_uart() -> Option<OwnLoader> {
        #[cfg(feature = "own-loader")]
        let own = Some(OwnLoader {
            image: rtboot_loader_image::UART_IMAGE,
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
        let own = match over_uart {
            true => OwnLoader::over_uart(),
            false => OwnLoader::embedded(),
        };
        let own = own.ok_or(NoOwn::NotBuilt)?;
        if !chip.own_loader {
            return Err(NoOwn::OtherChip);
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
        assert_eq!(names, ["RT1015", "RT1020", "RT1021"]);
        for chip in &crate::chip::CHIPS {
            let made = [false, true].map(|uart| OwnLoader::for_chip(chip, uart));
            if !chip.own_loader {
                let why = made.map(|made| made.err());
                assert_eq!(why, [Some(NoOwn::OtherChip); 2], "{}", chip.name);
                continue;
            }
            let loaders = made.map(|made| made.expect("for this chip").expect("an image"));
            assert_ne!(loaders[0].sha256, loaders[1].sha256);
            for loader in loaders {
                assert_eq!(loader.image.load, 0x2020_8000);
                assert_eq!(loader.image.jump, 0x2020_8000);
                assert!(loader.image.dcd.is_none());
                // every FlexRAM split has the first two banks of OCRAM
                for field in 0..16 {
                    let split = chip.flexram.by_fuse(field << 16);
                    assert!(loader.image.missing(split).is_none(), "{split}");
                }
            }
        }
    }
}
