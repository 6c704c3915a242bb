//! What the tests of this crate build their images from.

use rtboot_fcb::Fcb;
use rtboot_fcb::lut::Sequence;

use crate::{BootData, Chip, Ivt, Memory};

/// The chip that most tests build for.
pub fn rt1021() -> &'static Chip {
    Chip::by_name("rt1021").expect("a chip of the table")
}

/// Little-endian words.
pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A generated application of `len` bytes: stack pointer, reset handler, then a pattern of even bytes.
pub fn app(stack: u32, reset: u32, len: usize) -> Vec<u8> {
    let mut bytes = words(&[stack, reset]);
    bytes.extend((8..len).map(|at| (at as u8) << 1));
    bytes
}

/// An FCB that the rules take: 8 MiB, a read sequence.
pub fn fcb() -> Fcb {
    let mut fcb = Fcb::new();
    fcb.set_sflash_a1_size(0x80_0000);
    fcb.set_sequence(0, &Sequence::read(0xEB, 24, 4, 4, 6));
    fcb
}

/// IVT and boot data for an image in flash with its application at 0x2000.
pub fn headers(entry: u32, length: u32) -> (Ivt, BootData) {
    let ivt = Ivt {
        version: 0x41,
        entry,
        reserved1: 0,
        dcd: 0,
        boot_data: 0x6000_1020,
        self_address: 0x6000_1000,
        csf: 0,
        reserved2: 0,
    };
    (
        ivt,
        BootData {
            start: 0x6000_0000,
            length,
            plugin: 0,
        },
    )
}

/// A whole image as the SDK makes it: FCB, IVT and boot data, an application of 0x400 bytes at 0x60002000.
pub fn image_with(ivt: Ivt, data: BootData, app: &[u8]) -> Memory {
    let mut memory = Memory::new();
    memory
        .insert(0x6000_0000, fcb().to_bytes().to_vec())
        .unwrap();
    memory
        .insert(
            0x6000_1000,
            [ivt.to_bytes().as_slice(), &data.to_bytes()].concat(),
        )
        .unwrap();
    memory.insert(0x6000_2000, app.to_vec()).unwrap();
    memory
}

/// As [`image_with`], with nothing wrong.
pub fn image() -> Memory {
    let (ivt, data) = headers(0x6000_2000, 0x80_0000);
    image_with(ivt, data, &app(0x2001_0000, 0x6000_2101, 0x400))
}

/// A memory of one segment.
pub fn at(address: u32, bytes: Vec<u8>) -> Memory {
    let mut memory = Memory::new();
    memory.insert(address, bytes).unwrap();
    memory
}

/// A row of pseudo-random numbers.
pub struct Lcg(pub u32);

impl Lcg {
    pub fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0 >> 8
    }

    /// Changes up to `count` bytes.
    pub fn spoil(&mut self, bytes: &[u8], count: usize) -> Vec<u8> {
        let mut spoiled = bytes.to_vec();
        for _ in 0..count {
            let at = self.next() as usize % spoiled.len();
            spoiled[at] = self.next() as u8;
        }
        spoiled
    }
}

/// The sentences of findings.
pub fn texts(findings: &[rtboot_finding::Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

/// Codes of what keeps the ROM from starting a flash content, whatever flash part it lies in.
pub fn stops(memory: &Memory) -> Vec<&'static str> {
    let verdict = crate::Verdict::of(memory, crate::Chip::DEFAULT, &crate::Conditions::default());
    match verdict.starts {
        crate::Starts::No => verdict
            .reasons
            .iter()
            .map(rtboot_finding::Finding::code)
            .collect(),
        _ => Vec::new(),
    }
}
