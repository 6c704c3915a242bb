//! The packets against bytes seen on real boards, recorded sessions and random bytes.

mod build;
mod random;
mod silicon;
mod transcripts;

/// The bytes of hexadecimal text; blanks are skipped.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
