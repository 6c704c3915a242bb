//! What the device says: the right answer, and what becomes of it.

use super::device::{Inner, Manner};

/// How an answer is wrapped: a bare report, or one with a length, as MBOOT has it.
pub enum Kind {
    Plain(u8),
    Framed(u8),
}

pub type Answers = Vec<(Kind, Vec<u8>)>;

impl Inner {
    pub fn dice(&mut self, sides: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed >> 16) % sides
    }

    pub fn nonsense(&mut self) -> Vec<u8> {
        let length = self.dice(40) + if self.dice(50) == 0 { 70_000 } else { 0 };
        let mut bytes: Vec<u8> = (0..length).map(|_| self.dice(256) as u8).collect();
        if let Some(first) = bytes.first_mut() {
            *first = 1 + *first % 5;
        }
        bytes
    }

    /// Data reports and responses that any command could have.
    pub fn chatter(&mut self) -> Vec<u8> {
        let mut report = vec![
            3 + self.dice(2) as u8,
            0,
            12,
            0,
            0xA0,
            0,
            0,
            2,
            0,
            0,
            0,
            0,
            self.tag,
            0,
            0,
            0,
        ];
        if self.dice(2) == 0 {
            report[4..8].copy_from_slice(&[0xA3, 1, 0, 2]);
        }
        report.resize(1021, self.seed as u8);
        if self.dice(2) == 0 {
            (report[2], report[3]) = (0xF8, 3);
        }
        report
    }

    /// Queues an answer, or something like it.
    pub fn say(&mut self, bytes: Vec<u8>) {
        self.said += 1;
        let evil = match self.manner {
            Manner::Mute => return,
            Manner::Random => 90,
            Manner::Nearly(often) => u64::from(often),
            Manner::Endless => 1,
            Manner::Refuses => 0,
            Manner::Silent(after) if self.said > after => return,
            Manner::Silent(_) => 0,
        };
        if self.dice(100) >= evil {
            return self.queue.push_back(bytes);
        }
        let mut bent = bytes.clone();
        let at = self.dice(bent.len().clamp(1, 40) as u64) as usize;
        match self.dice(8) {
            0 => return,
            1 => bent.truncate(at),
            2 => bent.resize(65_536, 0x5A),
            3 => self.queue.push_back(bytes),
            4 => bent = Vec::new(),
            5 => bent = self.nonsense(),
            _ => {
                let xor = self.dice(255) as u8 + 1;
                if let Some(byte) = bent.get_mut(at) {
                    *byte ^= xor;
                }
            }
        }
        self.queue.push_back(bent);
    }

    pub fn sdp(&mut self, command: &[u8]) -> Answers {
        let hab = (Kind::Plain(3), vec![0x56, 0x78, 0x78, 0x56]);
        let word = |bytes: [u8; 4]| (Kind::Plain(4), bytes.repeat(16));
        let short = |bytes: [u8; 4]| (Kind::Plain(4), bytes.to_vec());
        match command[..2] {
            [1, 1] => match command[2..6] {
                [0x40, 0x0D, 0x82, 0x60] => vec![hab, short([0, 0, 0x6B, 0])],
                _ => vec![hab, word([1, 2, 3, 4])],
            },
            [5, 5] => vec![hab, short([0xF0; 4])],
            [4, 4] => Vec::new(),
            [0x0B, 0x0B] => {
                self.tag = 0x0B;
                vec![hab]
            }
            _ => vec![hab, short([0x88; 4])],
        }
    }

    pub fn sdp_data(&mut self) -> Answers {
        self.left += 1024;
        if self.left < 0x5000 {
            return Vec::new();
        }
        self.left = 0;
        let hab = (Kind::Plain(3), vec![0x56, 0x78, 0x78, 0x56]);
        vec![hab, (Kind::Plain(4), vec![0x88; 64])]
    }

    pub fn command(&mut self, packet: &[u8]) -> Answers {
        let word = |at: usize| {
            let bytes = packet
                .get(4 + 4 * at..8 + 4 * at)
                .and_then(|b| b.first_chunk());
            bytes.map_or(0, |b| u32::from_le_bytes(*b))
        };
        let tag = packet.first().copied().unwrap_or(0);
        let response = |tag: u8, words: &[u32]| {
            let mut bytes = vec![tag, 0, 0, words.len() as u8];
            words.iter().for_each(|w| bytes.extend(w.to_le_bytes()));
            (Kind::Framed(3), bytes)
        };
        self.tag = if tag == 0x0B { 0 } else { tag };
        let done = response(0xA0, &[0, u32::from(tag)]);
        match tag {
            0x07 => vec![match word(0) {
                1 => response(0xA7, &[0, 0x4B02_0100]),
                11 => response(0xA7, &[0, 1016]),
                12 => response(0xA7, &[0, 0x2020_8000, 0x2021_0000]),
                18 => response(0xA7, &[0, 0x0403_0201, 0x0403_0201]),
                _ => response(0xA0, &[10_205, 7]),
            }],
            0x04 => {
                self.left = word(1);
                vec![done]
            }
            0x03 => {
                let mut answers = vec![response(0xA3, &[0, word(1)])];
                let mut left = word(1).min(100_000) as usize;
                while left > 0 {
                    let piece = left.min(1016);
                    let data = match word(1) {
                        3 => vec![0x9D, 0x60, 0x17],
                        1 => vec![0x40],
                        _ => (0..piece).map(|_| self.dice(256) as u8).collect(),
                    };
                    answers.push((Kind::Framed(4), data));
                    left -= piece;
                }
                answers.push(done);
                answers
            }
            _ => vec![done],
        }
    }

    pub fn data(&mut self, length: u32) -> Answers {
        self.left = self.left.saturating_sub(length);
        if self.left > 0 {
            return Vec::new();
        }
        let mut bytes = vec![0xA0, 0, 0, 2, 0, 0, 0, 0];
        bytes.extend(u32::from(self.tag).to_le_bytes());
        vec![(Kind::Framed(3), bytes)]
    }
}
