//! The SPI trace: one line per kind of cycle, repeats and consecutive reads merged.
//!
//! `eb @000000/4 wait6 r256/4 x3` reads: opcode EBh, address 0 on four wires, six clocks of waiting, 256 bytes read
//! on four wires, three times with the address following on. Data of up to four bytes is printed after `=`.

use super::cycle::Cycle;

/// Lines so far.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    lines: Vec<Line>,
}

#[derive(Debug, Clone)]
struct Line {
    text: String,
    count: u32,
    /// Head, address and tail with which the next read goes on.
    next: Option<(String, u32, String)>,
}

impl Trace {
    /// Adds a cycle; `answer` is what the part drove, `None` when it drove nothing.
    pub fn add(&mut self, cycle: &Cycle, answer: Option<&[u8]>) {
        let head = head(cycle);
        let tail = tail(cycle, answer);
        let last = self.lines.last_mut();
        if cycle.address_bits == 0 {
            let text = head + &tail;
            match last {
                Some(line) if line.text == text => {
                    line.count += 1;
                    line.next = None;
                }
                _ => self.lines.push(Line {
                    text,
                    count: 1,
                    next: None,
                }),
            }
            return;
        }
        let text = format!("{head} @{:06x}/{}{tail}", cycle.address, cycle.address_pads);
        let next = cycle
            .address
            .wrapping_add(u32::try_from(cycle.read_len).unwrap_or(0));
        let here = Some((head.clone(), cycle.address, tail.clone()));
        match last {
            Some(line) if cycle.read_len > 0 && line.next == here => {
                line.count += 1;
                line.next = Some((head, next, tail));
            }
            _ => self.lines.push(Line {
                text,
                count: 1,
                next: Some((head, next, tail)),
            }),
        }
    }

    /// The lines as text, `xN` for repeats, and starts afresh.
    pub fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
            .into_iter()
            .map(|line| {
                if line.count == 1 {
                    line.text
                } else {
                    format!("{} x{}", line.text, line.count)
                }
            })
            .collect()
    }
}

fn head(cycle: &Cycle) -> String {
    let mut text = match cycle.opcode {
        None => "--".to_string(),
        Some(opcode) => format!("{opcode:02x}{}", hex::encode(&cycle.more)),
    };
    if cycle.opcode_pads > 1 {
        text += &format!("/{}", cycle.opcode_pads);
    }
    text
}

fn tail(cycle: &Cycle, answer: Option<&[u8]>) -> String {
    let mut text = String::new();
    if cycle.wait > 0 {
        text += &format!(" wait{}", cycle.wait);
    }
    if !cycle.write.is_empty() {
        text += &format!(" w{}/{}", cycle.write.len(), cycle.pads);
        if cycle.write.len() <= 4 {
            text += &format!("={}", hex::encode(&cycle.write));
        }
    }
    if cycle.read_len > 0 {
        text += &format!(" r{}/{}", cycle.read_len, cycle.pads);
        match answer {
            Some(bytes) if cycle.read_len <= 4 && !bytes.is_empty() => {
                text += &format!("={}", hex::encode(bytes))
            }
            _ => {}
        }
    }
    text
}
