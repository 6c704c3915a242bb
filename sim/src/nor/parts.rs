//! The parts that the virtual board can carry.
//!
//! Identity, sizes and times: public tables (flashrom, SFDP dumps, RT-MFB), see the database of the host for the sources of
//! a value. Registers: data sheets of the families. What is a guess is listed in `docs/dev/virtual-board.md`.

use super::part::{BlockProtect, Continuous, FourByte, PAGE, Part, QuadEnable, Times};
use super::register::ReadRegister;
use crate::sfdp;

const US: u64 = 1_000;
const MS: u64 = 1_000_000;
const S: u64 = 1_000_000_000;

const SR1_BIT6: QuadEnable = QuadEnable {
    register: 0,
    bit: 6,
};
const SR2_BIT1: QuadEnable = QuadEnable {
    register: 1,
    bit: 1,
};

/// Four BP bits from the top of the array on, doubling from 64 KiB (ISSI, Macronix).
const BLOCKS: BlockProtect = BlockProtect {
    mask: 0x3C,
    unit: 0x1_0000,
    bottom: None,
    sector: None,
    complement: None,
    lock: 7,
};

/// Three BP bits, doubling from a 64th of the array, with TB, SEC and CMP (Winbond and those that follow it).
const fn fractions(size: u32) -> BlockProtect {
    BlockProtect {
        mask: 0x1C,
        unit: size / 64,
        bottom: Some(5),
        sector: Some(6),
        complement: Some((1, 6)),
        lock: 7,
    }
}

const ISSI_TIMES: Times = Times {
    page_program: 200 * US,
    erase_4k: 48 * MS,
    erase_32k: 160 * MS,
    erase_64k: 304 * MS,
    erase_chip: 16 * S,
    status: 2 * MS,
};

const WINBOND_TIMES: Times = Times {
    page_program: 704 * US,
    erase_4k: 64 * MS,
    erase_32k: 128 * MS,
    erase_64k: 160 * MS,
    erase_chip: 20 * S,
    status: 2 * MS,
};

const MICRON_TIMES: Times = Times {
    page_program: 120 * US,
    erase_4k: 48 * MS,
    erase_32k: 112 * MS,
    erase_64k: 160 * MS,
    erase_chip: 42 * S,
    status: 2 * MS,
};

impl Part {
    /// Every part.
    pub fn all() -> Vec<Part> {
        vec![
            Part::is25lp064a(),
            Part::is25lp064a_sfdp10(),
            Part::is25lp064d(),
            Part::is25wp064a(),
            Part::w25q16jv_im(),
            Part::w25q32jv(),
            Part::w25q64jv(),
            Part::w25q64jv_im(),
            Part::w25q128jv(),
            Part::w25q128fv(),
            Part::w25q256jv(),
            Part::mx25l6433f(),
            Part::mx25l12845g(),
            Part::mx25l25645g(),
            Part::gd25q64c(),
            Part::gd25q64e(),
            Part::gd25b128e(),
            Part::xt25f64b(),
            Part::mt25ql128aba(),
            Part::mt25ql256aba(),
            Part::s25fl064l(),
            Part::s25fl256s(),
            Part::at25sf128a(),
            Part::en25qh64(),
            Part::en25qh128(),
        ]
    }

    /// ISSI IS25LP064A, the part of the RT1020 EVK.
    ///
    /// Source: IS25LP064A data sheet; SFDP layout of its family, see [`sfdp`].
    pub fn is25lp064a() -> Part {
        Part {
            name: "is25lp064a",
            jedec: [0x9D, 0x60, 0x17],
            jedec_tail: &[],
            size: 8 << 20,
            quad_enable: SR1_BIT6,
            protect: BLOCKS,
            page: PAGE,
            uniform: None,
            status_registers: 1,
            status_bytes: None,
            volatile_status: false,
            power_lock: None,
            block_locks: None,
            enter_qpi: Some(0x35),
            exit_qpi: 0xF5,
            continuous: Continuous::HighNibbleA,
            four_byte: FourByte::None,
            read_register: ReadRegister::Issi,
            ddr: true,
            sfdp: sfdp::is25lp064a(),
            times: ISSI_TIMES,
        }
    }

    /// The same with JESD216 revision 1.0 tables: nine words, no quad-enable information.
    pub fn is25lp064a_sfdp10() -> Part {
        Part {
            name: "is25lp064a-sfdp10",
            sfdp: sfdp::is25lp064a_1_0(),
            ..Part::is25lp064a()
        }
    }

    /// ISSI IS25LP064D: the id of the A, but four bits of dummy clocks in another place of the read register.
    ///
    /// Source: IS25LP064D data sheet; times and SFDP as the A's.
    pub fn is25lp064d() -> Part {
        Part {
            name: "is25lp064d",
            read_register: ReadRegister::IssiWide,
            ..Part::is25lp064a()
        }
    }

    /// ISSI IS25WP064A, the 1.8 V sister of the LP: the part of the MIMXRT1060-EVK.
    ///
    /// Source: id by flashrom and Zephyr; the read register by RT-MFB; all else as the LP's.
    pub fn is25wp064a() -> Part {
        Part {
            name: "is25wp064a",
            jedec: [0x9D, 0x70, 0x17],
            read_register: ReadRegister::IssiWide,
            ..Part::is25lp064a()
        }
    }

    /// Winbond W25Q16JV-IM, the part of a Teensy 4.0.
    ///
    /// Source: id by flashrom; SFDP and all else as the W25Q64JV's, and that the -IM knows double-rate reads is left out.
    pub fn w25q16jv_im() -> Part {
        Part {
            name: "w25q16jv-im",
            jedec: [0xEF, 0x70, 0x15],
            size: 2 << 20,
            protect: fractions(2 << 20),
            sfdp: sfdp::w25q16jv(),
            times: Times {
                erase_chip: 5 * S,
                ..WINBOND_TIMES
            },
            ..Part::w25q64jv()
        }
    }

    /// Winbond W25Q32JV-IQ, the flash in the package of RT1024 and RT1064.
    ///
    /// Source: MCUBootUtility for the part; id by flashrom, and -IQ or -IM is not known; SFDP as the W25Q64JV's.
    pub fn w25q32jv() -> Part {
        Part {
            name: "w25q32jv",
            jedec: [0xEF, 0x40, 0x16],
            size: 4 << 20,
            protect: fractions(4 << 20),
            sfdp: sfdp::w25q32jv(),
            times: Times {
                erase_chip: 10 * S,
                ..WINBOND_TIMES
            },
            ..Part::w25q64jv()
        }
    }

    /// Winbond W25Q64JV-IM, the part of a Teensy 4.1: another id.
    pub fn w25q64jv_im() -> Part {
        Part {
            name: "w25q64jv-im",
            jedec: [0xEF, 0x70, 0x17],
            ..Part::w25q64jv()
        }
    }

    /// Winbond W25Q64JV-IQ.
    ///
    /// Source: W25Q64JV data sheet.
    pub fn w25q64jv() -> Part {
        Part {
            name: "w25q64jv",
            jedec: [0xEF, 0x40, 0x17],
            jedec_tail: &[],
            size: 8 << 20,
            quad_enable: SR2_BIT1,
            protect: fractions(8 << 20),
            page: PAGE,
            uniform: None,
            status_registers: 3,
            status_bytes: Some(2),
            volatile_status: true,
            power_lock: Some((1, 0)),
            block_locks: Some((2, 2)),
            enter_qpi: None,
            exit_qpi: 0xFF,
            continuous: Continuous::HighNibbleA,
            four_byte: FourByte::None,
            read_register: ReadRegister::None,
            // the SFDP table says true, but the -IQ has none of the commands
            ddr: false,
            sfdp: sfdp::w25q64jv(),
            times: WINBOND_TIMES,
        }
    }

    /// Winbond W25Q128JV-IQ.
    pub fn w25q128jv() -> Part {
        Part {
            name: "w25q128jv",
            jedec: [0xEF, 0x40, 0x18],
            size: 16 << 20,
            protect: fractions(16 << 20),
            sfdp: sfdp::w25q128jv(),
            times: Times {
                erase_chip: 40 * S,
                ..WINBOND_TIMES
            },
            ..Part::w25q64jv()
        }
    }

    /// Winbond W25Q128FV: the id of the JV, nine words of SFDP, and QPI with C0h.
    ///
    /// Source: W25Q128FV data sheet.
    pub fn w25q128fv() -> Part {
        Part {
            name: "w25q128fv",
            enter_qpi: Some(0x38),
            read_register: ReadRegister::WinbondQpi,
            sfdp: sfdp::w25q128fv(),
            ..Part::w25q128jv()
        }
    }

    /// Winbond W25Q256JV-IQ: 32 MiB, no table of 4-byte instructions.
    ///
    /// Source: W25Q256JV data sheet.
    pub fn w25q256jv() -> Part {
        Part {
            name: "w25q256jv",
            jedec: [0xEF, 0x40, 0x19],
            size: 32 << 20,
            protect: BlockProtect {
                bottom: Some(6),
                complement: Some((1, 6)),
                ..BLOCKS
            },
            four_byte: FourByte::ModeInStatus3,
            sfdp: sfdp::w25q256jv(),
            times: Times {
                erase_chip: 80 * S,
                ..WINBOND_TIMES
            },
            ..Part::w25q64jv()
        }
    }

    /// Macronix MX25L6433F: one bit of dummy clocks, no QPI, nine words of SFDP.
    ///
    /// Source: MX25L6433F data sheet; times of the family.
    pub fn mx25l6433f() -> Part {
        Part {
            name: "mx25l6433f",
            jedec: [0xC2, 0x20, 0x17],
            size: 8 << 20,
            enter_qpi: None,
            read_register: ReadRegister::MacronixOne,
            ddr: false,
            sfdp: sfdp::mx25l6433f(),
            ..Part::mx25l12845g()
        }
    }

    /// Macronix MX25L12845G.
    ///
    /// Source: MX25L12845G data sheet.
    pub fn mx25l12845g() -> Part {
        Part {
            name: "mx25l12845g",
            jedec: [0xC2, 0x20, 0x18],
            size: 16 << 20,
            status_bytes: Some(2),
            continuous: Continuous::Toggling,
            read_register: ReadRegister::Macronix,
            sfdp: sfdp::mx25l12845g(),
            times: Times {
                page_program: 384 * US,
                erase_4k: 25 * MS,
                erase_32k: 144 * MS,
                erase_64k: 256 * MS,
                erase_chip: 28 * S,
                status: 2 * MS,
            },
            ..Part::is25lp064a()
        }
    }

    /// Macronix MX25L25645G: 32 MiB with a table of 4-byte instructions.
    ///
    /// Source: MX25L25645G data sheet.
    pub fn mx25l25645g() -> Part {
        Part {
            name: "mx25l25645g",
            jedec: [0xC2, 0x20, 0x19],
            size: 32 << 20,
            four_byte: FourByte::Mode,
            sfdp: sfdp::mx25l25645g(),
            times: Times {
                page_program: 256 * US,
                erase_4k: 30 * MS,
                erase_32k: 192 * MS,
                erase_64k: 384 * MS,
                erase_chip: 112 * S,
                status: 2 * MS,
            },
            ..Part::mx25l12845g()
        }
    }

    /// GigaDevice GD25Q64C: nine-word SFDP, quad enable in status register 2 bit 1.
    ///
    /// Source: GD25Q64C data sheet.
    pub fn gd25q64c() -> Part {
        Part {
            name: "gd25q64c",
            jedec: [0xC8, 0x40, 0x17],
            status_bytes: Some(1),
            block_locks: None,
            sfdp: sfdp::gd25q64c(),
            times: Times {
                page_program: 700 * US,
                erase_4k: 100 * MS,
                erase_32k: 200 * MS,
                erase_64k: 400 * MS,
                erase_chip: 25 * S,
                status: 5 * MS,
            },
            ..Part::w25q64jv()
        }
    }

    /// GigaDevice GD25Q64E: the id of the C; bit 4 of status register 2 asks for 10 dummy clocks.
    ///
    /// Source: RT-MFB for the bit; SFDP of the GD25Q32E.
    pub fn gd25q64e() -> Part {
        Part {
            name: "gd25q64e",
            read_register: ReadRegister::Status {
                register: 1,
                bit: 4,
            },
            sfdp: sfdp::gigadevice_e(8 << 20),
            times: Times {
                page_program: 512 * US,
                erase_4k: 48 * MS,
                erase_32k: 160 * MS,
                erase_64k: 256 * MS,
                erase_chip: 24 * S,
                status: 5 * MS,
            },
            ..Part::gd25q64c()
        }
    }

    /// GigaDevice GD25B128E: 16 MiB; bit 0 of status register 3 asks for 10 dummy clocks.
    ///
    /// Source: RT-MFB for the bit; SFDP and times of the family.
    pub fn gd25b128e() -> Part {
        Part {
            name: "gd25b128e",
            jedec: [0xC8, 0x40, 0x18],
            size: 16 << 20,
            protect: fractions(16 << 20),
            read_register: ReadRegister::Status {
                register: 2,
                bit: 0,
            },
            sfdp: sfdp::gigadevice_e(16 << 20),
            ..Part::gd25q64e()
        }
    }

    /// XTX XT25F64B: a part that the host's database does not know; as the GD25Q64C.
    ///
    /// Source: SPSDK and MCUBootUtility for id and quad enable; the rest is a guess.
    pub fn xt25f64b() -> Part {
        Part {
            name: "xt25f64b",
            jedec: [0x0B, 0x40, 0x17],
            ..Part::gd25q64c()
        }
    }

    /// Micron MT25QL128ABA: no quad enable, dummy clocks in the volatile configuration register.
    ///
    /// Source: MT25QL128ABA data sheet; SFDP of the family.
    pub fn mt25ql128aba() -> Part {
        Part {
            name: "mt25ql128aba",
            jedec: [0x20, 0xBA, 0x18],
            size: 16 << 20,
            quad_enable: QuadEnable::NONE,
            protect: BlockProtect {
                mask: 0x5C,
                bottom: Some(5),
                ..BLOCKS
            },
            continuous: Continuous::Confirmation,
            read_register: ReadRegister::Micron,
            sfdp: sfdp::micron(16 << 20),
            times: MICRON_TIMES,
            ..Part::is25lp064a()
        }
    }

    /// Micron MT25QL256ABA: 32 MiB.
    ///
    /// Source: MT25QL256ABA data sheet; published SFDP.
    pub fn mt25ql256aba() -> Part {
        Part {
            name: "mt25ql256aba",
            jedec: [0x20, 0xBA, 0x19],
            size: 32 << 20,
            four_byte: FourByte::Mode,
            sfdp: sfdp::micron(32 << 20),
            times: Times {
                erase_chip: 84 * S,
                ..MICRON_TIMES
            },
            ..Part::mt25ql128aba()
        }
    }

    /// Infineon S25FL064L: register 2 is configuration register 1, register 3 is configuration register 2.
    ///
    /// Source: S25FL064L data sheet; dummy clocks by RT-MFB.
    pub fn s25fl064l() -> Part {
        Part {
            name: "s25fl064l",
            jedec: [0x01, 0x60, 0x17],
            status_bytes: Some(4),
            block_locks: None,
            enter_qpi: Some(0x38),
            exit_qpi: 0xF5,
            read_register: ReadRegister::InfineonL,
            sfdp: sfdp::s25fl064l(),
            times: Times {
                page_program: 300 * US,
                erase_4k: 50 * MS,
                erase_32k: 190 * MS,
                erase_64k: 270 * MS,
                erase_chip: 32 * S,
                status: 145 * MS,
            },
            ..Part::w25q64jv()
        }
    }

    /// Infineon S25FL256S with uniform sectors of 256 KiB: pages of 512 bytes, latency code in configuration register 1.
    ///
    /// Source: S25FL256S data sheet; id by Linux spi-nor, spansion.c.
    pub fn s25fl256s() -> Part {
        Part {
            name: "s25fl256s",
            jedec: [0x01, 0x02, 0x19],
            jedec_tail: &[0x4D, 0x00, 0x80],
            size: 32 << 20,
            protect: BlockProtect {
                bottom: None,
                sector: None,
                complement: None,
                ..fractions(32 << 20)
            },
            page: 512,
            uniform: Some(0x4_0000),
            status_registers: 2,
            status_bytes: Some(2),
            volatile_status: false,
            power_lock: None,
            block_locks: None,
            four_byte: FourByte::Bank,
            read_register: ReadRegister::InfineonS,
            sfdp: sfdp::s25fl256s(),
            times: Times {
                page_program: 340 * US,
                erase_4k: 0,
                erase_32k: 0,
                erase_64k: 520 * MS,
                erase_chip: 66 * S,
                status: 140 * MS,
            },
            ..Part::w25q64jv()
        }
    }

    /// Renesas AT25SF128A, the part of the RT1010 EVK.
    ///
    /// Source: flashrom, RT-MFB; block protection and SFDP as Winbond's.
    pub fn at25sf128a() -> Part {
        Part {
            name: "at25sf128a",
            jedec: [0x1F, 0x89, 0x01],
            status_bytes: Some(1),
            block_locks: None,
            sfdp: sfdp::at25sf128a(),
            ..Part::w25q128jv()
        }
    }

    /// Eon EN25QH64: bit 6 of the status register, which turns WP# and HOLD# off, stands for quad enable.
    ///
    /// Source: flashrom; times of the series.
    pub fn en25qh64() -> Part {
        Part {
            name: "en25qh64",
            jedec: [0x1C, 0x70, 0x17],
            volatile_status: true,
            enter_qpi: Some(0x38),
            exit_qpi: 0xFF,
            continuous: Continuous::Toggling,
            read_register: ReadRegister::None,
            ddr: false,
            sfdp: sfdp::eon(8 << 20),
            times: Times {
                page_program: 1500 * US,
                erase_4k: 300 * MS,
                erase_32k: 1000 * MS,
                erase_64k: 2 * S,
                erase_chip: 60 * S,
                status: 10 * MS,
            },
            ..Part::is25lp064a()
        }
    }

    /// Eon EN25QH128: 16 MiB.
    pub fn en25qh128() -> Part {
        Part {
            name: "en25qh128",
            jedec: [0x1C, 0x70, 0x18],
            size: 16 << 20,
            sfdp: sfdp::eon(16 << 20),
            ..Part::en25qh64()
        }
    }
}
