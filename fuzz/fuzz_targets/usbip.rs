//! What hosts send to the USB/IP server: a connection of anything, and afterwards one that must find it alive.
#![no_main]

#[allow(dead_code)]
#[path = "../shared/board.rs"]
mod board;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use rtboot_sim::usbip::{Cable, Server};
use rtboot_sim::{Board, Settings};

const IMPORT: [u8; 8] = [1, 0x11, 0x80, 3, 0, 0, 0, 0];
const DEVICES: [u8; 8] = [1, 0x11, 0x80, 5, 0, 0, 0, 0];

/// Sends the bytes, hangs up, and takes what is answered.
fn say(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).expect("a time-out");
    // a server that has hung up already takes no more
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer);
    let late = |kind| kind == std::io::ErrorKind::WouldBlock;
    assert!(!end.is_err_and(|error| late(error.kind())), "it hangs");
    answer
}

// first: the board is imported, and the data are what comes then; second: a flashloader runs on it
fuzz_target!(|data: (bool, bool, &[u8])| {
    let (imported, flashloader, bytes) = data;
    let board = match flashloader {
        true => board::with_flashloader(),
        false => Board::new(Settings::default()),
    };
    let board = Arc::new(Mutex::new(board));
    let listen = (Ipv4Addr::LOCALHOST, 0).into();
    let mut server = Server::start(listen, vec![board], Cable::DataOnly, drop).expect("a port");
    let mut question = Vec::new();
    if imported {
        question.extend(IMPORT);
        question.extend(b"1-1");
        question.resize(8 + 32, 0);
    }
    question.extend(bytes);
    say(server.address(), &question);
    let answer = say(server.address(), &DEVICES);
    assert_eq!(
        answer.get(..8),
        Some([1, 0x11, 0, 5, 0, 0, 0, 0].as_slice())
    );
    server.stop();
});
