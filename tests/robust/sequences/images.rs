//! The parts that take part, and what is written to them.

use std::sync::OnceLock;

use rtboot::Source;
use rtboot::flash::FcbChoice;
use rtboot::job::BootLoader;
use rtboot_fcb::{JedecId, PartFile, database};
use rtboot_sim::nor::Part;

use super::commands::{What, Write};
use super::world::World;
use crate::kit::case::application;
use crate::kit::rt1021;

/// Where applications lie that the ROM starts at once.
pub const APP_AT: usize = 0x2000;
/// Where those of a boot loader lie.
pub const SLOT: usize = 0x1_0000;
/// Places and lengths of all applications.
pub const IMAGES: [(usize, usize); 6] = [
    (APP_AT, 1_100),
    (APP_AT, 4_096),
    (APP_AT, 9_000),
    (APP_AT, 17_321),
    (SLOT, 1_500),
    (SLOT, 7_777),
];
/// Two of more than one sector that the ROM starts at once, from this one on.
pub const LONG_IMAGES: usize = 2;
/// Where the entry of an application lies, counted from its first byte; bit 0 is set.
const ENTRY: usize = 0x401;

/// A part that no database knows, as a user describes it.
const OWN_PART: &str = r#"
name = "XT25F64B"
jedec = "0b 40 17"
size = "8M"
quad-enable = "sr2-bit1-31h"
clock = "80 MHz"
read = { opcode = 0xEB, address-pads = 4, data-pads = 4, dummy-cycles = 6 }
protection = { mask = 0x7C, lock = 0x80, complement = 0x40, scheme = "fractions" }
"#;

/// An application, and what a write that makes it the boot image puts into flash: bytes by their place.
pub struct Image {
    pub at: usize,
    pub application: Vec<u8>,
    pub done: Vec<(usize, Vec<u8>)>,
}

impl Image {
    /// Where the ROM enters it.
    pub fn entry(&self) -> u32 {
        0x6000_0000 + (self.at + ENTRY) as u32
    }

    /// What a write of the application alone brings.
    pub fn alone(&self) -> Vec<(usize, Vec<u8>)> {
        vec![(self.at, self.application.clone())]
    }

    pub fn file(&self) -> Source {
        Source::bytes("app.bin", self.application.clone())
    }
}

/// A part, and how its FCB is chosen.
#[derive(Clone)]
pub struct Kit {
    pub part: Part,
    pub fcb: FcbChoice,
    pub sector: usize,
}

/// All virtual parts, and what writes put into them.
pub fn kits() -> &'static [(Kit, Vec<Image>)] {
    static KITS: OnceLock<Vec<(Kit, Vec<Image>)>> = OnceLock::new();
    let images = |kit: Kit| {
        let places = (40..).zip(IMAGES);
        let images = places.map(|(seed, (at, length))| image(&kit, seed, at, length));
        let images = images.collect();
        (kit, images)
    };
    KITS.get_or_init(|| Part::all().into_iter().map(kit).map(images).collect())
}

fn kit(part: Part) -> Kit {
    let known = !database::by_jedec(JedecId(part.jedec)).is_empty();
    let fcb = match part.name {
        // two parts have the id of the IS25LP064A
        "is25lp064a" | "is25lp064a-sfdp10" => {
            FcbChoice::named("issi.cfg", rt1021()).expect("known").0
        }
        "xt25f64b" => FcbChoice::Part {
            from: "xt25f64b.cfg".into(),
            file: PartFile::from_cfg(OWN_PART).expect("a good .cfg"),
        },
        _ => FcbChoice::Auto,
    };
    assert!(known || part.name == "xt25f64b", "{}", part.name);
    let sector = part.uniform.unwrap_or(0x1000) as usize;
    Kit { part, fcb, sector }
}

/// What an undisturbed write on blank flash leaves.
fn image(kit: &Kit, seed: u32, at: usize, length: usize) -> Image {
    let mut application = application(seed, length);
    for word in application[4..0x100].chunks_exact_mut(4) {
        word.copy_from_slice(&(0x6000_0000 + (at + ENTRY) as u32).to_le_bytes());
    }
    let mut image = Image {
        at,
        application,
        done: Vec::new(),
    };
    let mut world = World::bare(kit.clone(), Vec::new(), seed.into());
    let write = Write::usual(What::Image {
        image: 0,
        loader: BootLoader::Replace,
    });
    let pieces = (&image.file()).into();
    let written = world.write(&pieces, world.options(&write, Some(at)), None);
    written.unwrap_or_else(|error| panic!("{}: an undisturbed write: {error}", kit.part.name));
    let board = world.board.board();
    let own = [0..0x200, 0x1000..0x102C, at..at + length];
    image.done = own
        .map(|range| (range.start, board.flash()[range].to_vec()))
        .into();
    drop(board);
    let starts = world.board.board().boot_verdict().starts;
    let entry = starts.expect("it starts").entry;
    assert_eq!(entry, image.entry(), "{}", kit.part.name);
    image
}
