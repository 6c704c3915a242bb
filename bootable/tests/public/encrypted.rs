//! Encrypted images, made again with their published keys: HAB's CCM, and the bus encryption's CTR with its headers.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use ccm::aead::Aead;
use ccm::consts::{U13, U16};
use rtboot_bootable::csf::{Block, CsfCommand};
use rtboot_bootable::{Csf, Firmware, Form, Kind, inspect};

use super::files::{golden, public};
use super::signed::before_signing;
use super::{built, same};

type Key = [u8; 16];

#[test]
fn a_hab_encrypted_image() {
    let map = rt1021().map;
    let Some(image) = built("rt102x/int_RAM.bin", 0x2000_2000, &map) else {
        return;
    };
    let key: Key = golden("hab_dek.bin").unwrap().try_into().unwrap();
    let published = golden("int_RAM_encrypted_key1.bin").unwrap();
    let csf = Csf::parse(&published[0x4000..]).unwrap();
    let app = Block {
        address: 0x2000_2000,
        length: 0x1830,
    };
    let decrypt = CsfCommand::Authenticate {
        key: 0,
        protocol: 0xA3,
        engine: 0x1B,
        location: 0xF58,
        blocks: vec![app],
    };
    assert_eq!(csf.commands.last(), Some(&decrypt));
    // behind the header: nonce and MAC, with their lengths
    let mac = &published[0x4F58..];
    assert_eq!(mac[..8], [0xAC, 0x00, 0x25, 0x42, 0, 13, 0, 16]);
    let nonce: [u8; 13] = mac[8..21].try_into().unwrap();

    let mut file = before_signing(&image, Form::Padded, 0x200, &map);
    let cipher = ccm::Ccm::<Aes128, U16, U13>::new(&key.into());
    let encrypted = cipher
        .encrypt(&nonce.into(), &file[0x2000..0x3830])
        .unwrap();
    let (encrypted, tag) = encrypted.split_at(0x1830);
    assert_eq!(tag, &mac[21..37]);
    file[0x2000..0x3830].copy_from_slice(encrypted);
    // the rest: certificates and signatures
    same("padded", &file, &published[..0x4000]);
    assert_eq!(published.len(), 0x6000);
    let no_padding = golden("int_RAM_encrypted_key1_nopadding.bin").unwrap();
    same("no padding", &no_padding, &published[0x1000..]);

    let read = Firmware::parse(&published, Some("encrypted.bin"), None, &map).unwrap();
    let seen = inspect(&read.memory, &map);
    let kind = Kind::Signed {
        fcb: false,
        ram: true,
        encrypted: true,
    };
    assert_eq!(seen.kind, kind);
}

/// One region of the bus encryption as its debug log gives it.
struct Region {
    user_key: Key,
    /// Key and start value of the region block's own encryption.
    header_key: Key,
    header_iv: Key,
    counter: Key,
    /// Whole, then each part with access rules.
    span: (u32, u32),
    parts: &'static [(u32, u32)],
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    let byte = |at: usize| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap();
    std::array::from_fn(byte)
}

fn regions() -> [Region; 2] {
    [
        Region {
            user_key: hex("0123456789ABCDEFFEDCBA9876543210"),
            header_key: hex("c1c2c3c4c5c6c7c8c9cacbcccdcecfc0"),
            header_iv: hex("1112131415161718191a1b1c1d1e1f10"),
            counter: hex("112233445566778899AABBCC00000000"),
            span: (0x6000_1000, 0x6000_4000),
            parts: &[(0x6000_1000, 0x6000_3000), (0x6000_3800, 0x6000_4000)],
        },
        Region {
            user_key: hex("F123456789ABCDEFFEDCBA987654321F"),
            header_key: hex("c1c2c3c4c5c6c7c8c9cacbcccdcecfc2"),
            header_iv: hex("2122232425262728292a2b2c2d2e2f20"),
            counter: hex("2233445566778899AABBCCDD00000000"),
            span: (0x6010_0000, 0x6010_1000),
            parts: &[(0x6010_0000, 0x6010_1000)],
        },
    ]
}

impl Region {
    /// The region block (PRDB): 256 bytes, little-endian.
    fn block(&self) -> Vec<u8> {
        let mut words = vec![
            0x5F47_4154,
            0x5244_4845,
            0x5601_0000,
            self.parts.len() as u32,
        ];
        words.extend([self.span.0, self.span.1, 1, 0]);
        let mut bytes: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
        bytes.extend(self.counter.iter().rev());
        bytes.resize(0x50, 0);
        for (start, end) in self.parts {
            bytes.extend([*start, *end].map(u32::to_le_bytes).concat());
            bytes.resize(bytes.len() + 24, 0);
        }
        bytes.resize(0x100, 0);
        bytes
    }

    /// 512 bytes at 0x400 or 0x800: the key block under the user's key, and at 0x80 the region block under the key block's.
    fn header(&self) -> Vec<u8> {
        let mut key_block = [self.header_key, self.header_iv].concat();
        let user = Aes128::new(&self.user_key.into());
        for block in key_block.chunks_exact_mut(16) {
            encrypt(&user, block);
        }
        let own = Aes128::new(&self.header_key.into());
        let (mut region_block, mut last) = (self.block(), self.header_iv);
        for block in region_block.chunks_exact_mut(16) {
            block
                .iter_mut()
                .zip(last)
                .for_each(|(byte, last)| *byte ^= last);
            encrypt(&own, block);
            last.copy_from_slice(block);
        }
        key_block.resize(0x80, 0);
        [key_block, region_block].concat()
    }

    /// Counter mode: 12 bytes of the counter, then the address by 16, most significant byte first.
    fn crypt(&self, file: &mut [u8]) {
        let key = Aes128::new(&self.user_key.into());
        for (start, end) in self.parts {
            for address in (*start..*end).step_by(16) {
                let at = (address - 0x6000_0000) as usize;
                let end = (at + 16).min(file.len());
                let Some(bytes) = file.get_mut(at..end) else {
                    break;
                };
                let mut stream = self.counter;
                stream[12..].copy_from_slice(&(address >> 4).to_be_bytes());
                encrypt(&key, &mut stream);
                bytes
                    .iter_mut()
                    .zip(stream)
                    .for_each(|(byte, key)| *byte ^= key);
            }
        }
    }
}

fn encrypt(key: &Aes128, block: &mut [u8]) {
    let mut array = Array::try_from(&*block).unwrap();
    key.encrypt_block(&mut array);
    block.copy_from_slice(&array);
}

#[test]
fn an_image_for_the_bus_encryption() {
    let map = rt1021().map;
    let Some(image) = built("rt102x/ext_FLASH.bin", 0x6000_2000, &map) else {
        return;
    };
    let mut file = image.raw(Form::Padded, 0, &map).unwrap();
    for (region, at) in regions().iter().zip([0x400, 0x800]) {
        region.crypt(&mut file);
        let header = region.header();
        file[at..at + header.len()].copy_from_slice(&header);
    }
    let published = golden("ext_FLASH_bee_userkey_unsigned.bin").unwrap();
    same("with its headers", &file, &published);
    // the key of the header, as one would read it from the file
    let mut key = Array::try_from(&published[0x400..0x410]).unwrap();
    Aes128::new(&regions()[0].user_key.into()).decrypt_block(&mut key);
    assert_eq!(key.as_slice(), regions()[0].header_key);
    // and the published headers beside other containers lie in the same places
    let folder = "spsdk/tests/nxpimage/data/bootable_image/mimxrt1024/flexspi_nor";
    let other = public(&format!("{folder}/bee_header_0.bin")).unwrap();
    assert_eq!(other.len(), 512);
    assert!(
        other[0x20..0x80].iter().all(|byte| *byte == 0),
        "between the two blocks"
    );
}

fn rt1021() -> &'static rtboot_bootable::Chip {
    rtboot_bootable::Chip::by_name("rt1021").expect("a chip of the table")
}
