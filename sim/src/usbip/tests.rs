//! The server, spoken to byte by byte.

use std::io::Read;
use std::sync::mpsc::{Receiver, channel};

use super::*;
use crate::board::{Settings, State};
use crate::chip::{CHIPS, Chip};
use crate::testkit::{ERROR_STATUS, sdp, start_flashloader};

mod hostile;
mod transfers;

/// A server with these boards, and what it tells.
struct Bench {
    server: Server,
    boards: Vec<Arc<Mutex<Board>>>,
    notices: Receiver<Notice>,
}

impl Bench {
    fn new(boards: Vec<Board>, cable: Cable) -> Bench {
        let boards: Vec<_> = boards.into_iter().map(Mutex::new).map(Arc::new).collect();
        let (sender, notices) = channel();
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = Server::start(loopback, boards.clone(), cable, move |notice| {
            let _ = sender.send(notice);
        });
        Bench {
            server: server.expect("a free port"),
            boards,
            notices,
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.address()).expect("somebody listens");
        let patience = Some(Duration::from_secs(30));
        stream.set_read_timeout(patience).expect("a time-out");
        stream
    }

    /// Imports a bus id; the status when it is refused.
    fn import(&self, bus_id: &str) -> Result<Host, u32> {
        let mut stream = self.connect();
        let mut question = vec![1, 0x11, 0x80, 3, 0, 0, 0, 0];
        question.extend(bus_id.bytes());
        question.resize(8 + 32, 0);
        stream.write_all(&question).expect("sent");
        let head = read::<8>(&mut stream);
        assert_eq!(head[..4], [1, 0x11, 0, 3]);
        let status = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        if status != 0 {
            return Err(status);
        }
        let device = read::<312>(&mut stream);
        let number = |at: usize| u32::from_be_bytes(device[at..at + 4].try_into().expect("four"));
        Ok(Host {
            stream,
            id: number(288) << 16 | number(292),
            seqnum: 0,
            product: u16::from_be_bytes([device[302], device[303]]),
        })
    }

    fn devices(&self) -> Vec<u8> {
        let mut stream = self.connect();
        let question = [1, 0x11, 0x80, 5, 0, 0, 0, 0];
        stream.write_all(&question).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        answer
    }

    /// Waits for this notice.
    fn hears(&self, wanted: &Notice) {
        let patience = Duration::from_secs(30);
        while self.notices.recv_timeout(patience).expect("a notice") != *wanted {}
    }
}

fn read<const N: usize>(stream: &mut TcpStream) -> [u8; N] {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).expect("an answer");
    bytes
}

/// A host with a device in its hands.
struct Host {
    stream: TcpStream,
    id: u32,
    seqnum: u32,
    product: u16,
}

/// An answer: what it is for, its status, its data.
#[derive(Debug, PartialEq)]
struct Answer {
    command: u32,
    seqnum: u32,
    status: i32,
    data: Vec<u8>,
}

impl Host {
    fn send(&mut self, words: [u32; 10], setup: [u8; 8], data: &[u8]) -> u32 {
        let mut bytes: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).collect();
        bytes.extend(setup);
        bytes.extend(data);
        self.stream.write_all(&bytes).expect("sent");
        words[1]
    }

    fn next(&mut self) -> u32 {
        self.seqnum += 1;
        self.seqnum
    }

    fn submit_in(&mut self, endpoint: u32, setup: [u8; 8], length: u32) -> u32 {
        let words = [1, self.next(), self.id, 1, endpoint, 0, length, 0, 0, 0];
        self.send(words, setup, &[])
    }

    fn submit_out(&mut self, endpoint: u32, setup: [u8; 8], data: &[u8]) -> u32 {
        let length = data.len() as u32;
        let words = [1, self.next(), self.id, 0, endpoint, 0, length, 0, 0, 0];
        self.send(words, setup, data)
    }

    fn unlink(&mut self, victim: u32) -> u32 {
        let words = [2, self.next(), self.id, 0, 0, victim, 0, 0, 0, 0];
        self.send(words, [0; 8], &[])
    }

    /// The next answer; `ins` are transfers towards the host.
    fn answer(&mut self, ins: &[u32]) -> Answer {
        let head = read::<48>(&mut self.stream);
        let word = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().expect("four"));
        let mut data = Vec::new();
        if word(0) == 3 && ins.contains(&word(4)) {
            data.resize(word(24) as usize, 0);
            self.stream.read_exact(&mut data).expect("its data");
        }
        Answer {
            command: word(0),
            seqnum: word(4),
            status: word(20) as i32,
            data,
        }
    }

    /// A control transfer towards the host.
    fn get(&mut self, setup: [u8; 8]) -> (i32, Vec<u8>) {
        let length = u16::from_le_bytes([setup[6], setup[7]]);
        let seqnum = self.submit_in(0, setup, length.into());
        let answer = self.answer(&[seqnum]);
        assert_eq!(answer.seqnum, seqnum);
        (answer.status, answer.data)
    }

    fn descriptor(&mut self, kind: u8, index: u8) -> (i32, Vec<u8>) {
        self.get([0x80, 6, index, kind, 0, 0, 255, 0])
    }

    /// A report to the ROM, by SET_REPORT.
    fn set_report(&mut self, report: &[u8]) -> i32 {
        let [low, high] = (report.len() as u16).to_le_bytes();
        let setup = [0x21, 9, report[0], 2, 0, 0, low, high];
        let seqnum = self.submit_out(0, setup, report);
        let answer = self.answer(&[]);
        assert_eq!(answer.seqnum, seqnum);
        answer.status
    }
}

/// A board whose flashloader is on the bus.
fn with_flashloader() -> Board {
    let mut board = Board::new(Settings::default());
    start_flashloader(&mut board);
    board
}

fn error_status() -> Vec<u8> {
    [&[1][..], &sdp(ERROR_STATUS, 0, 0, 0, 0)].concat()
}

#[test]
fn a_board_of_every_chip_is_on_the_bus_under_its_own_id() {
    let boards = CHIPS.map(|chip| Board::new(Settings::kit(chip)));
    let bench = Bench::new(boards.into(), Cable::FeedsTheBoard);
    let devices = bench.devices();
    for (number, chip) in CHIPS.iter().enumerate() {
        let bus_id = format!("1-{}", number + 1);
        let at = devices
            .windows(bus_id.len() + 1)
            .rposition(|bytes| bytes == [bus_id.as_bytes(), &[0]].concat())
            .expect("listed");
        // bus id of 32 bytes, bus, device, speed, then the ids
        let ids = &devices[at + 44..at + 48];
        assert_eq!(
            ids,
            [&[0x1F, 0xC9], &chip.rom_product_id.to_be_bytes()[..]].concat()
        );
        let host = bench.import(&bus_id).expect("imported");
        assert_eq!(host.product, chip.rom_product_id, "{}", chip.name);
    }
}

#[test]
fn rt1024_flashloader_takes_and_gives_1016_bytes_over_usb_ip() {
    let chip = Chip::find("rt1024").expect("a chip");
    let mut board = Board::new(Settings::kit(chip));
    start_flashloader(&mut board);
    let bench = Bench::new(vec![board], Cable::FeedsTheBoard);
    let mut host = bench.import("1-1").expect("imported");
    let (_, configuration) = host.descriptor(2, 0);
    assert_eq!(configuration[31..33], 1016_u16.to_le_bytes());
    let mut question = vec![1, 0, 12, 0, 7, 0, 0, 2, 11, 0, 0, 0, 0, 0, 0, 0];
    question.resize(1016, 0);
    let read = host.submit_in(1, [0; 8], 1016);
    host.submit_out(2, [0; 8], &question);
    let answers = [host.answer(&[read]), host.answer(&[read])];
    let answer = answers.iter().find(|answer| answer.seqnum == read);
    let data = &answer.expect("an answer").data;
    assert_eq!(
        (data.len(), &data[12..16]),
        (1016, &1012_u32.to_le_bytes()[..])
    );
}
