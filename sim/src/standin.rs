//! The stand-in loader: what the virtual board runs in place of a genuine flashloader.
//!
//! It is an image made for this board. It has an IVT and boot data, so a host must find load and jump address in it as in a
//! genuine one. It holds no code: a virtual board that finds exactly these bytes in its RAM at a jump
//! starts its flashloader model; on real silicon the entry is an endless loop.
//!
//! | file offset | RAM address | content                                                        |
//! |-------------|-------------|----------------------------------------------------------------|
//! | 0x0000      | 0x20208000  | text that says what this is, then zeros                        |
//! | 0x0400      | 0x20208400  | IVT; the address to jump to                                    |
//! | 0x0420      | 0x20208420  | boot data: start 0x20208000, length 0x5000, no plugin          |
//! | 0x0500      | 0x20208500  | entry: the Thumb instruction `b .`                             |
//! | 0x0600      | 0x20208600  | filler: a xorshift sequence, so that no two places look alike  |
//!
//! The layout (IVT 0x400 behind the load address) is that of the RT102x flashloader NXP ships with its tools.

use std::sync::LazyLock;

use byteorder::{ByteOrder, LittleEndian as LE};

/// Where the stand-in loader has to be written.
pub const LOAD: u32 = 0x2020_8000;
/// Where to jump: its IVT.
pub const JUMP: u32 = LOAD + 0x400;
/// Its length in bytes, the same as in its boot data.
pub const LEN: usize = 0x5000;

const ENTRY: u32 = LOAD + 0x500;
const FILLER: usize = 0x600;
const TEXT: &str = "rtboot virtual board: stand-in loader, version 1.\n\
    This file is not a flashloader and holds no program. The virtual board accepts it in place of one.\n\
    A real board needs the flashloader of its chip: see `rtboot flashloader`.\n";

static IMAGE: LazyLock<Vec<u8>> = LazyLock::new(build);

/// The virtual board's own loader image: 20 KiB, to be written at 0x20208000 and started at 0x20208400.
///
/// The same bytes on every machine and in every version with the same text.
pub fn standin_loader() -> &'static [u8] {
    &IMAGE
}

fn build() -> Vec<u8> {
    let mut image = vec![0; LEN];
    image[..TEXT.len()].copy_from_slice(TEXT.as_bytes());
    let ivt = [0x4120_00D1, ENTRY | 1, 0, 0, JUMP + 0x20, JUMP, 0, 0];
    let boot_data = [LOAD, LEN as u32, 0];
    LE::write_u32_into(&ivt, &mut image[0x400..0x420]);
    LE::write_u32_into(&boot_data, &mut image[0x420..0x42C]);
    LE::write_u16(&mut image[0x500..0x502], 0xE7FE);
    let mut state = 0x5254_426F_u32;
    for word in image[FILLER..].chunks_exact_mut(4) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        LE::write_u32(word, state);
    }
    image
}

const _: () = assert!(TEXT.len() < 0x400);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standin_names_its_own_load_and_jump_address() {
        let image = standin_loader();
        assert_eq!(image.len(), LEN);
        assert_eq!(&image[0x400..0x404], &[0xD1, 0x00, 0x20, 0x41]);
        assert_eq!(LE::read_u32(&image[0x414..]), JUMP);
        assert_eq!(LE::read_u32(&image[0x410..]), JUMP + 0x20);
        assert_eq!(LE::read_u32(&image[0x420..]), LOAD);
        assert_eq!(LE::read_u32(&image[0x424..]), LEN as u32);
        assert_eq!(LE::read_u32(&image[0x404..]) & 1, 1);
    }

    #[test]
    fn standin_stays_out_of_the_roms_ram() {
        const { assert!(LOAD >= 0x2020_8000) };
    }

    #[test]
    fn the_filler_never_repeats_within_the_image() {
        let mut words: Vec<&[u8]> = standin_loader()[FILLER..].chunks(4).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), (LEN - FILLER) / 4);
    }
}
