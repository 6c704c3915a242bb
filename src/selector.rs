//! Which board is meant, and what a board on a port runs. Below errors, advice and boards, which all speak of it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Line speed of the ROM's serial downloader, and what rtboot uses for the flashloader too.
pub const DEFAULT_BAUD: u32 = 115_200;

/// Which board.
///
/// | written | means |
/// |--|--|
/// | `usb` | the only board on USB; several are listed and refused |
/// | `usb:1-4.1` | the board at this USB port, whatever it runs (Linux) |
/// | `uart:/dev/ttyUSB0`, `uart:/dev/ttyUSB0@57600`, `uart:COM3` | the board behind this UART |
/// | `virtual`, `virtual:DIR` | the embedded virtual board; its flash, fuses and boot pins are files in DIR |
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Selector {
    /// A board on USB, by its port or the only one.
    Usb(Option<String>),
    /// A board behind a UART.
    Uart {
        /// Path or name of the port.
        path: String,
        /// Line speed in baud.
        baud: u32,
    },
    /// The embedded virtual board, in its own folder or the default one.
    Virtual(Option<PathBuf>),
    /// None given: the only board on USB.
    #[default]
    Default,
}

impl Selector {
    /// The USB port that it names, as in `1-4.1`.
    pub fn usb_port(&self) -> Option<&str> {
        match self {
            Selector::Usb(port) => port.as_deref(),
            _ => None,
        }
    }

    /// Path or name of the serial port that it names.
    pub fn uart_path(&self) -> Option<&str> {
        match self {
            Selector::Uart { path, .. } => Some(path),
            _ => None,
        }
    }
}

/// What a board runs now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Program {
    /// The boot ROM's serial downloader (speaks SDP).
    Rom,
    /// A flashloader (speaks MBOOT).
    Flashloader,
}

impl Program {
    /// Stable kebab-case name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Program::Rom => "boot-rom",
            Program::Flashloader => "flashloader",
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Program::Rom => "boot ROM",
            Program::Flashloader => "flashloader",
        })
    }
}

/// Why a device that is there cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unusable {
    /// A debug probe's own USB port, which leads to no boot ROM.
    DebugProbe,
    /// The boot ROM of a chip that rtboot does not write.
    ForeignRom,
    /// The user may not open it.
    NoPermission,
    /// Another program holds it.
    Busy,
    /// It left the bus between two looks.
    Vanished,
    /// What the system says.
    Other(String),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unusable::DebugProbe => {
                "a debug probe's own USB port, not the target's: plug a cable into the board's other USB port"
            }
            Unusable::ForeignRom => "rtboot does not write this chip",
            Unusable::NoPermission => "no permission",
            Unusable::Busy => "held by another program",
            Unusable::Vanished => "it just left",
            Unusable::Other(text) => text,
        })
    }
}

/// One of several boards that a selector fits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoundBoard {
    /// The selector that names it; plain `usb` where the system does not name USB ports.
    pub selector: Selector,
    /// What it runs.
    pub program: Program,
    /// Why it cannot be used now, when it cannot.
    pub problem: Option<Unusable>,
}

impl FoundBoard {
    /// A board that can be used.
    pub fn new(selector: Selector, program: Program) -> FoundBoard {
        FoundBoard {
            selector,
            program,
            problem: None,
        }
    }
}

impl fmt::Display for FoundBoard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.selector, self.program)?;
        match &self.problem {
            Some(problem) => write!(f, " ({problem})"),
            None => Ok(()),
        }
    }
}

/// A device of interest on USB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The selector that names it; `None` for what is no board, and where USB ports have no names.
    pub selector: Option<Selector>,
    /// What it is: `boot ROM`, `flashloader`, or the probe's name.
    pub what: String,
    /// Device node or path.
    pub path: String,
    /// USB ids, `1fc9:0130`.
    pub ids: String,
    /// Product string.
    pub product: String,
    /// Whether it is a board that rtboot talks to.
    pub is_board: bool,
    /// Why it cannot be used, when it cannot.
    pub problem: Option<Unusable>,
}

/// "usb:1-4.1: boot ROM (no permission)".
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.selector {
            Some(selector) => write!(f, "{selector}: {}", self.what)?,
            None => write!(f, "{}: {}", self.path, self.what)?,
        }
        match &self.problem {
            Some(problem) => write!(f, " ({problem})"),
            None => Ok(()),
        }
    }
}

/// A text that is not a selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" names no board: {reason}")]
pub struct SelectorError {
    /// What was written.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Selector, SelectorError> {
        let fail = |reason: &str| SelectorError {
            text: text.to_owned(),
            reason: reason.to_owned(),
        };
        let (kind, rest) = match text.split_once(':') {
            Some((kind, rest)) => (kind, Some(rest)),
            None => (text, None),
        };
        match (kind, rest) {
            (_, Some("")) => Err(fail("something must follow the colon")),
            ("usb", None) => Ok(Selector::Usb(None)),
            ("usb", Some(path)) if is_usb_port(path) => Ok(Selector::Usb(Some(path.to_owned()))),
            ("usb", Some(_)) => Err(fail("a USB port looks like 1-4.1")),
            ("uart", Some(rest)) => uart(rest).ok_or_else(|| {
                fail("a speed in baud must follow the @, as in uart:/dev/ttyUSB0@115200")
            }),
            ("uart", None) => Err(fail("the port is missing, as in uart:/dev/ttyUSB0")),
            ("virtual", rest) => Ok(Selector::Virtual(rest.map(PathBuf::from))),
            _ => Err(match meant(text) {
                Some((what, name)) => fail(&format!("{what} is named {name}")),
                None => fail("it begins with usb, uart: or virtual"),
            }),
        }
    }
}

/// What a name without its kind looks like, and the selector that it should be.
fn meant(text: &str) -> Option<(&'static str, String)> {
    let lower = text.to_ascii_lowercase();
    let is_com = |name: &str| {
        let number = name.strip_prefix("com");
        number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let port = "a serial port";
    if is_com(lower.trim_start_matches(r"\\.\")) {
        return Some((port, format!("uart:{text}")));
    }
    if lower.starts_with("/dev/hidraw") || lower.starts_with("/dev/bus/usb") {
        return Some(("a board on USB", "by its USB port, as in usb:1-4.1".into()));
    }
    if lower.starts_with("/dev/") {
        return Some((port, format!("uart:{text}")));
    }
    if lower.starts_with("tty") || lower.starts_with("cu.") {
        return Some((port, format!("uart:/dev/{text}")));
    }
    if is_usb_port(text) {
        return Some(("a board on USB", format!("usb:{text}")));
    }
    for (kind, what, named) in [
        ("serial", port, "uart"),
        ("tty", port, "uart"),
        ("uart", port, "uart"),
        ("hid", "a board on USB", "usb"),
        ("usb", "a board on USB", "usb"),
        ("sim", "a virtual board", "virtual"),
        ("virtual", "a virtual board", "virtual"),
    ] {
        let rest = lower.strip_prefix(kind).map(|_| &text[kind.len()..]);
        match rest.map(|rest| rest.trim_start_matches([':', '=', ','])) {
            Some("") if named != "uart" => return Some((what, named.into())),
            Some(rest) if named == "virtual" && rest.len() > 1 => {
                return Some((what, format!("{named}:{}", rest.trim_start_matches('/'))));
            }
            Some(rest)
                if rest.starts_with(['/', '\\'])
                    || is_com(&rest.to_ascii_lowercase())
                    || is_usb_port(rest) =>
            {
                return Some((what, format!("{named}:{rest}")));
            }
            _ => {}
        }
    }
    let is_id = |id: &str| id.len() == 4 && id.bytes().all(|b| b.is_ascii_hexdigit());
    if text
        .split_once(':')
        .is_some_and(|(vendor, product)| is_id(vendor) && is_id(product))
    {
        return Some(("a board on USB", "by its USB port, as in usb:1-4.1".into()));
    }
    let is_path = text.contains(['/', '\\']);
    is_path.then(|| ("a virtual board", format!("virtual:{text}")))
}

/// `B-P` or `B-P.P…`, all numbers.
fn is_usb_port(path: &str) -> bool {
    let number = |s: &str| !s.is_empty() && s.len() <= 3 && s.bytes().all(|b| b.is_ascii_digit());
    path.split_once('-')
        .is_some_and(|(bus, ports)| number(bus) && ports.split('.').all(number))
}

fn uart(rest: &str) -> Option<Selector> {
    let (path, baud) = match rest.rsplit_once('@') {
        Some((path, baud)) => (
            path,
            baud.parse()
                .ok()
                .filter(|&b| (300..=4_000_000).contains(&b))?,
        ),
        None => (rest, DEFAULT_BAUD),
    };
    (!path.is_empty()).then(|| Selector::Uart {
        path: path.to_owned(),
        baud,
    })
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selector::Default | Selector::Usb(None) => f.write_str("usb"),
            Selector::Usb(Some(path)) => write!(f, "usb:{path}"),
            Selector::Uart { path, baud } if *baud == DEFAULT_BAUD => write!(f, "uart:{path}"),
            Selector::Uart { path, baud } => write!(f, "uart:{path}@{baud}"),
            Selector::Virtual(None) => f.write_str("virtual"),
            Selector::Virtual(Some(folder)) => write!(f, "virtual:{}", folder.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_read_back_as_written() {
        for text in [
            "usb",
            "usb:1-4.1",
            "usb:2-1",
            "uart:/dev/ttyUSB0",
            "uart:COM3",
            "uart:/dev/ttyACM1@57600",
            "virtual",
            "virtual:/tmp/board",
        ] {
            let selector: Selector = text.parse().expect(text);
            assert_eq!(selector.to_string(), text);
        }
        assert_eq!(
            "uart:/dev/ttyUSB0@115200"
                .parse::<Selector>()
                .map(|s| s.to_string()),
            Ok("uart:/dev/ttyUSB0".into())
        );
    }

    #[test]
    fn bad_selector_is_refused_with_the_reason() {
        for (text, reason) in [
            ("jtag", "begins with"),
            ("usb:", "must follow the colon"),
            ("usb:/dev/hidraw0", "looks like 1-4.1"),
            ("usb:1-", "looks like 1-4.1"),
            ("uart", "port is missing"),
            ("uart:/dev/ttyS0@fast", "speed in baud"),
            ("uart:@115200", "speed in baud"),
            ("", "begins with"),
            ("/dev/ttyUSB0", "is named uart:/dev/ttyUSB0"),
            ("ttyACM0", "is named uart:/dev/ttyACM0"),
            ("COM3", "is named uart:COM3"),
            ("com12", "is named uart:com12"),
            ("serial:/dev/ttyS0", "is named uart:/dev/ttyS0"),
            ("1-4.1", "is named usb:1-4.1"),
            ("USB", "is named usb"),
            ("/dev/hidraw3", "as in usb:1-4.1"),
            ("1fc9:0130", "as in usb:1-4.1"),
            ("virtual/demo", "is named virtual:demo"),
            ("./demo", "is named virtual:./demo"),
            ("comet", "begins with"),
        ] {
            let error = text.parse::<Selector>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
