//! Pieces as they are read: firmware of any format, or data with an address.

use std::path::Path;

use rtboot_bootable::{Format, Kind, McubootHeader, Memory, inspect};
use rtboot_fcb::Fcb;

use super::{BootLoader, LaidOut, LayoutOptions, Role, in_file};
use crate::chip::Chip;
use crate::digest::sha256;
use crate::file::{self, Limit};
use crate::flash::{FcbChoice, Headers, Prepared};
use crate::job::piece::Piece;
use crate::{Error, Result};

/// A piece that was read.
pub(super) struct Read<'a> {
    piece: &'a Piece,
    size: usize,
    sha256: String,
    content: Content,
}

enum Content {
    Firmware(Box<rtboot_bootable::Firmware>),
    Data(Memory),
}

impl<'a> Read<'a> {
    pub(super) fn new(
        piece: &'a Piece,
        count: usize,
        options: &LayoutOptions,
        chip: &Chip,
    ) -> Result<Read<'a>> {
        let path = piece.path();
        let bytes = piece.source.load(Limit::Firmware)?;
        let content = match piece.at {
            Some(address) => Content::Data(data(path, &bytes, chip.map.normalised(address))?),
            None => {
                // it was read once: a pipe gives its bytes only once
                let read = |base| match (options.headers, options.boot_loader) {
                    (Headers::AsIs, _) | (_, BootLoader::Keep) => {
                        file::data(path, &bytes, base, chip)
                    }
                    _ => file::firmware(path, &bytes, base, chip),
                };
                let firmware = match read(options.base) {
                    // among several pieces the base is that of the raw one
                    Err(error) if count > 1 && has_addresses(&error) => read(None),
                    // beside an application it is that one's FCB, and that has one place
                    Err(error) if count > 1 && is_fcb_alone(&error) => {
                        file::data(path, &bytes, None, chip)
                    }
                    other => other,
                };
                Content::Firmware(Box::new(firmware?))
            }
        };
        Ok(Read {
            piece,
            size: bytes.len(),
            sha256: sha256([&bytes]),
            content,
        })
    }

    pub(super) fn lay_out(
        self,
        boots: bool,
        options: &LayoutOptions,
        chip: &'static Chip,
    ) -> Result<LaidOut> {
        let (fcb, headers, role) = match boots {
            true => (options.fcb.clone(), options.headers, Role::BootImage),
            false => (FcbChoice::Auto, Headers::AsIs, Role::Application),
        };
        let name = self.piece.path().to_owned();
        let (role, memory, prepared) = match self.content {
            Content::Data(memory) => (Role::Data, memory, None),
            Content::Firmware(firmware) => {
                let prepared = Prepared::new(&name, *firmware, fcb, headers, chip)?;
                let prepared = match boots {
                    true => prepared.with_own_fcb(options.own_fcb)?,
                    false => prepared,
                };
                let memory = prepared.layout().memory.clone();
                (role, memory, Some(prepared))
            }
        };
        Ok(LaidOut {
            name,
            role,
            size: self.size,
            sha256: self.sha256,
            memory,
            prepared,
        })
    }

    fn memory(&self) -> &Memory {
        match &self.content {
            Content::Firmware(firmware) => &firmware.memory,
            Content::Data(memory) => memory,
        }
    }

    fn firmware(&self) -> Option<&rtboot_bootable::Firmware> {
        match &self.content {
            Content::Firmware(firmware) => Some(firmware),
            Content::Data(_) => None,
        }
    }
}

/// Data from an address on.
fn data(path: &Path, bytes: &[u8], address: u32) -> Result<Memory> {
    let mut memory = Memory::new();
    match bytes.is_empty() {
        true => Err(in_file(path)(rtboot_bootable::Error::Empty)),
        false => match memory.insert(address, bytes.to_vec()) {
            Ok(()) => Ok(memory),
            Err(source) => Err(in_file(path)(source)),
        },
    }
}

/// Whether a base was refused because the file brings its addresses.
fn has_addresses(error: &Error) -> bool {
    let Error::Firmware { source, .. } = error else {
        return false;
    };
    matches!(source, rtboot_bootable::Error::BaseForAddressed { .. })
}

fn is_fcb_alone(error: &Error) -> bool {
    let Error::Firmware { source, .. } = error else {
        return false;
    };
    matches!(source, rtboot_bootable::Error::FcbAlone)
}

/// A raw file without boot headers says where it belongs by its vector table at most: beside other firmware that is not enough.
pub(super) fn refuse_homeless(read: &[Read<'_>], base: Option<u32>, chip: &Chip) -> Result<()> {
    let is_raw = |read: &&Read<'_>| {
        let raw = read.firmware().filter(|it| it.format == Format::Raw);
        raw.map(|it| inspect(&it.memory, &chip.map))
            .is_some_and(|seen| seen.ivt.is_none() && seen.fcb.is_none())
    };
    let is_app = |read: &&Read<'_>| {
        let firmware = read.firmware();
        firmware.is_some_and(|it| inspect(&it.memory, &chip.map).kind != Kind::FcbOnly)
    };
    let first = read.iter().find(is_app);
    let mut raw = read.iter().filter(is_raw).filter(|read| match base {
        Some(_) => true,
        None => !first.is_some_and(|first| std::ptr::eq(first, *read)),
    });
    // the base is for one of them
    let homeless = match base {
        Some(_) => raw.nth(1),
        None => raw.next(),
    };
    match homeless {
        Some(read) => Err(Error::BadFile {
            path: read.piece.path().to_owned(),
            reason: "a raw file beside other firmware does not say where it belongs; give it its address".into(),
        }),
        None => Ok(()),
    }
}

/// Which of them the ROM starts.
pub(super) fn boot_image(read: &[Read<'_>], chip: &Chip) -> Option<usize> {
    let firmware = || {
        let all = read.iter().enumerate();
        all.filter_map(|(i, read)| Some((i, &read.firmware()?.memory)))
    };
    if let (Some((only, _)), None) = (firmware().next(), firmware().nth(1)) {
        return Some(only);
    }
    let kind = |memory: &Memory| inspect(memory, &chip.map).kind;
    let whole = firmware().find(|(_, memory)| kind(memory).is_bootable());
    // a boot loader lies below what it starts
    let bare = firmware().filter(|(_, memory)| McubootHeader::find(memory).is_none());
    let bare = bare.filter(|(_, memory)| kind(memory).is_bare());
    let bare = bare.min_by_key(|(_, memory)| {
        let first = memory.first().unwrap_or_default();
        (!chip.map.in_flash(first), first)
    });
    whole.or(bare).or(firmware().next()).map(|(i, _)| i)
}

/// The piece that has an FCB for the boot image, when that brings none itself.
pub(super) fn fcb_piece(read: &[Read<'_>], boot: usize, chip: &Chip) -> Option<(usize, FcbChoice)> {
    let block = |read: &Read<'_>| {
        let bytes = read.memory().bytes(chip.map.fcb_address(), Fcb::LEN)?;
        Fcb::parse(bytes).ok()
    };
    if block(read.get(boot)?).is_some() {
        return None;
    }
    let mut others = read.iter().enumerate().filter(|(i, _)| *i != boot);
    others.find_map(|(i, read)| {
        let from = read.piece.path().display().to_string();
        block(read).map(|fcb| (i, FcbChoice::Block { from, fcb }))
    })
}
