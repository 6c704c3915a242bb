//! Against published vectors and the usual crates.

use loader_codec::{Crc32, Decoder, Malformed, Sha256};
use sha2::Digest;

/// Bytes of many kinds: runs, text, noise.
fn sample(length: usize, mut seed: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match seed >> 30 {
            0 => bytes.extend(std::iter::repeat_n(
                (seed >> 8) as u8,
                (seed >> 16) as usize % 400,
            )),
            1 => bytes.extend(b"the quick brown fox jumps over the lazy dog. "),
            2 => {
                let from = (seed >> 4) as usize % (bytes.len() + 1);
                let end = bytes.len().min(from + 300);
                bytes.extend_from_within(from..end);
            }
            _ => bytes.extend((0..(seed >> 12) % 64).map(|i| (seed >> (i % 24)) as u8 ^ i as u8)),
        }
    }
    bytes.truncate(length);
    bytes
}

fn decode(block: &[u8], length: usize, piece: usize) -> Result<Vec<u8>, Malformed> {
    let mut out = vec![0; length];
    let mut decoder = Decoder::new();
    for piece in block.chunks(piece) {
        decoder.update(piece, &mut out)?;
    }
    decoder.finish(length)?;
    Ok(out)
}

// FIPS 180-4 examples
#[test]
fn sha256_has_the_published_values() {
    for (text, first) in [
        (&b""[..], 0xE3B0_C442_u32),
        (b"abc", 0xBA78_16BF),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            0x248D_6A61,
        ),
    ] {
        let mut hash = Sha256::new();
        hash.update(text);
        assert_eq!(hash.finish()[..4], first.to_be_bytes());
    }
}

#[test]
fn sha256_of_any_length_in_any_pieces() {
    let bytes = sample(700, 1);
    for length in 0..bytes.len() {
        let expected = sha2::Sha256::digest(&bytes[..length]);
        for piece in [1, 63, 64, 65, 700] {
            let mut hash = Sha256::new();
            for part in bytes[..length].chunks(piece) {
                hash.update(part);
            }
            assert_eq!(hash.finish(), expected.as_slice(), "{length} by {piece}");
        }
    }
}

#[test]
fn crc_has_its_check_value() {
    let mut crc = Crc32::new();
    crc.update(b"12345");
    crc.update(b"6789");
    assert_eq!(crc.finish(), 0xCBF4_3926);
    let bytes = sample(5000, 2);
    let mut crc = Crc32::new();
    crc.update(&bytes);
    let usual = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);
    assert_eq!(crc.finish(), usual.checksum(&bytes));
    // a blank sector is known
    for (length, last) in [(4096, 0xFF), (4096, 0xFE), (4095, 0xFF), (8192, 0xFF)] {
        let mut bytes = vec![0xFF; length];
        bytes[length - 1] = last;
        let mut crc = Crc32::new();
        crc.update(&bytes);
        assert_eq!(crc.finish(), usual.checksum(&bytes), "{length} {last}");
    }
}

#[test]
fn lz4_blocks_come_back_in_any_pieces() {
    for seed in 0..60 {
        let length = [1, 5, 12, 13, 64, 255, 256, 1000, 4095, 4096][seed % 10];
        let bytes = sample(length, seed as u32);
        let block = lz4_flex::block::compress(&bytes);
        for piece in [1, 2, 3, 16, 1000, 5000] {
            assert_eq!(decode(&block, length, piece).as_ref(), Ok(&bytes));
        }
    }
}

#[test]
fn lz4_block_that_is_cut_or_too_long_is_malformed() {
    let bytes = sample(4096, 3);
    let block = lz4_flex::block::compress(&bytes);
    for end in 0..block.len() {
        assert_eq!(decode(&block[..end], 4096, 4096), Err(Malformed), "{end}");
    }
    assert_eq!(decode(&block, 4095, 4096), Err(Malformed));
    assert_eq!(decode(&block, 4097, 4096), Err(Malformed));
}

#[test]
fn lz4_match_before_the_block_is_malformed() {
    // one literal, then a match two bytes back; and one with offset 0
    assert_eq!(decode(&[0x10, 7, 2, 0, 0x10, 8], 6, 9), Err(Malformed));
    assert_eq!(decode(&[0x10, 7, 0, 0, 0x10, 8], 6, 9), Err(Malformed));
    assert_eq!(
        decode(&[0x10, 7, 1, 0, 0x10, 8], 6, 9),
        Ok(vec![7, 7, 7, 7, 7, 8])
    );
}

#[test]
fn any_bytes_as_a_block_do_no_harm() {
    for seed in 0..2000 {
        let noise = sample(200, seed);
        let mut out = vec![0; 4096];
        let _ = Decoder::new().update(&noise, &mut out);
    }
}
