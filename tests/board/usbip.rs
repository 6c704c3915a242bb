//! The main job over USB/IP, in real time: a server, and a host that takes its devices.

mod host;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::kit::app;
use crate::kit::board::Rig;
use crate::kit::cli::rtboot_in;
use crate::kit::server::Server;
use host::{Cable, Socket};
use rtboot::board::{Board, Options, Program};
use rtboot::port::virtual_board::{Make, UsbIp, VirtualBoard};

fn serve(boards: &[VirtualBoard], own_power: bool) -> UsbIp {
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    UsbIp::serve(loopback, boards, own_power, |_| {}).expect("a free port")
}

/// A rig whose board is reached over USB/IP.
fn rig(server: &UsbIp, bus_id: &str, board: &VirtualBoard, cable: Cable) -> Rig {
    let mut rig = Rig::on(board.clone());
    let socket = Socket::new(server.address(), bus_id, cable);
    rig.board = Board::on_plug(Box::new(socket), Options::default());
    rig
}

/// Waits until the board is back, which takes real time: up to a minute on a very slow machine.
fn come_back(board: &mut Board) {
    for _ in 0..1200 {
        if board.program().expect("a look").is_some() {
            return;
        }
        board
            .await_program(Program::Rom, Duration::from_millis(50))
            .expect("a look");
    }
    panic!("nothing came back");
}

/// Flash after the same write on a board in memory.
fn flash_after(name: &str) -> Vec<u8> {
    let mut rig = Rig::fresh();
    rig.write(app(name), "issi.cfg").expect("written");
    rig.flash()
}

#[test]
fn write_works_through_usbip_enumeration() {
    let board = VirtualBoard::new();
    let server = serve(std::slice::from_ref(&board), false);
    let mut rig = rig(&server, "1-1", &board, Cable::default());
    let written = rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    assert!(written.report.changed);
    assert!(rig.flash() == flash_after("blinky.elf"));
}

#[test]
fn two_boards_written_at_once_stay_apart() {
    let boards = [VirtualBoard::new(), VirtualBoard::new()];
    let server = serve(&boards, false);
    std::thread::scope(|scope| {
        for (bus_id, board, name) in [
            ("1-1", &boards[0], "blinky.elf"),
            ("1-2", &boards[1], "blinky_fast.elf"),
        ] {
            let server = &server;
            scope.spawn(move || {
                let mut rig = rig(server, bus_id, board, Cable::default());
                rig.write(app(name), "issi.cfg").expect("written");
            });
        }
    });
    assert!(boards[0].board().flash() == flash_after("blinky.elf"));
    assert!(boards[1].board().flash() == flash_after("blinky_fast.elf"));
}

#[test]
fn pulled_cable_fails_and_the_next_write_heals() {
    let board = VirtualBoard::new();
    let whole = Cable::default();
    {
        let server = serve(std::slice::from_ref(&board), false);
        let mut rig = rig(&server, "1-1", &board, whole.clone());
        rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    }
    let wanted = board.board().flash().to_vec();
    let all = whole.sent();
    for own_power in [false, true] {
        for moment in [1, all / 3, all / 2, all - 12, all - 8, all - 4, all] {
            let board = VirtualBoard::new();
            let server = serve(std::slice::from_ref(&board), own_power);
            let mut pulled = rig(&server, "1-1", &board, Cable::pulled_at(moment));
            let error = pulled
                .write(app("blinky.elf"), "issi.cfg")
                .expect_err("the cable was pulled");
            let text = format!("{own_power} {moment}: {error}");
            assert!([10, 15].contains(&error.exit_code()), "{text}");
            let mut again = rig(&server, "1-1", &board, Cable::default());
            // the same user's journals: bytes that the unfinished command programmed beside the image come out again
            std::mem::swap(&mut again.journals, &mut pulled.journals);
            drop(pulled.board);
            come_back(&mut again.board);
            again
                .write(app("blinky.elf"), "issi.cfg")
                .unwrap_or_else(|error| panic!("{text}; then {error}"));
            assert!(again.flash() == wanted, "{text}");
        }
    }
}

#[test]
fn serve_keeps_what_was_written_to_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    VirtualBoard::create(folder.path(), &Make::default()).expect("a board");
    let args = ["--json", "virtual", "serve", "--usbip=0", "."];
    let server = Server::start(folder.path(), &args);
    let serving: serde_json::Value = serde_json::from_str(&server.line).expect("an object");
    assert_eq!(serving["boards"][0]["bus_id"], "1-1");
    let address = serving["usbip"].as_str().expect("an address");
    let address: SocketAddr = address.parse().expect("an address");
    assert!(address.ip().is_loopback());
    let mut rig = Rig::fresh();
    let socket = Socket::new(address, "1-1", Cable::default());
    rig.board = Board::on_plug(Box::new(socket), Options::default());
    rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    let (ended, _) = server.interrupt();
    assert_eq!(ended.code(), Some(0));
    let kept = std::fs::read(folder.path().join("flash.bin")).expect("its flash");
    assert!(kept == flash_after("blinky.elf")[..kept.len()] && kept.len() > 0x2000);
}

#[test]
fn serving_beyond_loopback_needs_listen() {
    let folder = tempfile::tempdir().expect("a folder");
    VirtualBoard::create(folder.path(), &Make::default()).expect("a board");
    let args = ["virtual", "serve", "--usbip=0.0.0.0:0", "."];
    rtboot_in(folder.path(), &args).fails(2, "--listen 0.0.0.0:0");
}
