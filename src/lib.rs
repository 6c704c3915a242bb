//! Flash NXP i.MX RT10xx boards over USB or UART, without a debug probe.
//!
//! The boot ROM's serial downloader (SDP) takes a *flashloader* into RAM; the flashloader (MBOOT, the protocol of
//! blhost) erases, programs and reads the FlexSPI NOR flash. This crate speaks both, builds the boot image (FCB, IVT, boot
//! data), decides what must change, writes it so that an interrupted run never leaves a half image that starts, and
//! reads every byte back.
//!
//! | room | what for |
//! |--|--|
//! | [`board`] | find a board by a selector, whatever it runs |
//! | [`flash`] | the story: desk, ROM, flashloader, flash, plan, write |
//! | [`loader_file`] | flashloader files: read, checked, remembered |
//! | [`sdp`], [`mboot`] | the two protocols, every command of them |
//! | [`port`] | USB-HID, UART, the embedded virtual board |
//! | [`chip`] | chips as data |
//! | [`doctor`] | what is wrong with a board: facts, then pure rules |
//! | [`event`] | progress and findings for whoever listens |
//! | [`catalogue`] | every symptom by its code, for findings and errors |
//! | [`advice`] | for every [`Error`]: likely causes and what to do next |
//! | [`outcome`] | events, results and errors as programs read them: the types of `--json` |
//!
//! Images and FCBs alone, without a board: crates `rtboot-bootable` and `rtboot-fcb`. Packets alone: `rtboot-wire`.
//!
//! | cargo feature (all on by default) | brings |
//! |--|--|
//! | `hid` | boards on USB, through hidapi |
//! | `serial` | boards on a UART, through serialport |
//! | `virtual` | the embedded virtual board |
//! | `cli` | the program `rtboot`; includes `virtual` |
//!
//! A selector for a transport that was left out ends with [`port::Error::NotBuilt`].
//!
//! ```
//! # #[cfg(not(feature = "virtual"))] fn main() {}
//! # #[cfg(feature = "virtual")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use rtboot::board::{Board, Options};
//! use rtboot::flash::{self, Desk, FcbChoice, Nor, Policy, RescueStore, Writer};
//! use rtboot::port::virtual_board::VirtualBoard;
//! use rtboot::chip::Chip;
//! use rtboot_bootable::{Firmware, LoaderImage};
//!
//! let chip = Chip::by_name("rt1021").ok_or("no such chip")?;
//! let app = std::fs::read("examples/apps/blinky/blinky.elf")?;
//! let firmware = Firmware::parse(&app, Some("blinky.elf"), None, &chip.map)?;
//! let (from, file) = rtboot_fcb::database::find("issi.cfg").ok_or("no such part")?;
//! let desk = Desk::new(firmware, FcbChoice::Part { from: from.into(), file }, false, chip)?;
//!
//! let virtual_board = VirtualBoard::new(); // or Board::find(&"usb".parse()?, Options::default())?
//! let mut board = Board::on_virtual(&virtual_board, Options::default());
//! let mut loader = || Ok(LoaderImage::parse(VirtualBoard::standin_loader(), &chip.map).expect("a loader"));
//! let (mut flashloader, _) = flash::reach_flashloader(&mut board, None, &mut loader, &mut ())?;
//!
//! let facts = flashloader.look_at_flash()?;
//! let part = flash::choose_part(&facts, &desk.expected_part())?;
//! let layout = desk.layout(Some(&part), chip)?;
//! let mut nor = Nor::new(flashloader, part, facts);
//! let plan = flash::plan_write(&mut nor, &layout.memory, &Default::default(), Policy::default(), &mut ())?;
//! let report = Writer::new(&mut nor, &plan, None, true).run(&mut ())?;
//! assert!(report.changed);
//! # Ok(())
//! # }
//! ```

pub mod advice;
pub mod board;
pub mod doctor;
mod error;
pub mod event;
pub mod flash;
#[cfg(feature = "loader-store")]
pub mod loader_file;
pub mod mboot;
pub mod outcome;
pub mod port;
pub mod sdp;

pub use rtboot_chip as chip;
pub use rtboot_finding::{self as finding, catalogue};

pub use error::{
    Change, Content, Error, Evidence, FlashState, Holder, KeptUnit, OnPort, OutOfRange, QuadEnable,
    Question, Result, SetUp, SfdpField, Step,
};
