//! Which boards and probes sit on USB, and which one is meant.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::plug::{Look, Opened, Plug};
use super::{FoundBoard, POLL, Program, Seen, Selector, Unusable};
use crate::port::hid::{self, HidDevice, HidKind, OpenProblem};
use crate::{Error, Result, port};

/// How long a node that just appeared may refuse to open: udev sets its mode some ms later.
const OPEN_RETRY: Duration = Duration::from_secs(2);

/// A USB port with a board on it; `None` where USB ports have no names.
pub(super) struct UsbPort(Option<String>);

impl UsbPort {
    /// The USB port asked for, or the one with the only board, and its present device node; waits for a board at most `wait`.
    pub(super) fn find(
        port_path: Option<&String>,
        wait: Option<Duration>,
    ) -> Result<(UsbPort, PathBuf)> {
        if port_path.is_some() {
            check_usb_ports_named()?;
        }
        let start = Instant::now();
        loop {
            match pick(port_path.map(String::as_str)) {
                Ok(device) => return Ok((UsbPort(device.port_path), device.path.into())),
                Err(Error::NoBoard { .. }) if start.elapsed() < wait.unwrap_or_default() => {
                    std::thread::sleep(POLL);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Plug for UsbPort {
    fn look(&mut self) -> Result<Look> {
        match choose(hid::present()?, self.0.as_deref()) {
            Ok(device) => Ok(program(&device).map_or(Look::Nothing, Look::Program)),
            Err(Error::NoBoard { .. }) => Ok(Look::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Opens the node on this USB port; one that just appeared may be refused for a moment.
    fn open(&mut self) -> Result<Opened> {
        let start = Instant::now();
        loop {
            match hid::open(&pick(self.0.as_deref())?) {
                Ok(port) => return Ok(Opened::Hid(port)),
                Err(port::Error::Permission { .. } | port::Error::NotFound { .. })
                    if start.elapsed() < OPEN_RETRY =>
                {
                    self.wait(POLL);
                }
                Err(error) => return Err(Error::Port(error)),
            }
        }
    }

    fn usb_ids(&mut self) -> Option<(u16, u16)> {
        let device = choose(hid::present().ok()?, self.0.as_deref()).ok()?;
        Some((device.vid, device.pid))
    }

    fn name(&self) -> Option<Selector> {
        let port = self.0.clone()?;
        Some(Selector::Usb(Some(port)))
    }
}

/// Everything of interest on USB.
///
/// # Errors
/// [`Error::Port`] when the system cannot be asked.
pub fn list_usb() -> Result<Vec<Seen>> {
    Ok(hid::list()?.iter().map(seen).collect())
}

fn seen(device: &HidDevice) -> Seen {
    let program = program(device);
    let problem = match (&device.usable, device.kind) {
        (_, HidKind::DebugProbe) => Some(Unusable::DebugProbe),
        (_, HidKind::ForeignRom) => Some(Unusable::ForeignRom),
        (Ok(()), _) => None,
        (Err(OpenProblem::Permission), _) => Some(Unusable::NoPermission),
        (Err(OpenProblem::Busy), _) => Some(Unusable::Busy),
        (Err(OpenProblem::Vanished), _) => Some(Unusable::Vanished),
        (Err(OpenProblem::Other(text)), _) => Some(Unusable::Other(text.clone())),
    };
    Seen {
        selector: program.and(
            device
                .port_path
                .clone()
                .map(|port| Selector::Usb(Some(port))),
        ),
        what: program.map_or_else(|| device.name.to_owned(), |p| p.to_string()),
        path: device.path.clone(),
        ids: format!("{:04x}:{:04x}", device.vid, device.pid),
        product: device.product.trim().to_owned(),
        is_board: program.is_some(),
        problem,
    }
}

/// What a USB device runs, by its ids; `None` for what is no board.
fn program(device: &HidDevice) -> Option<Program> {
    match device.kind {
        HidKind::Rom => Some(Program::Rom),
        HidKind::Flashloader => Some(Program::Flashloader),
        HidKind::DebugProbe | HidKind::ForeignRom => None,
    }
}

/// What a USB identity stands for.
#[cfg(feature = "virtual")]
pub(super) fn program_of(vid: u16, pid: u16, product: &str) -> Option<Program> {
    match hid::identify(vid, pid, product)?.0 {
        HidKind::Rom => Some(Program::Rom),
        HidKind::Flashloader => Some(Program::Flashloader),
        HidKind::DebugProbe | HidKind::ForeignRom => None,
    }
}

/// Whether this system names USB ports.
fn check_usb_ports_named() -> Result<()> {
    if cfg!(target_os = "linux") {
        return Ok(());
    }
    Err(Error::UsbPortsUnknown)
}

/// The device on this USB port, or the only board there is.
fn pick(port_path: Option<&str>) -> Result<HidDevice> {
    choose(hid::present()?, port_path).or_else(|_| choose(hid::list()?, port_path))
}

fn choose(devices: Vec<HidDevice>, port_path: Option<&str>) -> Result<HidDevice> {
    let others: Vec<Seen> = devices
        .iter()
        .filter(|d| program(d).is_none())
        .map(seen)
        .collect();
    let boards: Vec<HidDevice> = devices
        .into_iter()
        .filter(|d| program(d).is_some())
        .collect();
    let fitting = |d: &&HidDevice| port_path.is_none() || d.port_path.as_deref() == port_path;
    let mut fit: Vec<HidDevice> = boards.iter().filter(fitting).cloned().collect();
    match (fit.len(), fit.pop()) {
        (1, Some(device)) => Ok(device),
        (0, _) | (_, None) => Err(Error::NoBoard {
            selector: Selector::Usb(port_path.map(str::to_owned)),
            seen_instead: boards.iter().map(seen).chain(others).collect(),
        }),
        _ => Err(Error::SeveralBoards {
            boards: boards.iter().filter_map(found).collect(),
        }),
    }
}

/// A board, for an error that lists it.
fn found(device: &HidDevice) -> Option<FoundBoard> {
    let program = program(device)?;
    Some(FoundBoard {
        problem: seen(device).problem,
        ..FoundBoard::new(Selector::Usb(device.port_path.clone()), program)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(kind: HidKind, port_path: &str) -> HidDevice {
        HidDevice {
            vid: 0x1FC9,
            pid: 0x0130,
            kind,
            name: "a name",
            product: "SE Blank RT Family ".into(),
            manufacturer: String::new(),
            release: 0x101,
            path: format!("/dev/hidraw-{port_path}"),
            port_path: Some(port_path.into()),
            usable: Ok(()),
        }
    }

    #[test]
    fn the_only_board_is_taken_and_probes_do_not_count() {
        let devices = vec![
            device(HidKind::DebugProbe, "1-1"),
            device(HidKind::Rom, "1-2"),
        ];
        assert_eq!(
            choose(devices, None)
                .expect("one board")
                .port_path
                .as_deref(),
            Some("1-2")
        );
    }

    #[test]
    fn two_boards_are_refused_until_one_is_named() {
        let devices = || {
            vec![
                device(HidKind::Rom, "1-1"),
                device(HidKind::Flashloader, "1-2"),
            ]
        };
        let error = choose(devices(), None).expect_err("two boards");
        assert_eq!(error.exit_code(), 13);
        let Error::SeveralBoards { boards } = error else {
            panic!("{error}")
        };
        let lines: Vec<String> = boards.iter().map(FoundBoard::to_string).collect();
        assert_eq!(lines, ["usb:1-1: boot ROM", "usb:1-2: flashloader"]);
        assert_eq!(
            choose(devices(), Some("1-2")).expect("named").kind,
            HidKind::Flashloader
        );
    }

    #[test]
    fn no_board_says_what_is_there_instead() {
        let error = choose(vec![device(HidKind::DebugProbe, "1-1")], None)
            .expect_err("a probe is no board");
        assert_eq!(error.exit_code(), 10);
        assert!(
            error.to_string().contains("debug probe's own USB port"),
            "{error}"
        );
        let error =
            choose(vec![device(HidKind::Rom, "1-1")], Some("1-9")).expect_err("another port");
        assert!(
            error.to_string().contains("usb:1-9")
                && error.to_string().contains("usb:1-1: boot ROM"),
            "{error}"
        );
    }
}
