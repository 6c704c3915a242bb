//! Boards in trouble, each of one kind, and the files that lie beside them.

use rtboot_sim::clock::Clock;
use rtboot_sim::nor::{Cycle, Part};
use rtboot_sim::{BootMode, Fault, ReportFault, Settings};

use crate::kit::cli::{Cli, patched};
use crate::kit::random::Random;
use crate::kit::{app, app_bytes, hex};

/// Quad enable of the default part, in its status register 1.
const QUAD: u8 = 0x40;
/// The default part.
pub const PART: &str = "IS25LP064A";
/// Where the applications made here lie: one that the ROM starts, and one for a boot loader.
const BOOT: u32 = 0x6000_2000;
const SLOT: u32 = 0x6002_0000;

/// One kind of trouble.
pub struct Trouble {
    pub name: &'static str,
    make: fn(&mut Random) -> Cli,
}

impl Trouble {
    /// A board in this trouble, with the files of [`FILES`] beside it.
    pub fn board(&self, random: &mut Random) -> Cli {
        let cli = (self.make)(random);
        files(&cli);
        cli
    }
}

/// An application without code behind its reset handler; `fill` tells versions apart.
fn application(table: u32, length: usize, fill: u8) -> Vec<u8> {
    let vectors = [0x2001_0000u32, table + 0x401]
        .map(u32::to_le_bytes)
        .concat();
    let mut bytes: Vec<u8> = (0..length).map(|n| (n as u8 & 0x3F) ^ fill).collect();
    bytes[..8].copy_from_slice(&vectors);
    bytes[0x400..0x402].copy_from_slice(&[0xFE, 0xE7]); // b .
    bytes
}

/// What lies beside every board.
fn files(cli: &Cli) {
    std::fs::copy(app("blinky.elf"), cli.path("app.elf")).expect("copied");
    cli.file("image.bin", app_bytes("blinky_boot.bin"));
    cli.file("v1.hex", hex(BOOT, &application(BOOT, 0x3000, 1)));
    cli.file("v2.hex", hex(BOOT, &application(BOOT, 0x3000, 2)));
    cli.file("slot.hex", hex(SLOT, &application(SLOT, 0x1800, 3)));
    cli.file("settings.bin", [0x5A; 0x300]);
}

/// The example as a whole image, and quad enable set.
fn healthy() -> Settings {
    Settings {
        flash: app_bytes("blinky_boot.bin"),
        status: [QUAD, 0, 0],
        ..Settings::default()
    }
}

fn with_fault(fault: Fault) -> Cli {
    Cli::with(Settings {
        faults: vec![fault],
        ..healthy()
    })
}

fn with_image(patches: &[(usize, &[u8])]) -> Cli {
    Cli::with(Settings {
        flash: patched(app_bytes("blinky_boot.bin"), patches),
        ..healthy()
    })
}

fn with_status(part: &str, status: [u8; 3], faults: Vec<Fault>) -> Cli {
    Cli::with(Settings {
        part: Part::find(part).expect("a part"),
        status,
        faults,
        ..healthy()
    })
}

/// Plays these commands on the flash, as an application that left the flash so.
fn after_commands(commands: &[(u8, &[u8])]) -> Cli {
    let cli = Cli::with(healthy());
    let mut board = cli.board();
    for (opcode, write) in commands {
        let cycle = Cycle {
            opcode: Some(*opcode),
            write: write.to_vec(),
            ..Cycle::new(0)
        };
        board.nor_mut().cycle(&cycle, &mut Clock::new());
    }
    board.save().expect("saved");
    cli
}

fn in_continuous_read() -> Cli {
    let cli = Cli::with(healthy());
    let mut board = cli.board();
    let read = Cycle {
        opcode: Some(0xEB),
        address_bits: 24,
        address_pads: 4,
        mode: Some(0xA5),
        wait: 4,
        pads: 4,
        read_len: 4,
        ..Cycle::new(0)
    };
    board.nor_mut().cycle(&read, &mut Clock::new());
    board.save().expect("saved");
    cli
}

/// Runs a command while power goes in one of its flash operations; power is back then.
fn cut(cli: &Cli, at: u64, args: &[&str]) {
    files(cli);
    cli.set_faults(&[Fault::PowerCut { at }]);
    cli.run(args);
    cli.set_faults(&[]);
}

fn written(file: &str) -> Cli {
    let cli = Cli::fresh();
    files(&cli);
    cli.run(&["write", "--fcb", PART, file]).good();
    cli
}

/// A boot loader in flash, and its application behind it.
fn second_stage() -> Cli {
    let cli = written("v1.hex");
    cli.run(&["write", "--second-stage", "slot.hex"]).good();
    cli
}

/// Clears a byte behind the back of everybody.
fn spoil(cli: &Cli, offset: usize, bytes: &[u8]) {
    let mut flash = cli.flash();
    flash.resize(flash.len().max(offset + bytes.len()), 0xFF);
    flash[offset..offset + bytes.len()].copy_from_slice(bytes);
    std::fs::write(cli.path("board/flash.bin"), flash).expect("written");
}

const HYPER: &[(usize, &[u8])] = &[
    (0x00C, &[3]),
    (0x00F, &[3]),
    (0x040, &[0x59]),
    (0x045, &[8, 7]),
    (
        0x080,
        &[
            0xA0, 0x87, 0x18, 0x8B, 0x10, 0x8F, 0x06, 0xB3, 0x04, 0xA7, 0, 0,
        ],
    ),
];

/// All kinds of trouble.
pub const TROUBLES: &[Trouble] = &[
    Trouble {
        name: "blank",
        make: |_| Cli::fresh(),
    },
    Trouble {
        name: "healthy",
        make: |_| Cli::with(healthy()),
    },
    Trouble {
        name: "quad enable clear",
        make: |_| with_status("is25lp064a", [0; 3], vec![]),
    },
    Trouble {
        name: "protected",
        make: |_| with_status("is25lp064a", [QUAD | 0x3C, 0, 0], vec![]),
    },
    Trouble {
        name: "protected and blank",
        make: |_| {
            Cli::with(Settings {
                status: [0x3C, 0, 0],
                ..Settings::default()
            })
        },
    },
    Trouble {
        name: "protected, WP# low",
        make: |_| with_status("is25lp064a", [0xBC, 0, 0], vec![Fault::WriteProtectLow]),
    },
    Trouble {
        name: "status locked, WP# low",
        make: |_| with_status("is25lp064a", [0x80, 0, 0], vec![Fault::WriteProtectLow]),
    },
    Trouble {
        name: "block locks",
        make: |_| with_status("w25q64jv", [0, 2, 4], vec![]),
    },
    Trouble {
        name: "locked until power-off",
        make: |_| with_status("w25q64jv", [0x1C, 3, 0], vec![]),
    },
    Trouble {
        name: "HyperFlash FCB",
        make: |_| with_image(HYPER),
    },
    Trouble {
        name: "8 dummies",
        make: |_| with_image(&[(0x084, &[8])]),
    },
    Trouble {
        name: "no FCB",
        make: |_| with_image(&[(0, &[0xFF; 0x200])]),
    },
    Trouble {
        name: "FCB overwritten",
        make: |_| with_image(&[(0, &[0x12; 0x200])]),
    },
    Trouble {
        name: "clock 9",
        make: |_| with_image(&[(0x46, &[9])]),
    },
    Trouble {
        name: "FCB of a larger part",
        make: |_| with_image(&[(0x53, &[2])]),
    },
    Trouble {
        name: "no IVT",
        make: |_| with_image(&[(0x1000, &[0xFF; 0x20])]),
    },
    Trouble {
        name: "erased vectors",
        make: |_| {
            with_image(&[
                (0x1004, &0x6000_2000u32.to_le_bytes()),
                (0x2000, &[0xFF; 8]),
            ])
        },
    },
    Trouble {
        name: "erased entry",
        make: |_| with_image(&[(0x2200, &[0xFF; 0x200])]),
    },
    Trouble {
        name: "entry nowhere",
        make: |_| with_image(&[(0x1004, &0x6040_0001u32.to_le_bytes())]),
    },
    Trouble {
        name: "DCD in erased flash",
        make: |_| with_image(&[(0x100C, &0x6001_0000u32.to_le_bytes())]),
    },
    Trouble {
        name: "lost bit",
        make: |_| with_image(&[(0x2240, &[0])]),
    },
    Trouble {
        name: "zeros",
        make: |_| {
            Cli::with(Settings {
                flash: vec![0; 0x4000],
                ..healthy()
            })
        },
    },
    Trouble {
        name: "other bytes",
        make: |random| {
            Cli::with(Settings {
                flash: random.bytes(0x4000),
                ..healthy()
            })
        },
    },
    Trouble {
        name: "flashloader in flash",
        make: |_| {
            Cli::with(Settings {
                flash: rtboot_sim::standin_loader().to_vec(),
                ..healthy()
            })
        },
    },
    Trouble {
        name: "shifted image",
        make: |_| {
            let flash = [vec![0xFF; 0x400], app_bytes("blinky_boot.bin")].concat();
            Cli::with(Settings { flash, ..healthy() })
        },
    },
    Trouble {
        name: "broken write",
        make: |random| {
            let cli = written("v1.hex");
            cut(
                &cli,
                1 + random.below(16) as u64,
                &["write", "--fcb", PART, "v2.hex"],
            );
            cli
        },
    },
    Trouble {
        name: "broken write on a blank flash",
        make: |random| {
            let cli = Cli::fresh();
            cut(
                &cli,
                1 + random.below(16) as u64,
                &["write", "--fcb", PART, "app.elf"],
            );
            cli
        },
    },
    Trouble {
        name: "broken write of several pieces",
        make: |random| {
            let cli = written("v1.hex");
            let write = ["write", "--fcb", PART, "v2.hex", "settings.bin@0x60040100"];
            cut(&cli, 1 + random.below(16) as u64, &write);
            cli
        },
    },
    Trouble {
        name: "broken write of data",
        make: |random| {
            let cli = written("v1.hex");
            let write = ["write", "--as-is", "--base", "0x60040000", "settings.bin"];
            cut(&cli, 1 + random.below(4) as u64, &write);
            cli
        },
    },
    Trouble {
        name: "broken write, other bytes since",
        make: |random| {
            let cli = written("v1.hex");
            cut(
                &cli,
                1 + random.below(16) as u64,
                &["write", "--fcb", PART, "v2.hex"],
            );
            spoil(&cli, 0x3000, &[0x11; 0x100]);
            cli
        },
    },
    Trouble {
        name: "broken erase",
        make: |random| {
            let cli = written("v1.hex");
            let at = [0x6000_0000u32, 0x6000_2000, 0x6010_0000][random.below(3)];
            let range = format!("{at:#x}..{:#x}", at + 0x3000);
            cut(&cli, 1 + random.below(3) as u64, &["erase", &range]);
            cli
        },
    },
    Trouble {
        name: "broken write of the second stage",
        make: |random| {
            let cli = second_stage();
            spoil(&cli, 0x2_0800, &[0x00; 0x100]);
            cut(
                &cli,
                1 + random.below(6) as u64,
                &["write", "--second-stage", "slot.hex"],
            );
            cli
        },
    },
    Trouble {
        name: "boot loader",
        make: |_| written("v1.hex"),
    },
    Trouble {
        name: "second stage",
        make: |_| second_stage(),
    },
    Trouble {
        name: "spoilt second stage",
        make: |_| {
            let cli = second_stage();
            spoil(&cli, 0x2_0800, &[0x00; 0x100]);
            cli
        },
    },
    Trouble {
        name: "ignores program",
        make: |_| with_fault(Fault::IgnoresProgram),
    },
    Trouble {
        name: "ignores program and blank",
        make: |_| {
            Cli::with(Settings {
                faults: vec![Fault::IgnoresProgram],
                ..Settings::default()
            })
        },
    },
    Trouble {
        name: "ignores erase",
        make: |_| with_fault(Fault::IgnoresErase),
    },
    Trouble {
        name: "ignores program and erase",
        make: |_| {
            Cli::with(Settings {
                faults: vec![Fault::IgnoresProgram, Fault::IgnoresErase],
                ..healthy()
            })
        },
    },
    Trouble {
        name: "worn sector",
        make: |random| {
            with_fault(Fault::WornSector {
                address: [0, 0x1000, 0x2000, 0x3000][random.below(4)],
            })
        },
    },
    Trouble {
        name: "stuck at zero",
        make: |random| {
            let address = [0x46, 0x1004, 0x2100, 0x2A00][random.below(4)];
            with_fault(Fault::StuckAtZero {
                address,
                bits: 0xFF,
            })
        },
    },
    Trouble {
        name: "stuck at one",
        make: |random| {
            let address = [0x46, 0x1004, 0x2100, 0x2A00][random.below(4)];
            with_fault(Fault::StuckAtOne {
                address,
                bits: 0xFF,
            })
        },
    },
    Trouble {
        name: "absent",
        make: |_| with_fault(Fault::Absent),
    },
    Trouble {
        name: "held in reset",
        make: |_| with_fault(Fault::HeldInReset),
    },
    Trouble {
        name: "second pins",
        make: |_| with_fault(Fault::SecondPins),
    },
    Trouble {
        name: "stuck busy",
        make: |_| with_fault(Fault::StuckBusy),
    },
    Trouble {
        name: "other part",
        make: |_| {
            with_fault(Fault::WrongPart {
                part: "w25q64jv".into(),
            })
        },
    },
    Trouble {
        name: "unknown part",
        make: |_| {
            let mut settings = healthy();
            settings.part.jedec = [0x7F, 0x11, 0x17];
            Cli::with(settings)
        },
    },
    Trouble {
        name: "misread",
        make: |random| {
            let at = 1 + random.below(6) as u64;
            with_fault(Fault::Misread {
                at,
                byte: 7,
                xor: 0x20,
            })
        },
    },
    Trouble {
        name: "in QPI",
        make: |_| after_commands(&[(0x35, &[])]),
    },
    Trouble {
        name: "in power-down",
        make: |_| after_commands(&[(0xB9, &[])]),
    },
    Trouble {
        name: "in continuous read",
        make: |_| in_continuous_read(),
    },
    Trouble {
        name: "closed",
        make: |_| {
            Cli::with(Settings {
                fuses: vec![(6, 2)],
                ..healthy()
            })
        },
    },
    Trouble {
        name: "register reads fused off",
        make: |_| {
            Cli::with(Settings {
                fuses: vec![(6, 1 << 18)],
                ..healthy()
            })
        },
    },
    Trouble {
        name: "other chip",
        make: |_| with_fault(Fault::OtherChip { id: 0x006C_0001 }),
    },
    Trouble {
        name: "pins name another device",
        make: |random| {
            let mut settings = healthy();
            settings.straps.boot_cfg = [1 << 4, 7 << 1, 2 << 1, 1][random.below(4)];
            Cli::with(settings)
        },
    },
    Trouble {
        name: "pins lead to fuses",
        make: |_| {
            let mut settings = healthy();
            settings.straps.boot_mode = BootMode::Fuses;
            Cli::with(settings)
        },
    },
    Trouble {
        name: "application runs",
        make: |_| {
            let mut settings = healthy();
            settings.straps.boot_mode = BootMode::InternalBoot;
            Cli::with(settings)
        },
    },
    Trouble {
        name: "flashloader runs",
        make: |_| {
            let cli = Cli::with(healthy());
            cli.run(&["info"]).good();
            cli
        },
    },
    Trouble {
        name: "link breaks once",
        make: |random| {
            let at = 1 + random.below(120) as u64;
            let what =
                [ReportFault::Drop, ReportFault::Unplug, ReportFault::Stall][random.below(3)];
            with_fault(match random.below(2) {
                0 => Fault::UsbIn { at, what },
                _ => Fault::UsbOut { at, what },
            })
        },
    },
    Trouble {
        name: "unplugged",
        make: |_| {
            let cli = Cli::with(healthy());
            let what = ReportFault::Unplug;
            cli.set_faults(&[Fault::UsbOut { at: 1, what }]);
            cli.run(&["info"]);
            cli.set_faults(&[]);
            cli
        },
    },
    Trouble {
        name: "no board",
        make: |_| Cli::without_board(),
    },
];
