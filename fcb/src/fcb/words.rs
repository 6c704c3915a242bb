use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Spec;
use rtboot_chip::ClockTable;

use crate::ClockIndex;

/// Up to four bytes as a number, the lowest first.
pub(super) fn little(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, byte| value << 8 | u32::from(*byte))
}

/// A field's value as it is best read: sizes and masks in hex, counts in decimal.
pub(super) fn number(spec: &Spec, values: &[u32]) -> String {
    let one = |value: &u32| match spec.width {
        4 if !spec.name.ends_with("-ms") && !spec.name.ends_with("-ns") => format!("{value:#010x}"),
        _ => value.to_string(),
    };
    values.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What the value means; a clock on the chip with these clocks, or without them on any.
pub(super) fn meaning(spec: &Spec, values: &[u32], clocks: Option<&ClockTable>) -> String {
    let value = values.first().copied().unwrap_or(0);
    let clock = |index: u32| {
        let index = ClockIndex(index as u8);
        clocks.map_or_else(|| index.to_string(), |clocks| index.on(clocks))
    };
    match spec.alias {
        "version" => version(value),
        "readSampleClkSrc" => pick(
            value,
            &[
                "internal loopback",
                "loopback from the DQS pad",
                "loopback from the SCK pad",
                "DQS driven by the flash",
            ],
        ),
        "csHoldTime" | "csSetupTime" => format!("{value} clock cycles"),
        "columnAddressWidth" => pick(value, &["none: NOR", "", "", "HyperFlash"]),
        "deviceModeType" => mode(value),
        "configModeType" => values
            .iter()
            .map(|v| mode(*v))
            .collect::<Vec<_>>()
            .join(", "),
        "waitTimeCfgCommands" if value == 0 => "poll the busy bit".to_owned(),
        "waitTimeCfgCommands" => format!("{}.{} ms", value / 10, value % 10),
        "deviceModeSeq" | "configCmdSeqs" | "lutCustomSeq" => calls(values),
        "controllerMiscOption" => options(value),
        "deviceType" => pick_from(
            value,
            &[
                (1, "NOR"),
                (2, "NAND"),
                (3, "RAM"),
                (0x12, "NOR and NAND"),
                (0x13, "NOR and RAM"),
            ],
        ),
        "sflashPadType" => pick_from(
            value,
            &[
                (1, "one data line"),
                (2, "two data lines"),
                (4, "four data lines"),
                (8, "eight data lines"),
            ],
        ),
        "serialClkFreq" => clock(value),
        "ipcmdSerialClkFreq" if value == 0 => "as reads".to_owned(),
        "ipcmdSerialClkFreq" => clock(value),
        "timeoutInMs" if value == 0 => "waits for ever".to_owned(),
        "dataValidTime" => values
            .iter()
            .map(|v| format!("{}.{} ns", v / 10, v % 10))
            .collect::<Vec<_>>()
            .join(", "),
        "busyBitPolarity" => pick(value, &["1 means busy", "0 means busy"]),
        "serialNorType" => pick(value, &["standard", "HyperBus", "xPI", "no-command mode"]),
        name if name.ends_with("Size") && name != "isUniformBlockSize" => size(value),
        name if name.ends_with("Enable")
            || name.starts_with("is")
            || name.starts_with("need")
            || name == "halfClkForNonReadCmd" =>
        {
            pick(value, &["no", "yes"])
        }
        _ => String::new(),
    }
}

fn version(value: u32) -> String {
    let [bugfix, minor, major, letter] = value.to_le_bytes();
    match letter {
        b'V' => format!("V{major}.{minor}.{bugfix}"),
        _ => "not a version: the top byte is not 'V'".to_owned(),
    }
}

fn mode(value: u32) -> String {
    pick(
        value,
        &[
            "generic",
            "quad enable",
            "SPI to xPI",
            "xPI to SPI",
            "SPI to no-command mode",
            "reset",
        ],
    )
}

fn calls(values: &[u32]) -> String {
    let calls: Vec<String> = values
        .chunks(4)
        .enumerate()
        .filter_map(|(i, call)| match call {
            [0, 0, ..] => None,
            [count, index, ..] if values.len() > 4 => {
                Some(format!("[{i}] {count} from sequence {index}"))
            }
            [count, index, ..] => Some(format!("{count} from sequence {index}")),
            _ => None,
        })
        .collect();
    if calls.is_empty() {
        "none".to_owned()
    } else {
        calls.join(", ")
    }
}

const OPTIONS: [&str; 9] = [
    "differential clock",
    "second clock",
    "parallel mode",
    "word addressable",
    "safe clock while configuring",
    "pad setting override",
    "DDR mode",
    "valid time for all clocks",
    "second pin group",
];

fn options(value: u32) -> String {
    let named = OPTIONS
        .iter()
        .enumerate()
        .filter(|(bit, _)| value >> bit & 1 == 1)
        .map(|(_, name)| (*name).to_owned());
    let unknown = value >> OPTIONS.len() << OPTIONS.len();
    let unknown = (unknown != 0).then(|| format!("unknown bits {unknown:#x}"));
    let all: Vec<String> = named.chain(unknown).collect();
    if all.is_empty() {
        "none".to_owned()
    } else {
        all.join(", ")
    }
}

pub(crate) fn size(value: u32) -> String {
    match value {
        0 => "none".to_owned(),
        v if v % (1 << 20) == 0 => format!("{} MiB", v >> 20),
        v if v % (1 << 10) == 0 => format!("{} KiB", v >> 10),
        v => format!("{v} bytes"),
    }
}

fn pick(value: u32, names: &[&str]) -> String {
    match names.get(value as usize) {
        Some(name) if !name.is_empty() => (*name).to_owned(),
        _ => "unknown value".to_owned(),
    }
}

fn pick_from(value: u32, names: &[(u32, &str)]) -> String {
    names
        .iter()
        .find(|(code, _)| *code == value)
        .map_or("unknown value", |(_, name)| name)
        .to_owned()
}
