//! One example of every error, as it may come.

use std::io;
use std::time::Duration;

use rtboot::mboot::{self, Status, Tag};
use rtboot::{
    BackupOf, Breadcrumb, Error, FlashState, FoundBoard, Holder, KeptUnit, NoOwn, OnPort,
    OutOfRange, Program, Selector, SetUp, SfdpField, Step, TrialDiffers, Unread, port, sdp,
};
use rtboot_fcb::{JedecId, StatusLock, StatusRegisters};
use rtboot_finding::Finding;
use rtboot_finding::catalogue::fcb;

fn refused(command: Tag, status: u32, step: mboot::Step) -> mboot::Error {
    mboot::Error::Refused {
        command,
        status: Status(status),
        step,
        done: 0,
    }
}

fn silent(command: Tag) -> mboot::Error {
    mboot::Error::Timeout {
        command,
        step: mboot::Step::Response,
        waited: Duration::from_secs(5),
        done: 0,
    }
}

fn missing() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "no such file")
}

/// Every error of a production line.
pub fn line() -> Vec<Error> {
    use rtboot::LineError;
    use rtboot::line::{ledger, sealed};

    let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let settings = "~/.local/share/rtboot/station/station.toml";
    let of_ledger = |source| LineError::Ledger {
        address: "line.db".into(),
        source,
    };
    let errors = vec![
        LineError::Job {
            path: "product.rtjob".into(),
            source: sealed::Error::Stranger { found: key.into() },
        },
        LineError::Job {
            path: "product.rtjob".into(),
            source: sealed::Error::Broken("image.bin was changed".into()),
        },
        LineError::JobUnfit {
            job: "product".into(),
            reason: "0x20000000 to 0x20000010 is not in the flash of the RT1021, which begins at 0x60000000".into(),
        },
        of_ledger(ledger::Error::Away("connection refused".into())),
        of_ledger(ledger::Error::Busy("database is locked".into())),
        of_ledger(ledger::Error::Unwritable("database or disk is full".into())),
        of_ledger(ledger::Error::WentBack {
            what: "the next number of pool sn".into(),
            seen: "120".into(),
            found: "40".into(),
        }),
        of_ledger(ledger::Error::OtherLedger {
            file: "high-water.json".into(),
            known: "0193-aa".into(),
            found: "0193-bb".into(),
        }),
        of_ledger(ledger::Error::NotDurable {
            setting: "fsync".into(),
            value: "off".into(),
            needed: "on",
        }),
        LineError::Changed {
            first: "attempt 0193-cc: its verdict is pass, and its entry says fail".into(),
            count: 1,
        },
        LineError::NoStation {
            folder: "~/.local/share/rtboot/station".into(),
        },
        LineError::StationThere {
            folder: "~/.local/share/rtboot/station".into(),
            name: "bench 1".into(),
        },
        LineError::BadStation {
            file: settings.into(),
            reason: "two slots are called A".into(),
        },
        LineError::TrustsNobody {
            file: settings.into(),
            key: key.into(),
        },
        LineError::NoSlots {
            file: settings.into(),
        },
        LineError::NoHook {
            kind: "hook",
            name: "label".into(),
            file: settings.into(),
        },
        LineError::Runs {
            folder: "~/.local/share/rtboot/station".into(),
        },
        LineError::Stopped {
            code: "yield-low".into(),
            reason: "30 of the last 50 units passed, and 80 % is the limit".into(),
            next: vec![rtboot_finding::Next::Act(
                "call the engineer: something is wrong with all boards, or with the line".into(),
            )],
        },
        LineError::Rehearsal {
            first: "RT000017 is in units c0de000100000011 and c0de000100000012".into(),
            count: 1,
        },
    ];
    errors.into_iter().map(Error::from).collect()
}

/// Every error of files, options and the host.
pub fn files_and_host() -> Vec<Error> {
    let cfg = rtboot_fcb::PartFile::from_cfg("nam = \"X\"").expect_err("an unknown key");
    vec![
        Error::ReadFile {
            path: "app.elf".into(),
            source: missing(),
        },
        Error::WriteFile {
            path: "backup.bin".into(),
            source: missing(),
        },
        Error::Firmware {
            path: "app.elf".into(),
            source: rtboot_bootable::Error::Empty,
        },
        Error::Cfg {
            path: "mine.cfg".into(),
            source: cfg,
        },
        Error::FcbFile {
            path: "fcb.bin".into(),
            source: rtboot_fcb::Error::Length {
                expected: 512,
                found: 12,
            },
        },
        Error::BadFile {
            path: "notes.yaml".into(),
            reason: "line 3: this is no FCB of SPSDK's".into(),
        },
        Error::UnknownPart {
            name: "IS25LP064".into(),
            nearest: Some("IS25LP064A".into()),
        },
        Error::Settings {
            path: "rtboot.toml".into(),
            reason: "line 2: unknown key \"bord\"".into(),
        },
        Error::StatusWriteUnknown {
            part: "PROBED-123417".into(),
        },
        Error::UsbPortsUnknown,
        Error::Usage("--run and --reset exclude each other".into()),
        Error::NotConfirmed {
            act: rtboot::Act::erase_flash(),
        },
        Error::NotAgreed {
            what: "clearing the block protection",
        },
        Error::NothingToStart {
            why: "no vector table was found".into(),
            holds: "blank".into(),
        },
        Error::BadRange {
            address: 0x6000_0000,
            length: 0,
        },
        Error::NotWholeSectors {
            start: 0x6000_0100,
            end: 0x6000_0200,
            sector: 0x1000,
            from: 0x6000_0000,
            to: 0x6000_1000,
        },
        Error::RomCannotReset,
        Error::RunsInRam,
        Error::NoVectorTable,
        Error::LoaderDangerous {
            path: "ivt_flashloader.bin".into(),
            danger: "command 0 of the DCD writes to 0x401f4000".into(),
        },
        Error::LoaderForOther {
            path: "ivt_flashloader.bin".into(),
            build: "NXP-MCUBootUtility, RT1052, OCRAM build",
            chips: "RT1050/RT1051/RT1052".into(),
            chip: "RT1021",
        },
        Error::TooMuchToKeep {
            count: 9_437_184,
            unit: KeptUnit::Bytes,
            limit: 8 << 20,
        },
        Error::JournalUnusable {
            path: "~/.local/state/rtboot/journal/df17b4e1a37493eb-9d_60_17-800000.journal".into(),
            reason: "its digest does not fit: it is damaged or was edited".into(),
        },
        Error::FlashChangedSince {
            image: "app.hex".into(),
            when: "2026-11-26 19:12 UTC".into(),
            address: 0x6000_7A00,
            kept: "53709dc3…".into(),
            found: "d1723205…".into(),
        },
        Error::JournalOfOther {
            user: "root".into(),
            path: "/root/.local/state/rtboot/journal/df17b4e1a37493eb-9d_60_17-800000.journal"
                .into(),
        },
        Error::WriteUnfinished {
            image: "app.hex".into(),
            when: "2026-11-26 19:12 UTC".into(),
            command: Some("write --fcb IS25LP064A app.hex".into()),
            second_stage: false,
        },
        Error::ReadsDiffer {
            address: 0x6000_7A00,
            first: 0x46,
            second: 0x47,
            count: 1,
        },
        Error::NoBoard {
            selector: Selector::Usb(None),
            seen_instead: Vec::new(),
        },
        Error::NoVirtual {
            folder: "baord".into(),
            nearby: vec!["board".into()],
        },
        Error::SeveralBoards {
            boards: vec![
                FoundBoard::new(Selector::Usb(Some("1-1".into())), Program::Rom),
                FoundBoard::new(Selector::Usb(Some("1-4.1".into())), Program::Flashloader),
            ],
        },
        Error::BoardBusy {
            place: "usb:1-1".into(),
            by: vec![Holder::new(4711, "blhost")],
        },
        Error::Virtual("board.toml: line 3: no such part".into()),
    ]
    .into_iter()
    .chain(ports().into_iter().map(Error::Port))
    .collect()
}

fn ports() -> Vec<port::Error> {
    let port = || "/dev/hidraw3".to_owned();
    vec![
        port::Error::NotFound { port: port() },
        port::Error::Permission { port: port() },
        port::Error::Busy { port: port() },
        port::Error::Gone { port: port() },
        port::Error::Stalled { port: port() },
    ]
}

/// Every error of boot ROM and flashloader.
pub fn loading() -> Vec<Error> {
    vec![
        Error::WrongChip {
            wanted: "RT1021".into(),
            found: "RT1060/RT1061/RT1062/RT1064 (chip id 0x006c0001)".into(),
        },
        Error::BackupMisfit {
            path: "board.bin".into(),
            of: BackupOf::FlashId,
            backup: "ef 40 17".into(),
            here: "9d 60 17".into(),
        },
        Error::CfgOtherChip {
            from: "other.cfg".into(),
            meant: "rt1062, rt117x".into(),
            chip: "RT1021".into(),
        },
        Error::Firmware {
            path: "app.bin".into(),
            source: rtboot_bootable::Error::OtherChip {
                chip: "RT1021",
                seen: "its bytes at 0x30002000 lie in the flash window at 0x30000000 of the RT1160 and RT1170".into(),
            },
        },
        Error::UnknownChip {
            unread: Some(Unread::Refused(vec![("the chip id", 0x400D_8260)])),
            owners: rtboot::chip::rom_by_usb(0x1FC9, 0x0130),
        },
        Error::Sdp {
            step: Step::AskRom,
            source: sdp::Error::Timeout {
                command: sdp::Tag::ERROR_STATUS,
                waited: Duration::from_secs(2),
            },
        },
        Error::Sdp {
            step: Step::LoadFlashloader {
                address: 0x2020_8200,
            },
            source: sdp::Error::Gone {
                command: sdp::Tag::WRITE_FILE,
            },
        },
        Error::Mboot {
            step: Step::AskVersion,
            source: silent(Tag::GET_PROPERTY),
        },
        Error::Mboot {
            step: Step::ReadFlash {
                address: 0x6000_0000,
            },
            source: refused(Tag::READ_MEMORY, 10200, mboot::Step::Data),
        },
        Error::NoLoader {
            chip: "RT1021".into(),
            looked: true,
            own: None,
        },
        Error::NoLoader {
            chip: "RT1021".into(),
            looked: true,
            own: Some(NoOwn::OtherChip),
        },
        Error::OwnLoaderSilent {
            address: 0x2020_8000,
            waited_ms: 10_000,
            now: OnPort::Rom,
            srsr: Some((0x80, "RTWDOG".into())),
            breadcrumb: Breadcrumb::parse(
                &[u32::from_le_bytes(*b"RTLD"), 6, 3, 0x402E_0140]
                    .map(u32::to_le_bytes)
                    .concat(),
            ),
            hab: Some(sdp::Hab::Open),
        },
        flashloader_ram(),
        Error::LoaderDamaged {
            address: 0x2020_8200,
            expected: 0xD1,
            found: 0x51,
        },
        Error::JumpRefused {
            address: 0x2020_8200,
            answer: 0x3333_3333,
            hab: Some(sdp::Hab::Closed),
        },
        Error::LoaderSilent {
            address: 0x2020_8200,
            waited_ms: 10_000,
            now: OnPort::Rom,
            hab: Some(sdp::Hab::Open),
        },
        Error::OtherBoard {
            expected: "9abcdef012345678".into(),
            found: "9abcdef012345679".into(),
        },
    ]
}

fn sr1(sr1: u8) -> StatusRegisters {
    StatusRegisters {
        sr1,
        sr2: None,
        sr3: None,
    }
}

/// Every error of the flash.
pub fn flash() -> Vec<Error> {
    vec![
        Error::NoFlash {
            found: JedecId([0xFF; 3]),
        },
        Error::PartMismatch {
            found: JedecId([0xEF, 0x40, 0x17]),
            known_as: vec!["W25Q64JV".into()],
            from: "issi.cfg".into(),
            expected: vec!["9d 60 17 (IS25LP064A)".into()],
        },
        Error::FlashChanged {
            before: JedecId([0x9D, 0x60, 0x17]),
            now: JedecId([0x9D, 0x60, 0x57]),
        },
        Error::PartUnclear {
            found: JedecId([0x12, 0x34, 0x17]),
            candidates: Vec::new(),
            describes_itself: true,
        },
        Error::PartUnclear {
            found: JedecId([0x33, 0x8E, 0xE9]),
            candidates: Vec::new(),
            describes_itself: false,
        },
        Error::SfdpMismatch {
            part: "IS25LP064A".into(),
            field: SfdpField::Size {
                expected: 8 << 20,
                found: 16 << 20,
            },
        },
        Error::Configure {
            set_up: SetUp::Write,
            source: refused(Tag::CONFIGURE_MEMORY, 7002, mboot::Step::Response),
        },
        Error::Configure {
            set_up: SetUp::Write,
            source: refused(Tag::CONFIGURE_MEMORY, 20107, mboot::Step::Response),
        },
        Error::QuadNotSet {
            part: "IS25LP064A".into(),
            before: sr1(0x80),
            after: sr1(0x80),
            lock: StatusLock::Pin,
        },
        Error::ProtectionStays {
            part: "IS25LP064A".into(),
            before: sr1(0xBC),
            after: sr1(0xBC),
            lock: StatusLock::Pin,
        },
        Error::BlockLocks {
            part: "W25Q64JV".into(),
            status: StatusRegisters {
                sr1: 0,
                sr2: Some(2),
                sr3: Some(4),
            },
            extent: rtboot_fcb::Protected::by_own_locks([(0..0x80_0000, true)]),
        },
        Error::QuadReadDiffers {
            address: 0x6000_0000,
            quad: 0xFF,
            plain: 0x46,
        },
        Error::FcbUnfit {
            reason: Box::new(dummies()),
        },
        Error::FcbUnreadable {
            reason: Box::new(dummies()),
            tried: Some(TrialDiffers {
                address: 0x6000_0000,
                expected: 0x46,
                found: 0x43,
                slow_is_right: false,
            }),
        },
        Error::Protected {
            lock: rtboot_fcb::StatusLock::Open,
            status: sr1(0x3C),
            extent: rtboot_fcb::Protected::Everything,
            address: 0x6000_0000,
            expected: 0x46,
            found: 0xFF,
        },
        Error::Erase {
            address: 0x6000_0000,
            length: 0x1000,
            source: refused(Tag::FLASH_ERASE_REGION, 20106, mboot::Step::Response),
            differs: Some((0x6000_0000, 0x46)),
        },
        Error::Erase {
            address: 0x6000_0000,
            length: 0x1000,
            source: silent(Tag::FLASH_ERASE_REGION),
            differs: None,
        },
        Error::NotBlank {
            address: 0x6000_0010,
            found: 0x00,
        },
        Error::HoldsBytes {
            address: 0x6000_0010,
            found: 0x00,
        },
        Error::Program {
            address: 0x6000_0000,
            length: 0x100,
            source: refused(Tag::WRITE_MEMORY, 20106, mboot::Step::Final),
            differs: Some((0x6000_0000, 0x46, 0xFF)),
        },
        Error::Program {
            address: 0x6000_0000,
            length: 0x100,
            source: refused(Tag::WRITE_MEMORY, 10203, mboot::Step::Final),
            differs: None,
        },
        Error::Verify {
            address: 0x6000_0000,
            expected: 0x46,
            found: 0xFF,
            count: 512,
            total: 4096,
        },
        Error::NotProgrammed {
            address: 0x6000_0000,
            total: 4096,
        },
        Error::OtherFcb {
            address: 0x6000_0046,
            expected: 6,
            found: 4,
            fields: "clock, lut-0".into(),
        },
        Error::Overlap {
            piece: "app.elf".into(),
            other: "fs.bin".into(),
            start: 0x6000_2000,
            end: 0x6000_2100,
        },
        Error::OtherBootLoader {
            path: "app.hex".into(),
            table: 0x6002_0400,
            ivt: 0x6000_1000,
            entry: 0x6000_2000,
        },
        Error::NoBootLoader {
            path: "app.hex".into(),
            table: 0x6002_0400,
            mcuboot: true,
        },
        Error::NoBootLoader {
            path: "app.hex".into(),
            table: 0x6000_C000,
            mcuboot: false,
        },
        Error::OutsideFlash {
            what: OutOfRange::Image,
            start: 0x6000_0000,
            end: 0x6100_0000,
            flash_start: 0x6000_0000,
            flash_end: 0x6080_0000,
        },
        Error::OutsideRam {
            start: 0x2000_0000,
            end: 0x2010_0000,
            ram: "DTCM",
            ram_start: 0x2000_0000,
            ram_end: 0x2001_0000,
        },
        Error::Interrupted {
            state: FlashState::default(),
        },
    ]
}

/// A build for DTCM on a chip with the split of the factory.
fn flashloader_ram() -> Error {
    let chip = rtboot::chip::Chip::DEFAULT;
    let ram = chip.map.ram.iter().find(|ram| ram.name == "DTCM");
    Error::LoaderRam {
        need: rtboot_bootable::RamNeed {
            ram: *ram.expect("DTCM"),
            from: 0x2000_0200,
            to: 0x2001_5AD8,
        },
        split: chip.flexram_of_the_factory(),
        by: rtboot::SplitBy::Fuses(0),
    }
}

fn dummies() -> Finding {
    Finding::new(&fcb::FCB_READ_MISFIT)
        .text("read", "EBh 1-4-4, 24-bit address, 8 dummy cycles")
        .text("part", "IS25LP064A")
        .text("needs", "EBh 1-4-4, 24-bit address, 6 dummy cycles")
}
