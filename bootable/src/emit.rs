//! Memory written as files: raw, Intel HEX, S-record, UF2. The opposite of [`firmware`](crate::firmware).

use std::fmt::Write;

use crate::{Error, Firmware, Memory};

pub use crate::firmware::{emit_uf2 as uf2, emit_uf2_blocks as uf2_blocks};

/// Data bytes a line holds.
const LINE: usize = 16;

/// Intel HEX with extended linear addresses (record types 00, 04, 01), 16 bytes a line, `\n` line ends.
///
/// ```
/// use rtboot_bootable::{Memory, emit};
///
/// let mut memory = Memory::new();
/// memory.insert(0x6000_2000, vec![1, 2, 3])?;
/// assert_eq!(emit::intel_hex(&memory), ":020000046000 9A\n:03200000010203D7\n:00000001FF\n".replace(' ', ""));
/// # Ok::<(), rtboot_bootable::Error>(())
/// ```
pub fn intel_hex(memory: &Memory) -> String {
    intel_hex_lines(memory).collect()
}

/// The lines of [`intel_hex`] with their ends, made one by one: the text is three times as long as the bytes.
pub fn intel_hex_lines(memory: &Memory) -> impl Iterator<Item = String> {
    let mut upper = None;
    let data = lines(memory).map(move |(address, bytes)| {
        let mut text = String::new();
        let high = (address >> 16) as u16;
        if upper != Some(high) {
            hex_record(&mut text, 0, 4, &high.to_be_bytes());
            upper = Some(high);
        }
        hex_record(&mut text, address as u16, 0, bytes);
        text
    });
    data.chain(std::iter::once_with(|| {
        let mut text = String::new();
        hex_record(&mut text, 0, 1, &[]);
        text
    }))
}

/// Bytes of the text that [`intel_hex`] makes.
pub fn intel_hex_len(memory: &Memory) -> u64 {
    let mut upper = None;
    let record = |bytes: usize| 12 + 2 * bytes as u64;
    let data = lines(memory).map(|(address, bytes)| {
        let new = upper.replace(address >> 16) != Some(address >> 16);
        record(bytes.len()) + if new { record(2) } else { 0 }
    });
    data.sum::<u64>() + record(0)
}

/// S-records: S0 with `name`, S3 with 16 bytes a line, S7 with the address `entry` (0 when there is none).
pub fn s_record(memory: &Memory, name: &str, entry: Option<u32>) -> String {
    s_record_lines(memory, name, entry).collect()
}

/// The lines of [`s_record`] with their ends, made one by one.
pub fn s_record_lines(
    memory: &Memory,
    name: &str,
    entry: Option<u32>,
) -> impl Iterator<Item = String> {
    let name: Vec<u8> = name.bytes().filter(u8::is_ascii_graphic).take(40).collect();
    let line = |kind, address: &[u8], bytes: &[u8]| {
        let mut text = String::new();
        s_line(&mut text, kind, address, bytes);
        text
    };
    let first = line('0', &[0, 0], &name);
    let data = lines(memory).map(move |(address, bytes)| line('3', &address.to_be_bytes(), bytes));
    let last = line('7', &entry.unwrap_or(0).to_be_bytes(), &[]);
    std::iter::once(first)
        .chain(data)
        .chain(std::iter::once(last))
}

/// Bytes of the text that [`s_record`] makes with a name of at most 40 characters, all of which can be printed.
pub fn s_record_len(memory: &Memory, name: &str) -> u64 {
    let line = |address: usize, bytes: usize| 7 + 2 * (address + bytes) as u64;
    let data = lines(memory).map(|(_, bytes)| line(4, bytes.len()));
    line(2, name.len()) + data.sum::<u64>() + line(4, 0)
}

/// Raw bytes from `from` to the memory's end, with `fill` in the gaps. Bytes before `from` are left out.
///
/// # Errors
/// [`Error::TooLarge`] past [`Firmware::LIMIT`]: two far segments would become a file of gigabytes.
pub fn raw(memory: &Memory, from: u32, fill: u8) -> Result<Vec<u8>, Error> {
    let size = memory.end().saturating_sub(u64::from(from));
    let len = usize::try_from(size)
        .ok()
        .filter(|len| *len <= Firmware::LIMIT);
    let len = len.ok_or(Error::TooLarge {
        size,
        limit: Firmware::LIMIT as u64,
    })?;
    Ok(memory.filled(from, len, fill))
}

/// Pieces of at most [`LINE`] bytes, none of which crosses a multiple of [`LINE`] (so none crosses 64 KiB).
fn lines(memory: &Memory) -> impl Iterator<Item = (u32, &[u8])> {
    memory.segments().flat_map(|(start, bytes)| {
        let head = (LINE - start as usize % LINE).min(bytes.len());
        let (first, rest) = bytes.split_at(head);
        let body = rest.chunks(LINE).enumerate();
        std::iter::once((start, first))
            .chain(body.map(move |(i, line)| (start.wrapping_add((head + i * LINE) as u32), line)))
    })
}

fn hex_record(text: &mut String, address: u16, kind: u8, bytes: &[u8]) {
    let [high, low] = address.to_be_bytes();
    let head = [bytes.len() as u8, high, low, kind];
    let sum = head
        .iter()
        .chain(bytes)
        .fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    text.push(':');
    push_hex(text, &head);
    push_hex(text, bytes);
    push_hex(text, &[sum.wrapping_neg()]);
    text.push('\n');
}

fn s_line(text: &mut String, kind: char, address: &[u8], bytes: &[u8]) {
    let count = [(address.len() + bytes.len() + 1) as u8];
    let sum = count
        .iter()
        .chain(address)
        .chain(bytes)
        .fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    text.push('S');
    text.push(kind);
    for part in [&count, address, bytes, &[!sum]] {
        push_hex(text, part);
    }
    text.push('\n');
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(text, "{byte:02X}"); // a String takes everything
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_s_record_comes_out() {
        let mut memory = Memory::new();
        memory.insert(0x6000_000E, (0..4).collect()).expect("room");
        let text = s_record(&memory, "a", Some(0x6000_0001));
        assert_eq!(
            text,
            "S004000061 9A\nS3076000000E0001 89\nS307600000100203 83\nS705600000019 9\n"
                .replace(' ', "")
        );
    }

    #[test]
    fn raw_fills_gaps_and_refuses_gigabytes() {
        let mut memory = Memory::new();
        memory.insert(0x6000_0002, vec![1]).expect("room");
        memory.insert(0x6000_0004, vec![2]).expect("room");
        assert_eq!(
            raw(&memory, 0x6000_0000, 0xFF),
            Ok(vec![0xFF, 0xFF, 1, 0xFF, 2])
        );
        assert_eq!(raw(&memory, 0x6000_0004, 0xFF), Ok(vec![2]));
        assert!(matches!(
            raw(&memory, 0, 0),
            Err(Error::TooLarge {
                size: 0x6000_0005,
                ..
            })
        ));
    }

    #[test]
    fn the_length_of_a_text_is_known_before_it_is_made() {
        let mut memory = Memory::new();
        for (address, count) in [(0x6000_0003, 1), (0x6000_FFF0, 100), (0x6040_0000, 70_000)] {
            memory.insert(address, vec![7; count]).expect("room");
        }
        for memory in [memory, Memory::new()] {
            assert_eq!(intel_hex_len(&memory), intel_hex(&memory).len() as u64);
            let text = s_record(&memory, "rtboot", None);
            assert_eq!(s_record_len(&memory, "rtboot"), text.len() as u64);
        }
    }

    #[test]
    fn lines_never_cross_64_kib() {
        let mut memory = Memory::new();
        memory.insert(0x6000_FFF8, vec![7; 16]).expect("room");
        let text = intel_hex(&memory);
        assert_eq!(text.lines().count(), 5, "{text}");
        assert!(text.contains(":020000046001"), "{text}");
    }
}
