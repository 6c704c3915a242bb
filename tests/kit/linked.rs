//! Applications linked for an address of the caller's choice.

use super::case::noise;

/// An application for this address: a vector table with its stack in RAM that every chip has, and noise.
pub fn app(link: u32, length: usize) -> Vec<u8> {
    let mut bytes = noise(link ^ 0x5EED, length);
    let handlers = std::iter::repeat_n(link + 0x401, 0x3F);
    for (word, value) in bytes
        .chunks_exact_mut(4)
        .zip([0x2000_8000].into_iter().chain(handlers))
    {
        word.copy_from_slice(&value.to_le_bytes());
    }
    bytes
}

/// The same as an ELF file with one segment.
pub fn elf(link: u32, app: &[u8]) -> Vec<u8> {
    let half = |value: u16| value.to_le_bytes().to_vec();
    let word = |value: u32| value.to_le_bytes().to_vec();
    let (header, size) = (0x54, app.len() as u32);
    let parts = [
        b"\x7FELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(),
        half(2),
        half(40),
        word(1),
        word(link + 0x401),
        word(0x34),
        word(0),
        word(0x0500_0000),
        half(0x34),
        half(0x20),
        half(1),
        half(0),
        half(0),
        half(0),
        [1, header, link, link, size, size, 5, 4]
            .map(u32::to_le_bytes)
            .concat(),
        app.to_vec(),
    ];
    parts.concat()
}
