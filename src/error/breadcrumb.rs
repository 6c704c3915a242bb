//! What rtboot's own loader leaves in RAM when it gives up.

use std::fmt;

/// "RTLD", the first word of a [`Breadcrumb`].
const MAGIC: u32 = u32::from_le_bytes(*b"RTLD");

/// How far a loader of ours came, as it wrote it down before the chip was reset.
///
/// | offset | word |
/// |--|--|
/// | 0 | "RTLD" |
/// | 4 | stage |
/// | 8 | error; 0: none |
/// | 12 | detail of the error: an address |
///
/// Source: `loader/hal/src/breadcrumb.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breadcrumb {
    /// What was done last.
    pub stage: u32,
    /// Why the loader gave up; 0 for nothing that it saw.
    pub error: u32,
    /// An address that belongs to the error.
    pub detail: u32,
}

impl Breadcrumb {
    /// Where it lies: OCRAM that the boot ROM leaves alone, behind the loader's stack.
    pub const ADDRESS: u32 = 0x2020_FFF0;
    /// Bytes of it.
    pub const LEN: u32 = 16;

    /// Reads it; `None` for bytes that are none.
    pub fn parse(bytes: &[u8]) -> Option<Breadcrumb> {
        let (words, _) = bytes.as_chunks::<4>();
        let &[magic, stage, error, detail] = words.first_chunk::<4>()?;
        (u32::from_le_bytes(magic) == MAGIC).then_some(Breadcrumb {
            stage: u32::from_le_bytes(stage),
            error: u32::from_le_bytes(error),
            detail: u32::from_le_bytes(detail),
        })
    }

    fn stage_words(&self) -> &'static str {
        match self.stage {
            1 => "it was entered",
            2 => "caches set",
            3 => "watchdog set",
            4 => "clock measured",
            5 => "USB controller reset",
            6 => "USB running",
            7 => "USB bus reset",
            9 => "USB address given",
            10 => "USB configured",
            11 => "first command taken",
            _ => "a stage that this rtboot does not know",
        }
    }

    fn error_words(&self) -> Option<&'static str> {
        Some(match self.error {
            0 => return None,
            1 => "processor fault",
            2 => "panic",
            3 => "the USB controller does not leave its reset",
            4 => "a USB endpoint does not take a transfer",
            5 => "a USB endpoint does not flush",
            6 => "a USB setup packet does not clear",
            7 => "the USB setup tripwire never holds",
            8 => "a USB queue does not take a transfer",
            9 => "the FlexRAM split leaves no RAM for its USB buffers",
            _ => "an error that this rtboot does not know",
        })
    }
}

impl fmt::Display for Breadcrumb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "it came to stage {} ({})",
            self.stage,
            self.stage_words()
        )?;
        match self.error_words() {
            Some(words) => write!(
                f,
                " and gave up with error {} ({words}), detail {:#010x}",
                self.error, self.detail
            ),
            None => f.write_str(" and noted no error"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breadcrumb_is_read_in_words() {
        let words = [MAGIC, 6, 3, 0x402E_0140];
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let crumb = Breadcrumb::parse(&bytes).expect("a breadcrumb");
        assert_eq!(
            crumb.to_string(),
            "it came to stage 6 (USB running) and gave up with error 3 (the USB controller does not leave its reset), detail 0x402e0140"
        );
        assert_eq!(Breadcrumb::parse(&bytes[..15]), None);
        bytes[0] ^= 1;
        assert_eq!(Breadcrumb::parse(&bytes), None);
        let silent = Breadcrumb {
            stage: 8,
            error: 0,
            detail: 0,
        };
        assert_eq!(
            silent.to_string(),
            "it came to stage 8 (a stage that this rtboot does not know) and noted no error"
        );
    }
}
