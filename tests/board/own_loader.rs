//! rtboot's own loader: when it is sent, and what is said when it does not come up.

use std::time::Duration;

use rtboot::board::{Board, Look, Opened, Options, Plug, Program};
use rtboot::chip::Chip;
use rtboot::event::Event;
use rtboot::flash::{LoaderSource, reach_flashloader};
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{Error, NoOwn, OnPort, Result, sdp};

use crate::kit::rt1021;

/// A real board to rtboot: a loader that it does not know dies, and the watchdog brings the boot ROM back.
struct RealBoard {
    board: VirtualBoard,
    /// What the loader left in RAM.
    left: Option<[u32; 4]>,
    /// Looks until the watchdog resets the chip.
    patience: u32,
}

impl Plug for RealBoard {
    fn look(&mut self) -> Result<Look> {
        if let Some(id) = self.board.identity() {
            return Ok(Look::Program(match id.product_id {
                0x0073 => Program::Flashloader,
                _ => Program::Rom,
            }));
        }
        self.patience = self.patience.saturating_sub(1);
        if self.patience == 0 {
            self.board.board().reset();
            self.board.wait(Duration::from_secs(1));
            if let Some(words) = self.left.take() {
                let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
                let mut session = sdp::Sdp::new(sdp::HidLink::new(self.board.hid()));
                session
                    .write_file(0x2020_FFF0, &bytes, &mut |_| {})
                    .expect("in RAM");
            }
        }
        Ok(Look::Nothing)
    }

    fn open(&mut self) -> Result<Opened> {
        Ok(Opened::Hid(self.board.hid()))
    }

    fn wait(&mut self, time: Duration) {
        self.board.wait(time);
    }
}

fn real(left: Option<[u32; 4]>, patience: u32) -> (VirtualBoard, Board) {
    let board = VirtualBoard::new();
    let plug = RealBoard {
        board: board.clone(),
        left,
        patience,
    };
    (board, Board::on_plug(Box::new(plug), Options::default()))
}

/// Starts whatever is sent to a board without a file.
fn start(board: &mut Board, source: &LoaderSource) -> (Vec<Event>, Error) {
    let mut events = Vec::new();
    let started = reach_flashloader(board, Some(rt1021()), source, &mut events);
    (events, started.err().expect("no loader that it knows"))
}

#[test]
fn own_loader_that_resets_is_told_with_cause_and_breadcrumb() {
    let crumb = [u32::from_le_bytes(*b"RTLD"), 6, 3, 0x402E_0140];
    let (_, mut board) = real(Some(crumb), 400);
    let (events, error) = start(&mut board, &LoaderSource::Auto);
    let Error::OwnLoaderSilent {
        address,
        now,
        srsr,
        breadcrumb,
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((*address, now), (0x2020_8000, &OnPort::Rom));
    assert!(srsr.is_some());
    let crumb = breadcrumb.expect("it was left");
    assert_eq!(
        (crumb.stage, crumb.error, crumb.detail),
        (6, 3, 0x402E_0140)
    );
    assert_eq!((error.code(), error.exit_code()), ("own-loader-silent", 20));
    let text = error.to_string();
    for word in [
        "SRC_SRSR is 0x",
        "stage 6 (USB running)",
        "error 3",
        "0x402e0140",
    ] {
        assert!(text.contains(word), "{text}");
    }
    let unproven = |event: &&Event| matches!(event, Event::Finding(found) if found.code() == "own-loader-unproven");
    assert_eq!(events.iter().filter(unproven).count(), 1);
}

#[test]
fn own_loader_without_a_trace_is_said_to_have_left_none() {
    let (_, mut board) = real(None, 400);
    let (_, error) = start(&mut board, &LoaderSource::Own);
    assert!(
        error.to_string().ends_with("it left no trace in RAM"),
        "{error}"
    );
    // a chip that hangs for good
    let (_, mut board) = real(None, u32::MAX);
    let (_, error) = start(&mut board, &LoaderSource::Own);
    assert!(
        error
            .to_string()
            .ends_with("within 10 s; nothing answers there now"),
        "{error}"
    );
}

#[test]
fn own_loader_goes_to_its_chips_and_wires_only() {
    let (_, board) = real(None, 1);
    let rt1024 = Chip::by_name("RT1024").expect("a row");
    let why = |source: LoaderSource, chip, board: &Board| match source.load(chip, board) {
        Err(Error::NoLoader { looked, own, .. }) => Err((looked, own)),
        other => Ok(other.expect("a loader").own),
    };
    let own = || LoaderSource::Own;
    assert_eq!(why(own(), rt1021(), &board), Ok(true));
    assert_eq!(why(LoaderSource::Auto, rt1021(), &board), Ok(true));
    assert_eq!(why(LoaderSource::Nxp, rt1021(), &board), Err((true, None)));
    let other = Some(NoOwn::OtherChip);
    assert_eq!(why(own(), rt1024, &board), Err((false, other)));
    assert_eq!(why(LoaderSource::Auto, rt1024, &board), Err((true, other)));
    let over_uart = Board::on_serial(VirtualBoard::new().serial(115_200), Options::default());
    let uart = Some(NoOwn::Uart);
    assert_eq!(
        why(LoaderSource::Auto, rt1021(), &over_uart),
        Err((true, uart))
    );
    // the virtual board keeps its stand-in unless ours is asked for
    let at_hand = Board::on_virtual(&VirtualBoard::new(), Options::default());
    assert_eq!(why(LoaderSource::Auto, rt1021(), &at_hand), Ok(false));
    assert_eq!(why(LoaderSource::Nxp, rt1021(), &at_hand), Ok(false));
    assert_eq!(why(own(), rt1021(), &at_hand), Ok(true));
}
