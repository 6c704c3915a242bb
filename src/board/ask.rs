//! Which program answers on a UART, where looking tells nothing.
//!
//! ```text
//! --> silence of 100 ms
//! --> 5A A6, twice     <-- 5A A7 …     a flashloader
//!                      <-- 5A A8 …     the boot ROM
//! --> 00 00 00 …       <-- anything    the ROM has 16 bytes and is in step again
//! --> ERROR_STATUS     <-- two words   the boot ROM
//! --> 5A A6, twice     <-- 5A A7 …     a flashloader after all, whose answer came late
//! ```
//!
//! Pings come first: a flashloader that was not pinged yet measures its line speed on whatever it hears, and a command to
//! the ROM would set a speed at which nobody can talk to it until a reset. The ROM in turn takes two pings for the first
//! four bytes of a command, which zeros complete; an earlier program may have left other bytes there.

use std::time::Duration;

use super::Program;
use crate::mboot::{self, Pinged};
use crate::port::{self, Deadline, SerialPort};
use crate::sdp::{self, Sdp};

/// How long a program on a UART gets to answer a ping.
pub(super) const UART_ANSWER: Duration = Duration::from_millis(500);
/// The first ping and the second, whose answer may be that to the first. A ROM that knows no pings costs both at every start, so they
/// are short: a flashloader answers within a millisecond, and an adapter holds that back for 16 ms.
const FIRST_ANSWERS: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(200)];
/// Pings where neither was heard: a loaded machine, or a board that it emulates, answers late.
const LATE_TRIES: usize = 2;
/// How long the boot ROM gets to answer its own command. Longer than for a ping: with no answer there is no board, so a
/// loaded host or a slow adapter must not end it early.
const ROM_ANSWER: Duration = Duration::from_secs(2);
/// How long a ping is.
const PING_LEN: usize = 2;
/// Silence of the host before the first ping: a flashloader that measures its line speed starts anew after 80 ms.
const LINE_IDLE: Duration = Duration::from_millis(100);
/// Longest time for a line to fall silent: what is left of a flashloader read back, 70 KiB, takes 6 s.
const BUSY_LINE: Duration = Duration::from_secs(10);

type Asked<T> = Result<T, port::Error>;

/// Which program answers.
pub(super) fn program(port: &mut dyn SerialPort) -> Asked<Option<Program>> {
    if !falls_silent(port)? {
        return Ok(None); // an application that prints
    }
    let mut stray = 0;
    // the first may end a flashloader's wait for an acknowledgement that never came
    for window in FIRST_ANSWERS {
        match ping(port, window)? {
            Pinged::Flashloader(_) => return Ok(Some(Program::Flashloader)),
            // most likely in step: its answer ends a command
            Pinged::BootRom if rom_status(port)? => return Ok(Some(Program::Rom)),
            Pinged::BootRom => break,
            Pinged::Nobody => stray += PING_LEN,
        }
    }
    if rom(port, stray)? {
        return Ok(Some(Program::Rom));
    }
    for _ in 0..LATE_TRIES {
        if flashloader(port)? {
            return Ok(Some(Program::Flashloader));
        }
    }
    Ok(None)
}

/// Whether a flashloader answers. Sends nothing that could spoil the speed that a flashloader measures.
pub(super) fn flashloader(port: &mut dyn SerialPort) -> Asked<bool> {
    port.discard_input()?;
    let pinged = ping(port, UART_ANSWER)?;
    Ok(matches!(pinged, Pinged::Flashloader(_)))
}

/// Whether the ROM answers, which has `stray` bytes of a command as far as is known. Not where a flashloader may wait for its
/// first ping.
pub(super) fn rom(port: &mut dyn SerialPort, stray: usize) -> Asked<bool> {
    // its only other error is noise, which the answer below decides
    if let Err(sdp::LinkError::Port(error)) = sdp::UartLink::new(&mut *port).align(stray) {
        return Err(error);
    }
    rom_status(port)
}

fn rom_status(port: &mut dyn SerialPort) -> Asked<bool> {
    let mut rom = Sdp::new(sdp::UartLink::new(&mut *port));
    rom.timeouts_mut().command = ROM_ANSWER;
    match rom.error_status() {
        Ok(_) => Ok(true),
        Err(sdp::Error::Port { source, .. }) => Err(source),
        Err(sdp::Error::Gone { .. }) => Err(gone(port)),
        Err(_) => Ok(false),
    }
}

fn ping(port: &mut dyn SerialPort, window: Duration) -> Asked<Pinged> {
    match mboot::UartLink::new(&mut *port).ping_once(window) {
        Ok(pinged) => Ok(pinged),
        Err(mboot::LinkError::Port(error)) => Err(error),
        Err(_) => Ok(Pinged::Nobody),
    }
}

fn falls_silent(port: &mut dyn SerialPort) -> Asked<bool> {
    let deadline = Deadline::after(port.now(), BUSY_LINE);
    while port.read(&mut [0; 256], LINE_IDLE)? > 0 {
        if deadline.left(port.now()).is_zero() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn gone(port: &dyn SerialPort) -> port::Error {
    port::Error::Gone {
        port: port.describe(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::fake::FakeSerial;

    const OPEN: [u8; 4] = [0x56, 0x78, 0x78, 0x56];
    const FINE: [u8; 4] = [0xF0; 4];
    const PONG: [u8; 10] = [0x5A, 0xA7, 0, 2, 1, 0x50, 0, 0, 0xAA, 0xEA];

    /// A boot ROM as logs of real boards show it: every 16 bytes are a command, whatever they are.
    fn rom(stray: &[u8], unknown: &'static [u8]) -> FakeSerial {
        let mut buffer = stray.to_vec();
        FakeSerial {
            device: Some(Box::new(move |bytes| {
                let mut said = Vec::new();
                for &byte in bytes {
                    buffer.push(byte);
                    if buffer.len() == 16 {
                        said.extend(match buffer[..2] {
                            [5, 5] => [OPEN, FINE].concat(),
                            _ => unknown.to_vec(),
                        });
                        buffer.clear();
                    }
                }
                said
            })),
            ..FakeSerial::default()
        }
    }

    #[test]
    fn rom_is_found_behind_any_number_of_stray_bytes() {
        let refusal = &[0x56, 0x78, 0x78, 0x56, 0x33, 0x33, 0x33, 0x33];
        let uid = &[0x5A, 0xA8, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        for unknown in [&refusal[..], uid] {
            for stray in 0..16 {
                let mut port = rom(&[0x5A; 16][..stray], unknown);
                assert_eq!(program(&mut port), Ok(Some(Program::Rom)), "{stray} bytes");
                assert!(rom_status(&mut port).expect("a port"), "in step");
                assert!(port.input.is_empty(), "nothing is left unread");
            }
        }
    }

    #[test]
    fn rom_that_ignores_unknown_commands_is_found() {
        assert_eq!(program(&mut rom(&[], &[])), Ok(Some(Program::Rom)));
    }

    #[test]
    fn rom_that_answers_pings_hears_no_zeros() {
        let answer = [0x5A, 0xA8, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        let mut port = FakeSerial::script(&[&answer, &[OPEN, FINE].concat()]);
        assert_eq!(program(&mut port), Ok(Some(Program::Rom)));
        assert_eq!(port.written.len(), 2);
        assert_eq!(port.written[1][..2], [5, 5]);
    }

    #[test]
    fn flashloader_hears_nothing_but_pings() {
        for answers in [vec![&PONG[..]], vec![&[][..], &PONG]] {
            let mut port = FakeSerial::script(&answers);
            assert_eq!(program(&mut port), Ok(Some(Program::Flashloader)));
            assert!(port.written.iter().all(|bytes| bytes == &[0x5A, 0xA6]));
        }
        let mut silent = FakeSerial::default();
        assert_eq!(flashloader(&mut silent), Ok(false));
        assert_eq!(silent.written, [[0x5A, 0xA6]]);
    }

    #[test]
    fn flashloader_that_answers_late_is_found() {
        // the answers to the first pings come when the ROM is asked
        let mut heard = 0;
        let mut port = FakeSerial {
            device: Some(Box::new(move |bytes| {
                heard += 1;
                match bytes {
                    [0x5A, 0xA6] if heard > 2 => PONG.to_vec(),
                    _ => Vec::new(),
                }
            })),
            ..FakeSerial::default()
        };
        assert_eq!(program(&mut port), Ok(Some(Program::Flashloader)));
        assert!(port.clock < Duration::from_secs(6), "{:?}", port.clock);
    }

    #[test]
    fn rom_is_found_within_a_second() {
        let mut port = rom(&[], &[0x5A, 0xA8, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(program(&mut port), Ok(Some(Program::Rom)));
        assert!(port.clock < Duration::from_secs(1), "{:?}", port.clock);
    }

    #[test]
    fn nobody_and_an_application_that_prints_end_in_seconds() {
        for each in [
            None,
            Some(Duration::from_micros(87)),
            Some(Duration::from_millis(300)),
        ] {
            let mut port = FakeSerial {
                drip: each.map(|each| (each, Box::new(|| b'.') as _)),
                ..FakeSerial::default()
            };
            assert_eq!(program(&mut port), Ok(None));
            assert!(port.clock < Duration::from_secs(15), "{:?}", port.clock);
        }
    }
}
