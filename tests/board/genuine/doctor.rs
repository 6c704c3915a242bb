//! The doctor on the genuine flashloader: its read-only set-ups bring true facts, and change nothing.

use crate::kit::rt1021;
use rtboot::board::{Board, Options, Program};
use rtboot::doctor::{self, Diagnosis, HostFacts, Request};
use rtboot::flash::Rom;
use rtboot_bootable::LoaderImage;

use super::{Emulated, Socket, emulated, known, write};

fn examine(socket: &Socket, loader: &LoaderImage) -> Diagnosis {
    let mut board = Board::on_plug(Box::new(Emulated(socket.clone())), Options::default());
    // the ROM is a model there and does not know the chip's id, so it is not the doctor who starts the flashloader
    if board.program().expect("a board") == Some(Program::Rom) {
        let rom = Rom::connect(&mut board).expect("the ROM");
        rom.start(known(), &loader.clone().into(), &mut board, &mut ())
            .expect("a flashloader");
    }
    let request = Request {
        chip: Some(rt1021()),
        loader: &rtboot::LoaderSource::Auto, // it runs already
        expected: None,
        app: None,
        journals: None,
    };
    let facts = doctor::gather(&mut board, HostFacts::default(), request, &mut ());
    for row in doctor::rows(&facts) {
        eprintln!("  {}: {} ({})", row.name, row.value, row.source);
    }
    doctor::examine(&facts)
}

fn codes(diagnosis: &Diagnosis) -> Vec<&'static str> {
    diagnosis
        .findings
        .iter()
        .map(|finding| finding.code())
        .collect()
}

#[test]
fn doctor_findings_on_the_genuine_flashloader() {
    let Some((socket, loader)) = emulated() else {
        eprintln!("skipped: RTBOOT_GENUINE is not set");
        return;
    };
    let fcb = std::env::var("RTBOOT_GENUINE_FCB").unwrap_or("issi.cfg".into());
    socket.ask("power serial");
    drop(write(&socket, &loader, "blinky.elf", &fcb).expect("written"));

    socket.ask("power serial");
    socket.ask("trace on");
    assert_eq!(
        codes(&examine(&socket, &loader)),
        [""; 0],
        "a written board"
    );
    let trace = socket.ask("trace show");
    assert!(trace.contains("5a") && trace.contains("9f"), "{trace}");
    for opcode in ["06", "01", "02", "20", "d8", "31"] {
        let opens = [
            format!("[\"{opcode} "),
            format!("[\"{opcode}\""),
            format!("[\"{opcode}/"),
        ];
        assert!(
            opens.iter().all(|text| !trace.contains(text.as_str())),
            "{opcode} in {trace}"
        );
    }
    socket.ask("trace off");

    socket.ask("qe 0");
    assert_eq!(codes(&examine(&socket, &loader))[0], "quad-enable-clear");
    socket.ask("qe 1");
    socket.ask("protect ff");
    assert_eq!(codes(&examine(&socket, &loader))[0], "flash-protected");
    socket.ask("protect 0");
    socket.ask("flash absent");
    socket.ask("power serial");
    assert_eq!(codes(&examine(&socket, &loader))[0], "flash-silent");
    socket.ask("flash present");
    socket.ask("power serial");
    assert_eq!(codes(&examine(&socket, &loader)), [""; 0], "as before");
}
