//! What raw commands found out or did, in words for people.

use rtboot::mboot::{MemoryId, Property as PropertyId, Status};
use rtboot::outcome::{
    BaudSet, BytesRead, Called, ChipReset, Configured, DcdCarriedOut, DcdSkipped, Delivered,
    Departure, ErasedAndUnlocked, ErrorStatus, Executed, Filled, FlashUnlocked, FuseBurnt,
    FuseRead, FusesBurnt, ImageSent, JumpResult, Jumped, Memories, Memory, MemoryErased,
    PropertiesRead, Property, PropertySet, Provisioned, RegionErased, RegisterWritten,
    RegistersRead, SbFileRun, Sent, Updated,
};
use rtboot::sdp;

/// A result that people read as lines. Programs read the same value as JSON.
pub trait Lines {
    /// The lines, without line ends.
    fn lines(&self) -> Vec<String>;
}

/// Results of one line: `type |value| "format", arguments`.
macro_rules! one_line {
    ($($found:ty: |$name:pat_param| $text:expr;)*) => {
        $(impl Lines for $found {
            fn lines(&self) -> Vec<String> {
                let $name = self;
                vec![$text.to_string()]
            }
        })*
    };
}

one_line! {
    RegisterWritten: |RegisterWritten { address, value }| format!("{address:#010x} := {value:#010x}");
    Sent: |Sent { address, length }| format!("{length} bytes to {address:#010x}");
    DcdCarriedOut: |done| format!("the ROM took the DCD of {} bytes", done.length);
    DcdSkipped: |_| "the next jump ignores the image's DCD";
    BaudSet: |BaudSet { baud }| format!("the ROM's UART runs at {baud} baud: go on with @{baud} behind the port's name");
    Jumped: |jumped| match jumped.outcome {
        JumpResult::Left => "the ROM left the bus: the image runs",
        JumpResult::Silent => "the ROM accepted the jump; `rtboot list` shows what runs now (the ROM again: the image did not start)",
    };
    PropertySet: |set| format!("{} := {:#x}", PropertyId(set.property), set.value);
    Filled: |Filled { address, length, pattern }| format!("{length} bytes at {address:#010x} filled with {pattern:#010x}");
    Configured: |done| match (MemoryId(done.memory), &done.text) {
        (memory, Some(text)) => format!("memory {memory}: {text}"),
        (memory, None) => format!("memory {memory} is configured"),
    };
    RegionErased: |RegionErased { address, length }| format!("the sectors of {length:#x} bytes at {address:#010x} are erased");
    MemoryErased: |erased| format!("memory {} is erased", MemoryId(erased.memory));
    ErasedAndUnlocked: |_| "everything is erased and unlocked";
    FlashUnlocked: |_| "the flash is unlocked";
    Updated: |_| "the backup application is in place";
    Executed: |executed| format!("the code runs{}", left(executed.outcome));
    ChipReset: |reset| format!("the board resets{}", left(reset.outcome));
    Called: |called| match Status(called.returned) {
        Status::INVALID_ARGUMENT => "4: the function's return value, or the flashloader refused the address".to_owned(),
        Status(value) => format!("the function returned {value} ({value:#x})"),
    };
    SbFileRun: |run| format!("the commands of {} are done", run.file);
    ImageSent: |sent| format!("{} bytes sent", sent.length);
    FuseRead: |FuseRead { index, value }| format!("word {index:#04x} = {value:#010x}");
    FusesBurnt: |burnt| format!("{} bytes are burnt", burnt.length);
    Property: |property| {
        let words = property.words.iter();
        let hex: Vec<String> = words.map(|word| format!("{word:#010x}")).collect();
        let (number, text) = (property.property, &property.text);
        format!("{number:#04x} {}: {text} [{}]", PropertyId(number), hex.join(" "))
    };
    Memory: |memory| match memory {
        Memory::Ram { ram, start, bytes } => format!("RAM {ram}: start {start:#010x}, {} KiB", bytes / 1024),
        Memory::Reserved { start, last, .. } => format!("the flashloader's own: {start:#010x}..={last:#010x}"),
        Memory::External { memory, text, .. } => format!("memory {}: {text}", MemoryId(*memory)),
        Memory::Absent { memory, status } => format!("memory {}: {}", MemoryId(*memory), absent(Status(*status))),
    };
}

/// The end of a sentence about how the flashloader left.
fn left(outcome: Departure) -> &'static str {
    match outcome {
        Departure::Answered => "",
        Departure::Left => " (the flashloader left without a word)",
        Departure::Silent => {
            ", or the flashloader is stuck: it did not answer; `rtboot list` shows what is there"
        }
    }
}

/// Why a flashloader says nothing of a memory.
fn absent(status: Status) -> String {
    match status {
        Status::MEMORY_NOT_CONFIGURED => "not configured".into(),
        Status::INVALID_ARGUMENT => "not known to this flashloader".into(),
        other => other.to_string(),
    }
}

impl Lines for ErrorStatus {
    fn lines(&self) -> Vec<String> {
        let hab = match self.hab.as_deref() {
            Some(open) if open == sdp::Hab::Open.to_string() => {
                Some("HAB open: the part runs unsigned code")
            }
            Some(_) => Some("HAB closed: the part runs signed code only"),
            None => None,
        };
        let status = format!("status {}", sdp::Status(self.status));
        [Some(status), hab.map(str::to_owned)]
            .into_iter()
            .flatten()
            .collect()
    }
}

impl Lines for RegistersRead {
    fn lines(&self) -> Vec<String> {
        match self {
            RegistersRead::Word { address, value } => {
                vec![format!("{address:#010x} = {value:#010x}")]
            }
            RegistersRead::Bytes(bytes) => bytes.lines(),
        }
    }
}

impl Lines for PropertiesRead {
    fn lines(&self) -> Vec<String> {
        match self {
            PropertiesRead::One(property) => property.lines(),
            PropertiesRead::All { properties } => {
                properties.iter().flat_map(Lines::lines).collect()
            }
        }
    }
}

impl Lines for Memories {
    fn lines(&self) -> Vec<String> {
        self.memories.iter().flat_map(Lines::lines).collect()
    }
}

impl Lines for FuseBurnt {
    fn lines(&self) -> Vec<String> {
        let (index, before) = (self.index, self.before);
        match self.after {
            _ if self.burnt == 0 => {
                vec![format!(
                    "word {index:#04x} is {before:#010x} already: nothing is burnt"
                )]
            }
            Some(after) => vec![format!(
                "word {index:#04x}: {before:#010x} before, {after:#010x} now"
            )],
            None => Vec::new(),
        }
    }
}

impl Lines for Provisioned {
    fn lines(&self) -> Vec<String> {
        match &self.read {
            Some(read) => read.lines(),
            None => vec![format!("{} is done", self.operation)],
        }
    }
}

impl Lines for BytesRead {
    fn lines(&self) -> Vec<String> {
        match &self.bytes {
            Delivered::File { file } => vec![format!("{} bytes to {file}", self.length)],
            Delivered::Here { data } => dump(self.address, &data.0),
        }
    }
}

/// Bytes of one line of a dump.
const LINE: usize = 16;

/// Lines of address, sixteen bytes, and their characters.
fn dump(address: u32, bytes: &[u8]) -> Vec<String> {
    let mut at = address;
    let mut lines = Vec::new();
    for chunk in bytes.chunks(LINE) {
        let mut text = format!("{at:08x}:");
        for column in 0..LINE {
            if column == LINE / 2 {
                text.push(' ');
            }
            match chunk.get(column) {
                Some(byte) => text.push_str(&format!(" {byte:02x}")),
                None => text.push_str("   "),
            }
        }
        let readable = |byte: &u8| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        };
        let characters: String = chunk.iter().map(readable).collect();
        lines.push(format!("{text}  |{characters}|"));
        // the last address may be followed by the first
        at = at.wrapping_add(LINE as u32);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dump_shows_sixteen_bytes_and_characters_a_line() {
        let mut bytes: Vec<u8> = b"FCFB".to_vec();
        bytes.extend(0..14);
        assert_eq!(
            dump(0x6000_0000, &bytes),
            [
                "60000000: 46 43 46 42 00 01 02 03  04 05 06 07 08 09 0a 0b  |FCFB............|",
                "60000010: 0c 0d                                             |..|",
            ]
        );
        assert_eq!(dump(0, &[]), Vec::<String>::new());
    }
}
