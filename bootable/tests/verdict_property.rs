//! The verdict against the boot ROM of the virtual board, two readings of the same facts that share no code.
//!
//! Flash contents, FCBs, parts, quad-enable states, boot pins and HAB are made from fixed seeds. Where the verdict says yes
//! the ROM must start, where it says no the ROM must not; "unknown" must stay rare. A difference is a bug in one of them.

mod dice;

use std::collections::BTreeMap;

use dice::Dice;
use rtboot_bootable::verdict::{Hab, judge_fcb, next_piece};
use rtboot_bootable::{BootData, Chip, Conditions, Ivt, Memory, Starts, Verdict};
use rtboot_fcb::lut::{Instruction, Opcode, Sequence};
use rtboot_fcb::{Fcb, Part, SequenceCall, StatusRegisters, database};
use rtboot_finding::Severity;
use rtboot_finding::catalogue::image as found;
use rtboot_sim::nor::Part as SimPart;
use rtboot_sim::{BootMode, Straps};
use rtboot_sim::{BootTrial, Booted, PowerOn};

const CASES: u32 = 24_000;
const FLASH: u32 = 0x6000_0000;

/// A board and what is in its flash.
struct Case {
    part: usize,
    /// Where the image runs: the start of the flash, or RAM.
    base: u32,
    status: [u8; 3],
    fcb: Option<Fcb>,
    ivt: Option<Ivt>,
    data: Option<BootData>,
    vectors: [u32; 2],
    /// Where the vector table lies in flash.
    table: u32,
    dcd: Vec<u8>,
    /// Bytes over all else, by offset.
    over: Vec<(u32, Vec<u8>)>,
    /// Everything lies this much too high.
    shift: u32,
    boot_cfg: u16,
    second_pins: bool,
    closed: bool,
}

/// Bytes of the application behind its two vectors.
const APP: usize = 0x800;
/// Where the reset handler lies behind the vector table.
const CODE: u32 = 0x100;
const TABLE: u32 = 0x2000;
const IVT: u32 = 0x1000;

impl Case {
    /// A sound image for the flash, or one that is copied to RAM.
    fn sound(part: usize, base: u32, fcb: Fcb, dice: &mut Dice) -> Case {
        let reset = base + TABLE + CODE + 1;
        let entry = match dice.once_in(2) {
            true => reset,
            false => base + TABLE,
        };
        let ram = base != FLASH;
        let length = match ram {
            true => TABLE + APP as u32,
            false => dice.pick(&[TABLE + APP as u32, 0x80_0000, 0x1_0000]),
        };
        let dcd = match base == SDRAM {
            true => vec![0xD2, 0, 8, 0x41, 0xC0, 0, 4, 0],
            false => Vec::new(),
        };
        Case {
            part,
            base,
            status: [0; 3],
            fcb: Some(fcb),
            ivt: Some(Ivt {
                version: dice.pick(&[0x40, 0x41, 0x43]),
                entry,
                reserved1: 0,
                dcd: if dcd.is_empty() { 0 } else { base + 0x1040 },
                boot_data: base + IVT + 0x20,
                self_address: base + IVT,
                csf: 0,
                reserved2: 0,
            }),
            data: Some(BootData {
                start: base,
                length,
                plugin: 0,
            }),
            vectors: [dice.pick(&[0x2001_0000, 0x2000_8000, 0x2022_0000]), reset],
            table: TABLE,
            dcd,
            over: Vec::new(),
            shift: 0,
            boot_cfg: 0,
            second_pins: false,
            closed: false,
        }
    }

    /// Pieces of flash content, by offset; later ones lie over earlier ones.
    fn pieces(&self) -> Vec<(u32, Vec<u8>)> {
        let mut pieces = Vec::new();
        if let Some(fcb) = &self.fcb {
            pieces.push((0, fcb.to_bytes().to_vec()));
        }
        let ivt = self.ivt.map(|ivt| (IVT, ivt.to_bytes().to_vec()));
        let data = self.data.map(|data| (IVT + 0x20, data.to_bytes().to_vec()));
        pieces.extend(ivt.into_iter().chain(data));
        if !self.dcd.is_empty() {
            pieces.push((0x1040, self.dcd.clone()));
        }
        let mut app: Vec<u8> = self.vectors.map(u32::to_le_bytes).concat();
        app.extend((8..APP).map(|at| (at as u8) << 1));
        pieces.push((self.table, app));
        pieces.extend(self.over.iter().cloned());
        for (offset, _) in &mut pieces {
            *offset += self.shift;
        }
        pieces
    }
}

const ITCM: u32 = 0x0000_0000;
const DTCM: u32 = 0x2000_0000;
/// Past the share that the DTCM has from the factory.
const DTCM_HIGH: u32 = 0x2001_8000;
const OCRAM: u32 = 0x2020_8000;
const SDRAM: u32 = 0x8000_0000;

/// The database's part and the simulator's, of the same name.
struct Pair {
    part: Part,
    sim: SimPart,
}

fn pairs() -> Vec<Pair> {
    let known = |sim: SimPart| {
        let (_, mut file) = database::find(sim.name)?;
        let part = file.parts.remove(0);
        (part.jedec.0 == sim.jedec && part.size == sim.size).then_some(Pair { part, sim })
    };
    let mut pairs: Vec<Pair> = SimPart::all().into_iter().filter_map(known).collect();
    // no part of the database is larger than 24 address bits reach: one that reads with ECh and 32 of them
    if let Some(Pair { part, sim }) = pairs.first() {
        let mut large = part.clone();
        (large.size, large.read.opcode, large.read.address_bits) = (32 << 20, 0xEC, 32);
        let sim = SimPart {
            size: 32 << 20,
            ..sim.clone()
        };
        pairs.push(Pair { part: large, sim });
    }
    pairs
}

/// Read sequences of all kinds: of the data sheets, of other parts, and wrong ones.
fn read_sequence(dice: &mut Dice) -> Sequence {
    const CMD: Opcode = Opcode::CMD;
    let known: &[&[u32]] = &[
        &[0x0818_0403, 0x0000_2404],
        &[0x0818_040B, 0x2404_3008],
        &[0x0820_0413, 0x0000_2404],
        &[0x0818_046B, 0x2604_3208],
        &[0x0A18_04EB, 0x2604_3206],
        &[0x0A18_04EB, 0x2604_3208],
        &[0x0A18_04EB, 0x2604_320A],
        &[0x0A18_04EB, 0x3204_1EFF, 0x0000_2604],
        &[0x0A18_04EB, 0x3204_1EA5, 0x0000_2604],
        &[0x0A20_04EC, 0x2604_3206],
        &[0x0818_043B, 0x2504_3008],
        &[0x8B18_87A0, 0xB306_8F10, 0x0000_A704],
        &[0x0B18_04EC, 0x2704_3306],
        &[0x2404_049F],
        &[],
    ];
    let mut sequence = Sequence::from_words(dice.pick(known));
    if dice.once_in(3) {
        let at = dice.below(5) as usize;
        let step = sequence.0[at];
        sequence.0[at] = match dice.below(4) {
            0 => Instruction {
                pads: dice.pick(&[1, 2, 4, 8]),
                ..step
            },
            1 => Instruction {
                operand: dice.pick(&[0, 6, 8, 10, 24, 32, 0xEB]),
                ..step
            },
            2 => Instruction {
                opcode: dice.pick(&[
                    CMD,
                    Opcode::RADDR,
                    Opcode::READ,
                    Opcode::DUMMY,
                    Opcode(0x3F),
                ]),
                ..step
            },
            _ => Instruction::STOP,
        };
    }
    sequence
}

/// Changes an FCB in a way that people and tools do, or that a damaged cell does.
fn change_fcb(fcb: &mut Fcb, dice: &mut Dice) {
    let call = |count, index| SequenceCall { count, index };
    match dice.below(24) {
        20 => {
            // the block of a HyperFlash, whole or in part
            fcb.set_flash_pads(dice.pick(&[8, 8, 4]));
            fcb.set_controller_options(dice.pick(&[0x59, 0x59, 0x41, 0x10]));
            fcb.set_column_address_width(dice.pick(&[3, 3, 0]));
            fcb.set_read_sample_clock(3);
            let words = [0x8B18_87A0, 0xB306_8F10, 0x0000_A704];
            fcb.set_sequence(0, &Sequence::from_words(&words));
        }
        21 => {
            // a device mode that is on, and empty
            fcb.set_device_mode_enable(1);
            fcb.set_device_mode_sequence(call(dice.pick(&[1, 0]), dice.pick(&[4, 1, 0])));
            fcb.set_sequence(4, &Sequence::EMPTY);
        }
        0 => fcb.set_device_type(dice.pick(&[0, 1, 2])),
        1 => fcb.set_flash_pads(dice.pick(&[0, 1, 2, 4, 8])),
        2 => fcb.set_clock(dice.below(10) as u8),
        3 => fcb.set_read_sample_clock(dice.below(4) as u8),
        4 => fcb.set_controller_options(1 << dice.below(9)),
        5 => fcb.set_column_address_width(dice.pick(&[0, 3])),
        6 | 7 => fcb.set_sflash_a1_size(dice.pick(&[
            0, 0x1000, 0x1400, 0x2000, 0x2400, 0x4000, 0x40_0000, 0x100_0000, 0x400_0000,
        ])),
        8..=10 => fcb.set_sequence(0, &read_sequence(dice)),
        22 | 23 => {
            // dummy cycles set by a volatile register, or behind the status registers
            let (command, len) =
                dice.pick(&[(0xC0, 1), (0x81, 1), (0x01, 2), (0x01, 4), (0x31, 1)]);
            let data = [
                dice.pick(&[0x40, 0x00, 0x42]),
                dice.pick(&[0x02, 0xC2, 0x40, 0xC0, 0x12, 0x82]),
                dice.pick(&[0x00, 0x60, 0x08]),
                dice.pick(&[0x78, 0x76, 0x7A, 0x68, 0x71]),
            ];
            let argument = match len {
                1 => dice.pick(&[
                    0xF0, 0xC0, 0xBB, 0xEB, 0x4B, 0x70, 0x48, 0x40, 0xE0, 0x12, 0x02,
                ]),
                _ => u32::from_le_bytes(data),
            };
            fcb.set_config_command_enable(1);
            fcb.set_config_command_sequences([call(1, 12), call(0, 0), call(0, 0)]);
            fcb.set_config_command_arguments([argument, 0, 0]);
            fcb.set_sequence(12, &Sequence::write_register(command, len));
            if dice.once_in(2) {
                let mut read = fcb.sequence(0);
                let dummy = read.0.iter_mut().find(|step| step.opcode == Opcode::DUMMY);
                if let Some(step) = dummy {
                    step.operand = dice.pick(&[3, 4, 6, 7, 8, 9, 10, 11, 14]);
                }
                fcb.set_sequence(0, &read);
            }
        }
        11 | 12 => {
            // the SDK's configuration command, whole or half
            let argument = dice.pick(&[0xF0, 0xE0, 0xE8, 0xF4, 0x00]);
            fcb.set_config_command_enable(1);
            fcb.set_config_command_sequences([call(1, 12), call(0, 0), call(0, 0)]);
            fcb.set_config_command_arguments([argument, 0, 0]);
            fcb.set_sequence(12, &Sequence::write_register(0xC0, 1));
            if !dice.once_in(3) {
                fcb.set_sequence(0, &Sequence::from_words(&[0x0A18_04EB, 0x2604_3208]));
            }
        }
        13..=15 => {
            // quad enable by device mode, in the right register or another one
            let (opcode, len, argument) = dice.pick(&[
                (0x01, 1, 0x40),
                (0x01, 2, 0x0200),
                (0x31, 1, 0x02),
                (0x3E, 1, 0x80),
            ]);
            fcb.set_device_mode_enable(1);
            fcb.set_device_mode_type(dice.pick(&[1, 1, 1, 0, 2]));
            fcb.set_device_mode_sequence(call(dice.pick(&[1, 1, 1, 0, 2]), 4));
            fcb.set_device_mode_argument(dice.pick(&[argument, argument, 0]));
            if !dice.once_in(4) {
                fcb.set_sequence(4, &Sequence::write_register(opcode, len));
            }
            if dice.once_in(4) {
                fcb.set_sequence(dice.pick(&[1, 3]), &Sequence::EMPTY);
            }
            if dice.once_in(4) {
                fcb.set_config_wait_time(dice.pick(&[1, 100, 1000]));
            }
        }
        16 => {
            let mut bytes = fcb.to_bytes();
            let fill = dice.pick(&[0x00, 0xFF]);
            bytes[0x100..].fill(fill);
            *fcb = Fcb::parse(&bytes).expect("512 bytes");
        }
        _ => {
            let mut bytes = fcb.to_bytes();
            let at = dice.below(0x1E0) as usize;
            bytes[at] ^= 1 << dice.below(8);
            if let Ok(changed) = Fcb::parse(&bytes) {
                *fcb = changed;
            }
        }
    }
}

/// Addresses that an image may hold by mistake.
fn address(dice: &mut Dice) -> u32 {
    let near = dice.below(0x4000) & !1;
    dice.pick(&[
        FLASH + near,
        FLASH + near + 1,
        0x0800_2000,
        0x0800_2101,
        0x2000_0101,
        0x2001_0000,
        0x3000_2101,
        0x6100_0000,
        0x7000_1000,
        0x8000_2000,
        0xFFFF_FFFF,
        0,
    ])
}

fn dcd(dice: &mut Dice) -> Vec<u8> {
    let tables: &[&[u8]] = &[
        &[0xD2, 0, 8, 0x41, 0xC0, 0, 4, 0],
        &[
            0xD2, 0, 16, 0x41, 0xCC, 0, 12, 4, 0x40, 0x2F, 0, 0x4C, 0x50, 0x21, 0x0A, 0x09,
        ],
        &[
            0xD2, 0, 16, 0x41, 0xCC, 0, 12, 4, 0x40, 0x1F, 0x40, 0x00, 0, 0, 0, 6,
        ],
        &[0xD2, 0, 4, 0x41],
        &[0xD2, 0, 8, 0x31, 0xC0, 0, 4, 0],
        &[0xD2, 0, 8, 0x41, 0xAA, 0, 4, 0],
        &[0xD2, 0, 8, 0x41, 0xCC, 0, 4, 4],
        &[0xD2, 0, 12, 0x41, 0xB2, 0, 8, 0x21, 0, 0, 0, 1],
        &[0xD2, 8, 0, 0x41, 0xC0, 0, 4, 0],
        &[0x00, 0, 8, 0x41],
    ];
    let mut table = dice.pick(tables).to_vec();
    if dice.once_in(4) {
        let at = dice.below(table.len() as u32) as usize;
        table[at] ^= 1 << dice.below(8);
    }
    table
}

/// Changes the image behind the FCB.
fn change_image(case: &mut Case, dice: &mut Dice) {
    let base = case.base;
    let value = address(dice);
    match dice.below(24) {
        20 => case.over.push((0, vec![0; dice.pick(&[4, 0x100, 0x200])])),
        21 => {
            // what the ROM starts lies where a boot loader's application lies otherwise
            case.table = dice.pick(&[0x1_0000, 0x4_0000, 0x100_0000, 0x180_0000]);
            case.vectors[1] = base.wrapping_add(case.table + CODE + 1);
            let (entry, length) = (case.vectors[1], case.table + APP as u32);
            if let (Some(ivt), Some(data)) = (&mut case.ivt, &mut case.data) {
                ivt.entry = entry;
                data.length = dice.pick(&[length, length, TABLE + APP as u32]);
            }
        }
        22 => {
            // an application of MCUboot in a slot behind it, and what a second piece brings
            let header = [0x96F3_B83D_u32, 0, 0x0400, 0x800, 0, 1, 0, 0];
            let header = header.map(u32::to_le_bytes).concat();
            case.over.push((0x4_0000, header));
            case.over
                .push((dice.pick(&[0x3000, 0x10_0000, 0x200]), vec![0x7B; 0x80]));
        }
        0 => case.ivt = None,
        1 => case.data = None,
        2 => {
            case.vectors[0] = dice.pick(&[
                0,
                0x2000_0000,
                0x2000_0004,
                0x2001_0002,
                0x2003_0000,
                0x2004_0004,
                0x8100_0000,
                value,
            ])
        }
        3 => {
            case.vectors[1] = dice.pick(&[
                value,
                base + TABLE + CODE,
                base + 0x2801,
                base + 0x9001,
                0xFFFF_FFFF,
            ])
        }
        4 => case.vectors = [0xFFFF_FFFF; 2],
        5 => case.over.push((TABLE + CODE, vec![0xFF; 4])),
        6 => case.table = dice.pick(&[0x2004, 0x2400, 0x3000, 0x6_0000, 0x1400]),
        7 => case.shift = dice.pick(&[0x400, 0x1000]),
        8 => {
            case.dcd = dcd(dice);
            if let Some(ivt) = &mut case.ivt {
                ivt.dcd = dice.pick(&[
                    base + 0x1040,
                    base + 0x1040,
                    base + TABLE,
                    base + 0x70_0000,
                    value,
                ]);
            }
        }
        9 => {
            // an interrupted write, or a part of the image erased since
            let from = dice.pick(&[0, 0x1000, 0x1020, 0x2000, 0x2100]);
            case.over
                .push((from, vec![0xFF; dice.pick(&[4, 0x20, 0x100, 0x1000])]));
        }
        10..=13 => {
            if let Some(ivt) = &mut case.ivt {
                match dice.below(6) {
                    0 => ivt.entry = value,
                    1 => {
                        ivt.self_address =
                            dice.pick(&[value, FLASH + 0x400, DTCM + IVT, SDRAM + IVT, 0x2000_0400])
                    }
                    2 => ivt.boot_data = dice.pick(&[value, base + 0x1030, base + TABLE]),
                    3 => ivt.csf = dice.pick(&[value, base + 0x3000]),
                    4 => ivt.version = dice.pick(&[0x30, 0x4F, 0x50, 0x00]),
                    _ => {
                        ivt.entry = dice.pick(&[
                            base + TABLE + CODE,
                            base + TABLE + CODE + 3,
                            base + TABLE + 4,
                        ])
                    }
                }
            }
        }
        14..=17 => {
            if let Some(data) = &mut case.data {
                match dice.below(4) {
                    0 => data.start = dice.pick(&[value & !0xFF, base + 0x400, base + 0x1000, 0]),
                    1 => {
                        data.length = dice.pick(&[
                            0,
                            0x1000,
                            0x101F,
                            0x1020,
                            0x2000,
                            0x2100,
                            0x2102,
                            0x1_0000,
                            0x8_0000,
                            0xFFFF_FFFF,
                        ])
                    }
                    2 => data.plugin = dice.pick(&[1, 2, 0xFFFF_FFFF]),
                    _ => data.length = dice.below(0x4000),
                }
            }
        }
        _ => {
            let bytes = (0..dice.pick(&[1, 4, 32]))
                .map(|_| dice.next() as u8)
                .collect();
            case.over.push((
                dice.pick(&[0, 0x1000, 0x1004, 0x1020, 0x2000, 0x2100]) + dice.below(32),
                bytes,
            ));
        }
    }
}

fn generate(pairs: &[Pair], all: &[Part], dice: &mut Dice) -> Case {
    let at = dice.below(pairs.len() as u32) as usize;
    let Pair { part, sim } = &pairs[at];
    let mut fcb = match dice.once_in(6) {
        true => all[dice.below(all.len() as u32) as usize].boot_fcb(),
        false => part.boot_fcb(),
    };
    for _ in 0..dice.pick(&[0, 0, 0, 1, 1, 2]) {
        change_fcb(&mut fcb, dice);
    }
    let base = match dice.once_in(5) {
        true => dice.pick(&[ITCM, DTCM, DTCM_HIGH, OCRAM, SDRAM]),
        false => FLASH,
    };
    let mut case = Case::sound(at, base, fcb, dice);
    for _ in 0..dice.pick(&[0, 0, 0, 1, 1, 2, 3]) {
        change_image(&mut case, dice);
    }
    if dice.once_in(25) {
        case.fcb = None;
    }
    case.status = match dice.below(8) {
        0 => [0; 3],
        1 => [dice.next() as u8, dice.next() as u8, 0].map(|byte| byte & !3 | byte & 2),
        _ => [0x40, 0x02, 0],
    };
    case.status[0] &= !3;
    if sim.status_registers < 2 {
        case.status[1] = 0;
    }
    // latency codes and dummy bits; not the bits of the third register for other modes
    if dice.once_in(3) {
        case.status[1] |= dice.pick(&[0x10, 0x40, 0x80, 0xC0]);
        case.status[2] = dice.pick(&[0, 1]);
    }
    if dice.once_in(20) {
        case.boot_cfg = dice.pick(&[1, 2, 4, 8, 12, 14, 0x10, 0x20, 0x100]);
    }
    case.second_pins = dice.once_in(40);
    case.closed = dice.once_in(40);
    if let Some(ivt) = case.ivt.as_mut().filter(|_| dice.once_in(12)) {
        ivt.csf = case.base + 0x3000;
        case.over
            .push((0x3000, vec![0xD4, 0, 8, 0x42, 0xC0, 0, 4, 0]));
    }
    case
}

/// The ROM's answer: where it starts, or why not.
fn rom(trial: &mut BootTrial, case: &Case, pieces: &[(u32, Vec<u8>)]) -> Result<u32, String> {
    let flash: Vec<(u32, &[u8])> = pieces.iter().map(|(at, bytes)| (*at, &bytes[..])).collect();
    let fuses: &[(usize, u32)] = if case.closed { &[(6, 2)] } else { &[] };
    let booted = trial.power_on(&PowerOn {
        flash: &flash,
        status: case.status,
        straps: Straps {
            boot_mode: BootMode::InternalBoot,
            boot_cfg: case.boot_cfg,
        },
        fuses,
        second_pins: case.second_pins,
    });
    match booted {
        Booted::Application(start) => Ok(start.entry),
        Booted::SerialDownload(why) | Booted::Nothing(why) => Err(why),
        _ => Err("something else".into()),
    }
}

/// The flash content, gaps kept.
fn memory(pieces: &[(u32, Vec<u8>)]) -> Memory {
    let mut memory = Memory::new();
    for (offset, bytes) in pieces {
        memory
            .replace(FLASH + offset, bytes.clone())
            .expect("inside the flash");
    }
    memory
}

/// As much of it as a board is asked for.
fn read_back(all: &Memory, size: u32) -> Memory {
    let map = chip().map;
    let mut memory = Memory::new();
    while let Some((address, length)) = next_piece(&memory, &map, size) {
        let bytes = all.filled(address, length as usize, 0xFF);
        memory.replace(address, bytes).expect("inside the flash");
    }
    memory
}

fn chip() -> &'static Chip {
    Chip::by_name("rt1021").expect("a chip of the table")
}

fn verdict(part: &Part, sim: &SimPart, case: &Case, memory: &Memory) -> Verdict {
    let parts = std::slice::from_ref(part);
    let status = StatusRegisters {
        sr1: case.status[0],
        sr2: (sim.status_registers > 1).then_some(case.status[1]),
        sr3: (sim.status_registers > 2).then_some(case.status[2]),
    };
    let hab = match case.closed {
        true => Hab::Closed,
        false => Hab::Open,
    };
    let there = Conditions::default()
        .parts(parts)
        .status(status)
        .hab(hab)
        .boot_pins(chip().boot_config(case.boot_cfg.into()), case.second_pins);
    Verdict::of(memory, chip(), &there)
}

/// What sets an FCB apart from that of the part.
fn set_up(fcb: &Fcb, part: &Part) -> String {
    let fields: Vec<String> = fcb
        .diff(&part.boot_fcb())
        .iter()
        .map(|diff| format!("{} {}", diff.this.name, diff.this.value))
        .collect();
    format!("{}; {}", fcb.sequence(0), fields.join(", "))
}

/// Reasons that must come up, so that a generator that lost one is seen.
const MUST_OCCUR: &[&str] = &[
    "boot-data-contradicts",
    "boot-data-empty",
    "boot-data-outside",
    "boot-data-start",
    "dcd-broken",
    "entry-outside-boot-data",
    "entry-outside-image",
    "fcb-continuous",
    "fcb-controller",
    "fcb-kind",
    "fcb-misplaced",
    "fcb-missing",
    "fcb-no-read",
    "fcb-read-misfit",
    "fcb-read-open",
    "fcb-setup-open",
    "fcb-size",
    "fcb-version",
    "image-past-flash",
    "flash-alias",
    "hab-unchecked",
    "hab-unsigned",
    "ivt-missing",
    "ivt-self-mismatch",
    "ivt-stray",
    "not-for-flash",
    "past-fcb-size",
    "past-read-reach",
    "plugin",
    "plugin-flag",
    "quad-enable-clear",
    "ram-overflow",
    "ram-past-default",
    "reset-erased",
    "reset-even",
    "reset-outside-boot-data",
    "reset-outside-image",
    "sdram-without-dcd",
    "stack-outside-ram",
    "strap-boot-device",
    "strap-encrypted",
    "strap-first-pins",
    "strap-flash-type",
    "strap-four-byte",
    "strap-second-pins",
    "vectors-blank",
];

#[test]
fn verdict_and_virtual_rom_agree() {
    let pairs = pairs();
    assert!(pairs.len() >= 5, "{} parts in both", pairs.len());
    let all: Vec<Part> = database::parts().collect();
    let mut trials: Vec<BootTrial> = pairs
        .iter()
        .map(|pair| BootTrial::new(pair.sim.clone()))
        .collect();
    let (mut counts, mut reasons) = (BTreeMap::new(), BTreeMap::new());
    let mut differences = Vec::new();
    for seed in 0..CASES {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ u64::from(seed) << 20 | 1);
        dice.next();
        let case = generate(&pairs, &all, &mut dice);
        let pieces = case.pieces();
        let Pair { part, sim } = &pairs[case.part];
        let content = memory(&pieces);
        let told = verdict(part, sim, &case, &content);
        let booted = rom(&mut trials[case.part], &case, &pieces);
        *counts.entry(told.starts.name()).or_insert(0_u32) += 1;
        for reason in &told.reasons {
            *reasons
                .entry((told.starts.name(), reason.code()))
                .or_insert(0_u32) += 1;
        }
        let set_up = case
            .fcb
            .as_ref()
            .map_or(String::new(), |fcb| set_up(fcb, part));
        let mut differs = |what: &str, told: &Verdict| {
            let codes: Vec<String> = told.reasons.iter().map(ToString::to_string).collect();
            let name = told.starts.name();
            differences.push(format!(
                "seed {seed}, {}: {what} says {name}, {codes:?}; ROM {booted:x?}; FCB {set_up}",
                sim.name
            ));
        };
        let starts = booted.is_ok();
        if told.starts.known().is_some_and(|says| says != starts) {
            differs("the verdict", &told);
        }
        let by_bytes = Verdict::of(&content, chip(), &Conditions::default());
        let refuses = by_bytes.starts == Starts::No;
        if by_bytes.starts == Starts::Yes || refuses && starts {
            differs("the verdict without a part", &by_bytes);
        }
        // the FCB alone, as `fcb check` looks at it
        if let Some(fcb) = &case.fcb {
            let stops = |part| {
                let errors = judge_fcb(fcb, part, chip());
                let mut errors = errors.into_iter();
                errors.find(|finding| finding.severity >= Severity::Error)
            };
            if let Some(error) = stops(None)
                && (starts || !refuses)
            {
                differs(&format!("the FCB alone ({error}), the bytes"), &by_bytes);
            }
            if let Some(error) = stops(Some(part))
                && (starts || told.starts == Starts::Yes)
            {
                differs(
                    &format!("the FCB on the part ({error}), the verdict"),
                    &told,
                );
            }
        }
        // a board is read piece by piece; a share of the cases is enough for that, and takes less time
        if seed % 8 != 0 {
            continue;
        }
        // what lies past the FCB's size is seen in a file, and not looked for on a board
        let read = verdict(part, sim, &case, &read_back(&content, part.size));
        let sees_more = told.has(&found::IMAGE_PAST_FLASH) && told.starts == Starts::Unknown;
        if read.starts != told.starts && !sees_more {
            differs("the verdict on what is read back", &read);
        }
    }
    eprintln!("{CASES} cases: {counts:?}");
    for ((starts, code), count) in &reasons {
        eprintln!("  {starts:8} {count:6} {code}");
    }
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences[..differences.len().min(25)].join("\n")
    );
    let many = |name: &str, at_least: u32| {
        let count = counts.get(name).copied().unwrap_or(0);
        assert!(
            count >= at_least,
            "{count} cases {name}, expected {at_least}"
        );
    };
    many("yes", CASES / 5);
    many("no", CASES / 5);
    assert!(counts["unknown"] < CASES / 8, "{counts:?}");
    for code in MUST_OCCUR {
        assert!(
            reasons.keys().any(|(_, known)| known == code),
            "{code} never comes up"
        );
    }
}
