use crate::clock::Clock;
use crate::nor::{Cycle, Nor, Part};

/// A part with known bytes, quad enable set, and the commands that a test needs.
struct Bench {
    nor: Nor,
    clock: Clock,
}

impl Bench {
    fn new(part: &str) -> Bench {
        let mut nor = Nor::new(Part::find(part).expect("a part"));
        nor.memory
            .iter_mut()
            .enumerate()
            .for_each(|(at, cell)| *cell = (at ^ at >> 8 ^ at >> 16 ^ at >> 24) as u8);
        nor.busy_polls = 0;
        nor.set_quad_enabled(true);
        let clock = Clock::new();
        Bench { nor, clock }
    }

    fn play(&mut self, cycle: Cycle) -> Vec<u8> {
        self.nor.cycle(&cycle, &mut self.clock)
    }

    fn command(&mut self, opcode: u8, data: &[u8]) {
        let pads = if self.nor.in_qpi() { 4 } else { 1 };
        self.play(Cycle {
            opcode: Some(opcode),
            opcode_pads: pads,
            write: data.to_vec(),
            ..Cycle::new(0)
        });
    }

    /// A command with 24 address bits on one wire.
    fn at(&mut self, opcode: u8, address: u32, read_len: usize) -> Vec<u8> {
        self.play(Cycle {
            opcode: Some(opcode),
            address_bits: 24,
            read_len,
            ..Cycle::new(address)
        })
    }

    fn enabled(&mut self, opcode: u8, data: &[u8]) {
        self.command(0x06, &[]);
        self.command(opcode, data);
    }

    fn register(&mut self, opcode: u8) -> u8 {
        let pads = if self.nor.in_qpi() { 4 } else { 1 };
        self.play(Cycle {
            opcode: Some(opcode),
            opcode_pads: pads,
            read_len: 1,
            ..Cycle::new(0)
        })[0]
    }

    /// Does a read with so many clocks of waiting give the bytes of the array?
    fn reads(&mut self, opcode: u8, (address_pads, pads): (u8, u8), wait: u32) -> bool {
        let answer = self.play(Cycle {
            opcode: Some(opcode),
            opcode_pads: if self.nor.in_qpi() { 4 } else { 1 },
            address_bits: 24,
            address: 0x100,
            address_pads,
            pads,
            wait,
            read_len: 8,
            ..Cycle::new(0)
        });
        answer == self.nor.memory[0x100..0x108]
    }

    /// The only number of clocks with which the quad read works.
    fn quad_clocks(&mut self) -> Vec<u32> {
        (0..20)
            .filter(|wait| self.reads(0xEB, (4, 4), *wait))
            .collect()
    }
}

#[test]
fn each_family_sets_its_dummy_clocks() {
    // part, command, data; then the clocks of the quad read before and after
    let cases: [(&str, u8, &[u8], u32, u32); 13] = [
        ("is25lp064a", 0xC0, &[0xF0], 6, 8),
        ("is25lp064a", 0x63, &[0xE8], 6, 4),
        ("is25lp064d", 0xC0, &[0x40], 6, 8),
        ("is25lp064d", 0xC0, &[0xF0], 6, 14),
        ("w25q64jv", 0xC0, &[0xF0], 6, 6),
        ("mx25l12845g", 0x01, &[0x40, 0xC7], 6, 10),
        ("mx25l6433f", 0x01, &[0x40, 0x47], 6, 10),
        ("gd25q64e", 0x31, &[0x12], 6, 10),
        ("gd25b128e", 0x11, &[0x01], 6, 10),
        ("mt25ql128aba", 0x81, &[0x6B], 10, 6),
        ("s25fl064l", 0x01, &[0x00, 0x02, 0x00, 0x75], 8, 5),
        ("s25fl256s", 0x01, &[0x00, 0xC2], 6, 3),
        ("en25qh64", 0xC0, &[0xF0], 6, 6),
    ];
    for (part, opcode, data, before, after) in cases {
        let mut bench = Bench::new(part);
        assert_eq!(bench.quad_clocks(), [before], "{part}");
        bench.enabled(opcode, data);
        assert_eq!(bench.quad_clocks(), [after], "{part} {opcode:02x}");
    }
}

#[test]
fn power_off_undoes_what_is_volatile() {
    let cases: [(&str, u8, &[u8], bool); 8] = [
        ("is25lp064a", 0xC0, &[0xF0], true),
        ("is25lp064a", 0x65, &[0xF0], false),
        ("mx25l12845g", 0x01, &[0x40, 0xC7], true),
        ("gd25q64e", 0x31, &[0x12], false),
        ("mt25ql128aba", 0x81, &[0x6B], true),
        ("mt25ql128aba", 0x61, &[0x7F], true),
        ("s25fl064l", 0x01, &[0x00, 0x02, 0x00, 0x75], false),
        ("s25fl256s", 0x01, &[0x00, 0xC2], false),
    ];
    for (part, opcode, data, volatile) in cases {
        let mut bench = Bench::new(part);
        let before = (bench.nor.lasting(), bench.nor.effective());
        bench.enabled(opcode, data);
        let changed = (bench.nor.lasting(), bench.nor.effective());
        assert_ne!(changed, before, "{part}");
        bench.nor.power_cycle();
        let after = (bench.nor.lasting(), bench.nor.effective());
        assert_eq!(after, if volatile { before } else { changed }, "{part}");
    }
}

#[test]
fn writes_without_write_enable_change_nothing() {
    for (part, opcode) in [
        ("is25lp064a", 0xC0),
        ("is25lp064d", 0x65),
        ("mx25l12845g", 0x01),
        ("mt25ql128aba", 0x81),
        ("mt25ql128aba", 0xB1),
        ("s25fl064l", 0x71),
    ] {
        let mut bench = Bench::new(part);
        let before = (
            bench.nor.lasting(),
            bench.nor.status,
            bench.nor.non_volatile,
        );
        bench.command(opcode, &[0x70, 0x70]);
        let after = (
            bench.nor.lasting(),
            bench.nor.status,
            bench.nor.non_volatile,
        );
        assert_eq!(after, before, "{part}");
    }
}

#[test]
fn reset_commands_bring_the_defaults_back() {
    for (part, reset) in [("is25lp064a", &[0x66u8, 0x99][..]), ("s25fl256s", &[0xF0])] {
        let mut bench = Bench::new(part);
        let before = bench.nor.lasting();
        match part {
            "s25fl256s" => bench.command(0x17, &[0x80]),
            _ => bench.enabled(0xC0, &[0xF0]),
        }
        assert_ne!(bench.nor.lasting(), before);
        reset.iter().for_each(|opcode| bench.command(*opcode, &[]));
        assert_eq!(bench.nor.lasting(), before, "{part}");
    }
}

#[test]
fn winbond_read_parameters_count_in_qpi_only() {
    let mut bench = Bench::new("w25q128fv");
    bench.command(0xC0, &[0x20]);
    assert_eq!(bench.quad_clocks(), [6]);
    bench.command(0x38, &[]);
    assert!(bench.nor.in_qpi());
    assert_eq!(bench.quad_clocks(), [2]);
    bench.command(0xC0, &[0x20]);
    assert_eq!(bench.quad_clocks(), [6]);
    bench.command(0xFF, &[]);
    assert!(!bench.nor.in_qpi());
}

#[test]
fn micron_takes_its_non_volatile_register_at_power_on() {
    let mut bench = Bench::new("mt25ql128aba");
    bench.enabled(0xB1, &[0xFF, 0x8F]);
    assert_eq!(bench.quad_clocks(), [10]);
    bench.nor.power_cycle();
    assert_eq!(bench.quad_clocks(), [8]);
    // bit 3 clear: commands on four wires from power-on
    bench.enabled(0xB1, &[0xF7, 0xFF]);
    bench.nor.power_cycle();
    assert!(bench.nor.in_qpi());
}

#[test]
fn status_set_by_50h_lasts_until_power_off() {
    let mut bench = Bench::new("w25q64jv");
    bench.nor.set_quad_enabled(false);
    bench.command(0x50, &[]);
    bench.command(0x31, &[0x02]);
    assert!(bench.nor.quad_enabled());
    assert_eq!(bench.nor.status, [0; 3]);
    bench.nor.power_cycle();
    assert!(!bench.nor.quad_enabled());
    // an ISSI part has no such command
    let mut issi = Bench::new("is25lp064a");
    issi.nor.set_quad_enabled(false);
    issi.command(0x50, &[]);
    issi.command(0x01, &[0x40]);
    assert!(!issi.nor.quad_enabled());
}

#[test]
fn locks_of_the_status_registers_hold_until_power_off() {
    let mut bench = Bench::new("w25q64jv");
    bench.enabled(0x31, &[0x03]);
    bench.enabled(0x01, &[0x1C]);
    assert_eq!(bench.register(0x05) & 0x1C, 0);
    assert_eq!(bench.register(0x35), 0x03);
    bench.nor.power_cycle();
    assert_eq!(bench.register(0x35), 0x02);
    bench.enabled(0x01, &[0x1C]);
    assert_eq!(bench.register(0x05) & 0x1C, 0x1C);
}

#[test]
fn locks_of_blocks_close_at_power_on() {
    let mut bench = Bench::new("w25q64jv");
    bench.enabled(0x11, &[0x04]);
    assert_eq!(bench.nor.protected(), 0..8 << 20);
    bench.enabled(0x98, &[]);
    assert!(bench.nor.protected().is_empty());
    bench.nor.power_cycle();
    assert_eq!(bench.nor.protected(), 0..8 << 20);
}

/// Whether an erase of the 4 KiB at an address changes them.
fn erases(bench: &mut Bench, address: u32) -> bool {
    let start = address as usize;
    bench.nor.memory[start..start + 0x1000].fill(0x5A);
    bench.command(0x06, &[]);
    bench.at(0x20, address, 0);
    bench.nor.memory[start] == 0xFF
}

#[test]
fn each_block_has_a_lock_of_its_own() {
    let mut bench = Bench::new("w25q64jv");
    let (sector, block, top) = (0x3000, 0x5_0000, 0x7F_E000);
    assert!(erases(&mut bench, block), "the locks do not count yet");
    bench.enabled(0x11, &[0x04]);
    for address in [sector, block, top] {
        assert_eq!(bench.at(0x3D, address + 0x123, 1), [1]);
        assert!(!erases(&mut bench, address));
        bench.at(0x39, address, 0);
        assert_eq!(bench.at(0x3D, address, 1), [1], "no write enable");
        bench.command(0x06, &[]);
        bench.at(0x39, address, 0);
        assert_eq!(bench.at(0x3D, address, 1), [0]);
        assert!(erases(&mut bench, address));
    }
    // a lock in the first and the last 64 KiB is for 4 KiB, others for their 64 KiB
    assert!(erases(&mut bench, block + 0xF000) && !erases(&mut bench, block + 0x1_0000));
    assert!(!erases(&mut bench, sector + 0x1000) && !erases(&mut bench, top + 0x1000));
    bench.command(0x06, &[]);
    bench.at(0x36, block, 0);
    assert!(!erases(&mut bench, block));
    bench.enabled(0x7E, &[]);
    assert!(!erases(&mut bench, sector));
    // a chip erase wants every lock open
    bench.nor.memory[0] = 0x5A;
    bench.enabled(0xC7, &[]);
    assert_eq!(bench.nor.memory[0], 0x5A);
    bench.enabled(0x98, &[]);
    bench.enabled(0xC7, &[]);
    assert_eq!(bench.nor.memory[0], 0xFF);
}

#[test]
fn parts_without_locks_do_not_answer_3dh() {
    for part in ["is25lp064a", "gd25q64c", "mx25l12845g"] {
        let mut bench = Bench::new(part);
        assert_eq!(bench.at(0x3D, 0, 1), [0xFF], "{part}");
    }
}

#[test]
fn wp_pin_locks_nothing_with_quad_enable_set() {
    for (part, quad, locked) in [
        ("is25lp064a", [0xC0u8, 0], [0x80, 0]),
        ("w25q64jv", [0x80, 2], [0x80, 0]),
    ] {
        let mut bench = Bench::new(part);
        bench.nor.write_protect_high = false;
        bench.nor.status = [locked[0], locked[1], 0];
        bench.enabled(0x01, &[locked[0] | 0x1C]);
        assert_eq!(bench.nor.status[0] & 0x1C, 0, "{part}");
        bench.nor.status = [quad[0], quad[1], 0];
        bench.enabled(0x01, &[quad[0] | 0x1C]);
        assert_eq!(bench.nor.status[0] & 0x1C, 0x1C, "{part}");
    }
}

#[test]
fn large_parts_change_their_address_length() {
    let read = |bench: &mut Bench, opcode: u8, bits: u8, address: u32| {
        bench.play(Cycle {
            opcode: Some(opcode),
            address_bits: bits,
            address,
            read_len: 4,
            ..Cycle::new(address)
        }) == bench.nor.memory[address as usize..address as usize + 4]
    };
    for (part, enter) in [
        ("w25q256jv", (0xB7, &[][..])),
        ("mx25l25645g", (0xB7, &[][..])),
        ("mt25ql256aba", (0xB7, &[][..])),
        ("s25fl256s", (0x17, &[0x80][..])),
    ] {
        let mut bench = Bench::new(part);
        assert!(read(&mut bench, 0x13, 32, 0x12_3456 + (1 << 24)), "{part}");
        assert!(read(&mut bench, 0x03, 24, 0x12_3456), "{part}");
        bench.command(enter.0, enter.1);
        assert!(!read(&mut bench, 0x03, 24, 0x12_3456), "{part}");
        assert!(read(&mut bench, 0x03, 32, 0x12_3456 + (1 << 24)), "{part}");
        bench.nor.power_cycle();
        assert!(read(&mut bench, 0x03, 24, 0x12_3456), "{part}");
    }
}

#[test]
fn winbond_status_3_tells_and_keeps_the_address_length() {
    let mut bench = Bench::new("w25q256jv");
    bench.command(0xB7, &[]);
    assert_eq!(bench.register(0x15), 0x01);
    bench.enabled(0x11, &[0x02]);
    bench.nor.power_cycle();
    assert_eq!(bench.register(0x15), 0x03);
}

#[test]
fn sectors_of_256_kib_have_no_smaller_erase() {
    let mut bench = Bench::new("s25fl256s");
    let erase = |bench: &mut Bench, opcode: u8| {
        bench.command(0x06, &[]);
        bench.play(Cycle {
            opcode: Some(opcode),
            address_bits: 24,
            ..Cycle::new(0x5_0000)
        });
    };
    let before = bench.nor.memory.clone();
    erase(&mut bench, 0x20);
    assert!(bench.nor.memory == before);
    erase(&mut bench, 0xD8);
    assert!(
        bench.nor.memory[0x4_0000..0x8_0000]
            .iter()
            .all(|byte| *byte == 0xFF)
    );
    assert!(bench.nor.memory[..0x4_0000] == before[..0x4_0000]);
    assert!(bench.nor.memory[0x8_0000..] == before[0x8_0000..]);
}

#[test]
fn infineon_stays_busy_after_a_refused_erase() {
    let mut bench = Bench::new("s25fl256s");
    bench.enabled(0x01, &[0x1C, 0x02]);
    bench.command(0x06, &[]);
    bench.play(Cycle {
        opcode: Some(0xD8),
        address_bits: 24,
        ..Cycle::new(0)
    });
    assert_eq!(bench.register(0x05) & 0x21, 0x21);
    bench.command(0x30, &[]);
    assert_eq!(bench.register(0x05) & 0x21, 0);
}

#[test]
fn parts_without_quad_enable_read_on_four_wires() {
    let mut bench = Bench::new("mt25ql128aba");
    bench.nor.set_quad_enabled(false);
    assert!(bench.nor.quad_enabled());
    assert_eq!(bench.quad_clocks(), [10]);
}

#[test]
fn torn_status_write_leaves_old_new_both_or_nothing() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..32 {
        let mut bench = Bench::new("is25lp064a");
        bench.enabled(0x01, &[0x4C]);
        bench.nor.cut_after = Some(0);
        bench.nor.cut_tears = Some(seed);
        bench.enabled(0x01, &[0x58]);
        assert!(bench.nor.cut);
        seen.insert(bench.nor.status[0]);
    }
    assert_eq!(seen, [0x00, 0x48, 0x4C, 0x58].into());
}
