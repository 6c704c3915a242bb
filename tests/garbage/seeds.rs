//! Good data for every target.

use crate::kit::rt1021;
use rtboot::board::{Opened, Plug};
use rtboot::mboot;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::sdp;
use rtboot_bootable::{BootImage, Dcd, Firmware, Memory, emit};
use rtboot_fcb::{Fcb, database, text};
use rtboot_sim::sfdp as tables;

use crate::kit::wire::{Cable, Line, Way, Wire};

use super::targets::{mboot_reports, sdp_reports, virtual_board};

const RESET: u32 = 0x6000_2009;
const DCD: [u8; 24] = [
    0xD2, 0, 24, 0x41, 0xCC, 0, 20, 4, 0x40, 0x1F, 0x40, 0, 0, 0, 0, 1, 0x40, 0x1F, 0x40, 4, 0, 0,
    0, 2,
];

/// A small boot image with all headers.
fn memory() -> Memory {
    let map = rt1021().map;
    let mut app = [0x2001_0000, RESET].map(u32::to_le_bytes).concat();
    app.resize(0x300, 0xBF);
    let firmware = Firmware::parse(&app, Some("a.bin"), Some(0x6000_2000), &map).expect("a file");
    let dcd = Dcd::parse(&DCD).expect("a table");
    BootImage::build_with_dcd(&firmware, Some(&Fcb::new()), Some(&dcd), &map)
        .expect("an image")
        .memory
}

fn flash() -> Vec<u8> {
    emit::raw(&memory(), 0x6000_0000, 0xFF).expect("12 KiB")
}

pub fn hex() -> Vec<Vec<u8>> {
    vec![emit::intel_hex(&memory()).into_bytes()]
}

pub fn srec() -> Vec<Vec<u8>> {
    vec![emit::s_record(&memory(), "a", Some(RESET)).into_bytes()]
}

fn whole_uf2() -> Vec<u8> {
    emit::uf2(&memory(), 0xFF).expect("a file")
}

/// The target puts the first eight bytes before.
pub fn uf2() -> Vec<Vec<u8>> {
    vec![whole_uf2()[8..].to_vec()]
}

/// The target puts the first 24 bytes before.
pub fn elf() -> Vec<Vec<u8>> {
    let app = flash()[0x2000..].to_vec();
    let mut file: Vec<u8> = [RESET, 52, 0, 0].map(u32::to_le_bytes).concat();
    file.extend([52_u16, 32, 2, 40, 0, 0].map(u16::to_le_bytes).concat());
    let length = app.len() as u32;
    for (offset, address) in [(116, 0x6000_2000), (116 + length, 0x2000_0000)] {
        let segment = [1, offset, address, address, length, length, 5, 4];
        file.extend(segment.map(u32::to_le_bytes).concat());
    }
    file.extend([app.clone(), app].concat());
    vec![file]
}

pub fn firmware() -> Vec<Vec<u8>> {
    let elf = [
        b"\x7FELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x28\0\x01\0\0\0".as_slice(),
        &elf()[0],
    ];
    [hex(), srec(), vec![whole_uf2(), elf.concat(), flash()]].concat()
}

pub fn raw() -> Vec<Vec<u8>> {
    let base = 0x6000_0000_u32.to_le_bytes();
    vec![[base.as_slice(), &flash()].concat()]
}

pub fn image() -> Vec<Vec<u8>> {
    vec![flash(), flash()[..0x1800].to_vec()]
}

pub fn structures() -> Vec<Vec<u8>> {
    let flash = flash();
    let csf = [0xD4, 0, 16, 0x40, 0xBE, 0, 12, 0, 0, 9, 0, 0, 1, 0, 0, 0];
    vec![
        flash[0x1000..0x1020].to_vec(),
        flash[0x1020..0x102C].to_vec(),
        DCD.to_vec(),
        csf.to_vec(),
    ]
}

pub fn loader() -> Vec<Vec<u8>> {
    let file = VirtualBoard::standin_loader();
    vec![file.to_vec(), file[0x400..].to_vec()]
}

fn blocks() -> Vec<Fcb> {
    let parts = database::parts().step_by(5);
    parts.map(|part| part.boot_fcb()).collect()
}

/// What is done with the block, and the block: every job with every block.
pub fn fcb() -> Vec<Vec<u8>> {
    let with = |job: u8| move |fcb: &Fcb| [&[job], fcb.as_bytes().as_slice()].concat();
    (0..4)
        .flat_map(|job| blocks().iter().map(with(job)).collect::<Vec<_>>())
        .collect()
}

pub fn cfg() -> Vec<Vec<u8>> {
    database::files()
        .iter()
        .map(|(_, text)| text.as_bytes().to_vec())
        .collect()
}

pub fn yaml() -> Vec<Vec<u8>> {
    let texts = blocks()
        .into_iter()
        .map(|fcb| text::to_yaml(&fcb, "mimxrt1020"));
    texts.map(|text| text.into_bytes()).collect()
}

/// Option word 0, no word 1, status registers, the tables without their first four bytes.
pub fn sfdp() -> Vec<Vec<u8>> {
    let tables = [
        tables::is25lp064a(),
        tables::w25q64jv(),
        tables::mx25l12845g(),
        tables::gd25q64c(),
    ];
    let head = [7, 0, 0, 0xC0, 0, 0x40, 0];
    tables
        .iter()
        .map(|table| [&head, &table[4..]].concat())
        .collect()
}

pub fn settings() -> Vec<Vec<u8>> {
    let all = "board = \"usb:1-4\"\nchip = \"rt1021\"\n# so\nflashloader = '''loader.bin'''\nfcb = \"issi.cfg\"\n\
               timeout = \"500ms\"\nwait = \"0x2_0m\"\n";
    let odd = "[board]\nx = { y = [1, 2.5e3, 1979-05-27] }\n\"board\" = \"\\u00e9\\n\"\n";
    vec![all.into(), odd.into()]
}

/// Pieces as the targets read them.
fn pieces(pieces: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (mark, piece) in pieces {
        let piece = &piece[..piece.len().min(0xFFF)];
        bytes.extend((u16::from(*mark) << 12 | piece.len() as u16).to_le_bytes());
        bytes.extend(piece);
    }
    bytes
}

/// Bytes with their marks.
type Marked = Vec<(u8, Vec<u8>)>;

/// What passed in a session with the virtual board, both ways, for each of these first commands.
fn sessions(firsts: [u8; 2], flashloader: bool, cable: Cable) -> [Vec<Vec<u8>>; 2] {
    let (mut ins, mut outs) = (Vec::new(), Vec::new());
    for first in firsts {
        let board = match flashloader {
            true => VirtualBoard::from_board(virtual_board::board::with_flashloader()),
            false => VirtualBoard::new(),
        };
        let mut wire = Wire::new(&board, cable).logged();
        match (flashloader, wire.open().expect("a port")) {
            (false, Opened::Hid(port)) => sdp_reports::talk::sdp(sdp::HidLink::new(port), first),
            (false, Opened::Serial(port)) => {
                sdp_reports::talk::sdp(sdp::UartLink::new(port), first)
            }
            (true, Opened::Hid(port)) => {
                mboot_reports::talk::mboot(mboot::HidLink::new(port), first)
            }
            (true, Opened::Serial(port)) => {
                mboot_reports::talk::mboot(mboot::UartLink::new(port), first)
            }
        }
        let (went, came): (Vec<_>, Vec<_>) = wire
            .take_log()
            .into_iter()
            .partition(|line| line.way == Way::Out);
        let marked = |lines: Vec<Line>| lines.into_iter().map(|line| (0, line.bytes)).collect();
        let (came, went): (Marked, Marked) = (marked(came), marked(went));
        ins.push([&[first], pieces(&came).as_slice()].concat());
        outs.push([&[u8::from(flashloader)], pieces(&went).as_slice()].concat());
    }
    [ins, outs]
}

pub fn sdp_reports() -> Vec<Vec<u8>> {
    sessions([0, 3], false, Cable::Hid)[0].clone()
}

pub fn mboot_reports() -> Vec<Vec<u8>> {
    sessions([0, 6], true, Cable::Hid)[0].clone()
}

pub fn sdp_uart() -> Vec<Vec<u8>> {
    sessions([0, 3], false, Cable::Uart)[0].clone()
}

pub fn mboot_uart() -> Vec<Vec<u8>> {
    sessions([0, 6], true, Cable::Uart)[0].clone()
}

pub fn virtual_board() -> Vec<Vec<u8>> {
    [false, true]
        .map(|loader| sessions([0, 3], loader, Cable::Hid)[1].clone())
        .concat()
}

pub fn packets() -> Vec<Vec<u8>> {
    let command = mboot::Command::read_memory(0x6000_0000, 512, 9).to_bytes();
    let header = mboot::frame::header(mboot::frame::COMMAND, &command).expect("short");
    let frame = [&header, &*command].concat();
    let report = [&[3, 0, 16, 0], [0xA7, 0, 0, 3].as_slice(), &[0; 12]].concat();
    let ping = [0x5A, 0xA7, 0, 2, 1, b'P', 0, 0, 0xAA, 0xEA];
    let rom = sdp::Command::read_register(0x400D_8260, sdp::Width::Word, 4).to_bytes();
    vec![command.to_vec(), frame, report, ping.to_vec(), rom.to_vec()]
}

/// Runs of good answers, with some that are not.
pub fn answers() -> Vec<Vec<u8>> {
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let size: Vec<u8> = words(&[1016, 0, 0]);
    let piece: Vec<u8> = words(&[0x5A, 1016]);
    let read = [
        (13, words(&[5_000])),
        (10, piece.clone()),
        (10, piece),
        (5, Vec::new()),
    ];
    let mut first = vec![(0, vec![0]); 1];
    first.extend(read.iter().cloned().cycle().take(40));
    let all_good = vec![(5, Vec::new()); 60];
    let properties = vec![(12, size); 40];
    [first, all_good, properties]
        .iter()
        .map(|list| [&[2], pieces(list).as_slice()].concat())
        .collect()
}

/// Whether imported, whether a flashloader runs, and requests.
pub fn usbip() -> Vec<Vec<u8>> {
    let request =
        |number: u32, way: u32, endpoint: u32, length: u32, setup: [u8; 8], data: &[u8]| {
            let words = [
                1,
                number,
                0x0001_0002,
                way,
                endpoint,
                0,
                length,
                0,
                u32::MAX,
                0,
            ];
            let head: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            [head.as_slice(), &setup, data].concat()
        };
    let device = request(1, 1, 0, 18, [0x80, 6, 0, 1, 0, 0, 18, 0], &[]);
    let address = request(2, 0, 0, 0, [0, 9, 1, 0, 0, 0, 0, 0], &[]);
    let command: Vec<u8> = [&[1, 5, 5], [0; 14].as_slice()].concat();
    let report = request(3, 0, 0, 17, [0x21, 9, 1, 2, 0, 0, 17, 0], &command);
    let read = request(4, 1, 1, 65, [0; 8], &[]);
    let property: Vec<u8> = [&[1, 0, 12, 0, 7, 0, 0, 2, 1], [0; 7].as_slice()].concat();
    let out = request(5, 0, 2, 16, [0; 8], &property);
    let unlink: Vec<u8> = [2_u32, 6, 0x0001_0002, 0, 0, 4, 0, 0, 0, 0, 0, 0]
        .iter()
        .flat_map(|word| word.to_be_bytes())
        .collect();
    let rom = [&device, &address, &report, &read, &read, &unlink].map(Vec::as_slice);
    let loader = [&device, &address, &out, &read, &unlink].map(Vec::as_slice);
    vec![
        [&[1, 0], rom.concat().as_slice()].concat(),
        [&[1, 1], loader.concat().as_slice()].concat(),
        vec![0, 0, 1, 0x11, 0x80, 5, 0, 0, 0, 0],
    ]
}
