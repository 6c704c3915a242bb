//! Good data made bad, the same way on every machine.

pub use crate::kit::random::Random;

/// Numbers that lead further than others.
const ODD: [u32; 12] = [
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFE,
    0xFFFF_FFFF,
];
/// Longest input.
const LONGEST: usize = 96 * 1024;

impl Random {
    /// An input: once in eight noise alone, else one of `seeds` with up to five changes.
    pub fn input(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        if seeds.is_empty() || self.below(8) == 0 {
            let len = self.below(700);
            return self.bytes(len);
        }
        let mut data = seeds[self.below(seeds.len())].clone();
        for _ in 0..1 + self.below(5) {
            match self.below(4) {
                0 => self.bytes_changed(&mut data),
                1 => self.lengths_changed(&mut data),
                2 => self.lines_changed(&mut data),
                _ => {
                    let other = &seeds[self.below(seeds.len())];
                    self.spliced(&mut data, other);
                }
            }
        }
        data.truncate(LONGEST);
        data
    }

    /// A place, half of the time among the first: heads are there.
    fn place(&mut self, data: &[u8]) -> usize {
        let limit = match self.below(2) {
            0 => data.len().min(96),
            _ => data.len(),
        };
        self.below(limit)
    }

    fn bytes_changed(&mut self, data: &mut [u8]) {
        let at = self.place(data);
        let (value, bit) = (self.next() as u8, 1 << self.below(8));
        if let Some(byte) = data.get_mut(at) {
            *byte = if value & 1 == 0 { *byte ^ bit } else { value };
        }
    }

    /// A number of one, two or four bytes, of either order.
    fn lengths_changed(&mut self, data: &mut [u8]) {
        let at = self.place(data);
        let value = ODD[self.below(ODD.len())];
        let width = [1, 2, 4][self.below(3)];
        let bytes = match self.below(2) {
            0 => value.to_le_bytes()[..width].to_vec(),
            _ => value.to_be_bytes()[4 - width..].to_vec(),
        };
        for (place, byte) in data.iter_mut().skip(at).zip(bytes) {
            *place = byte;
        }
    }

    /// A line, or what lies between two such bytes: gone, twice, somewhere else, or with another number in it.
    fn lines_changed(&mut self, data: &mut Vec<u8>) {
        let mut lines: Vec<Vec<u8>> = data.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        let (at, to) = (self.below(lines.len()), self.below(lines.len()));
        match self.below(4) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(to, lines[at].clone()),
            2 => lines.swap(at, to),
            _ => {
                let number = format!("{:#x}", ODD[self.below(ODD.len())]);
                let line = &mut lines[at];
                let start = line
                    .iter()
                    .position(u8::is_ascii_digit)
                    .unwrap_or(line.len());
                let digits = line[start..]
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric());
                let end = start + digits.count();
                line.splice(start..end, number.bytes());
            }
        }
        *data = lines.join(&b'\n');
    }

    /// A piece gone, doubled, replaced by one of another input or by noise; or the end cut off.
    fn spliced(&mut self, data: &mut Vec<u8>, other: &[u8]) {
        let from = self.place(data).min(data.len());
        let to = (from + self.below(64)).min(data.len());
        match self.below(5) {
            0 => drop(data.drain(from..to)),
            1 => {
                let piece = data[from..to].to_vec();
                data.splice(to..to, piece.repeat(1 + self.below(4)));
            }
            2 => {
                let start = self.below(other.len()).min(other.len());
                let end = (start + self.below(400)).min(other.len());
                data.splice(from..to, other[start..end].iter().copied());
            }
            3 => {
                let len = self.below(32);
                let piece = self.bytes(len);
                data.splice(from..to, piece);
            }
            _ => data.truncate(from),
        }
    }
}
