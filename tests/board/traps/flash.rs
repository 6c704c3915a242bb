//! What the flashloader's flash driver does and does not do.

use super::*;
use rtboot_sim::nor::Part;

/// Puts a 512-byte FCB into RAM and configures by it.
fn configure_by(loader: &mut Loader, fcb: &rtboot_fcb::Fcb) -> Result<(), Error> {
    loader.write_memory(SCRATCH, fcb.as_bytes(), MAPPED, &mut go)?;
    loader.configure_memory(NOR, SCRATCH)
}

fn refused(result: Result<(), Error>) -> (Status, Step) {
    match result {
        Err(Error::Refused { status, step, .. }) => (status, step),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn region_erase_outlasts_the_command_timeout() {
    let (board, mut loader) = ready();
    board.board().flash_mut()[..0x20_0000].fill(0);
    let before = board.board().elapsed();
    loader
        .flash_erase_region(FLASH + 0x10_0000, 0x10_0000, NOR)
        .unwrap();
    let took = board.board().elapsed() - before;
    assert!(took > loader.timeouts_mut().command, "{took:?}");
    assert!(
        flash(&board, 0x10_0000, 0x10_0000)
            .iter()
            .all(|&b| b == 0xFF)
    );
    assert!(flash(&board, 0, 0x10_0000).iter().all(|&b| b == 0));
}

#[test]
fn write_over_data_fails_after_earlier_pages() {
    let (board, mut loader) = ready();
    board.board().flash_mut()[0x1234] = 0x7F;
    let error = loader
        .write_memory(FLASH, &pattern(0x8000), MAPPED, &mut go)
        .unwrap_err();
    let (status, step) = refused(Err(error));
    assert_eq!(
        (status, step),
        (Status::MEMORY_CUMULATIVE_WRITE, Step::Data)
    );
    assert_eq!(flash(&board, 0, 0x1200), pattern(0x1200));
    assert!(flash(&board, 0x1300, 0x1000).iter().all(|&b| b == 0xFF));
    // and the device takes the next command at once
    assert_eq!(
        refused(loader.write_memory(FLASH + 128, &[0; 4], MAPPED, &mut go)).0,
        Status::NOR_WRITE_ALIGNMENT
    );
    loader.flash_erase_region(FLASH, 0x2000, NOR).unwrap();
    loader
        .write_memory(FLASH, &pattern(0x2000), MAPPED, &mut go)
        .unwrap();
    assert_eq!(flash(&board, 0, 0x2000), pattern(0x2000));
}

#[test]
fn write_failing_in_last_report_says_so_at_the_end() {
    let (board, mut loader) = ready();
    board.board().flash_mut()[0x410] = 0;
    let (status, step) = refused(loader.write_memory(FLASH, &pattern(0x500), MAPPED, &mut go));
    assert_eq!(
        (status, step),
        (Status::MEMORY_CUMULATIVE_WRITE, Step::Final)
    );
}

#[test]
fn bad_address_fails_only_in_the_data_phase() {
    let (_board, mut loader) = ready();
    let range = Status::MEMORY_RANGE_INVALID;
    assert_eq!(
        refused(loader.write_memory(0x2020_8400, &[0; 5000], MAPPED, &mut go)),
        (range, Step::Data)
    );
    assert_eq!(
        refused(
            loader
                .read_memory(FLASH + (8 << 20), 5000, MAPPED, &mut go)
                .map(drop)
        ),
        (range, Step::Data)
    );
    assert_eq!(
        refused(
            loader
                .read_memory(0x7000_0000, 8, MAPPED, &mut go)
                .map(drop)
        ),
        (range, Step::Data)
    );
    assert_eq!(
        refused(loader.flash_erase_region(SCRATCH, 4096, NOR)).0,
        Status::FLASH_ADDRESS
    );
    assert_eq!(loader.version().unwrap().to_string(), "K2.1.0");
}

#[test]
fn flash_commands_fail_before_configure() {
    let (_board, mut loader) = board();
    let not_yet = Status::MEMORY_NOT_CONFIGURED;
    assert_eq!(
        refused(loader.read_memory(FLASH, 8, MAPPED, &mut go).map(drop)).0,
        not_yet
    );
    assert_eq!(
        refused(loader.flash_erase_region(FLASH, 4096, NOR)).0,
        not_yet
    );
    assert_eq!(refused(loader.external_memory(NOR).map(drop)).0, not_yet);
}

#[test]
fn long_reads_are_split_into_24_packets() {
    let (board, mut loader) = ready();
    let content = pattern(100_000);
    board.board().flash_mut()[..100_000].copy_from_slice(&content);
    let mut steps = Vec::new();
    let read = loader.read_memory(FLASH, 100_000, MAPPED, &mut |n| {
        steps.push(n);
        true
    });
    assert!(read.unwrap() == content);
    assert!(steps.is_sorted() && steps.last() == Some(&100_000));
    // 24 packets of 1016 bytes a command
    assert_eq!(steps[23], 24 * 1016);
}

#[test]
fn firmware_written_fcb_leaves_quad_mode_off() {
    let (board, mut loader) = ready();
    loader.fill_memory(SCRATCH, 4, 0xF000_000F).unwrap();
    loader.configure_memory(NOR, SCRATCH).unwrap();
    let fcb = loader.read_memory(FLASH, 512, MAPPED, &mut go).unwrap();
    assert_eq!(
        (&fcb[..4], fcb[0x10]),
        (&b"FCFB"[..], 0),
        "tag, deviceModeCfgEnable"
    );
    assert_eq!(fcb, flash(&board, 0, 512));
}

#[test]
fn option_words_change_status_our_fcb_does_not() {
    const PROTECTED: u8 = 0x1C; // BP0 to BP2
    let settings = || Settings {
        status: [PROTECTED, 0, 0],
        ..Settings::default()
    };
    let (board, mut loader) = board_with(settings());
    configure(&mut loader, &[0xC000_0007]).unwrap();
    assert_eq!(board.board().nor().status[0], 0x40);

    let (board, mut loader) = board_with(settings());
    configure_by(&mut loader, &rtboot_fcb::probe::plain_read(8 << 20)).unwrap();
    assert_eq!(board.board().nor().status[0], PROTECTED);
    assert_eq!(loader.external_memory(NOR).unwrap().size(), Some(8 << 20));
}

#[test]
fn our_probe_fcb_reads_the_jedec_id() {
    let (_board, mut loader) = board();
    configure_by(&mut loader, &rtboot_fcb::probe::jedec_id()).unwrap();
    let id = loader.read_memory(FLASH, 3, MAPPED, &mut go).unwrap();
    assert_eq!(id, [0x9D, 0x60, 0x17]);
}

#[test]
fn configure_succeeds_with_wrong_wait_cycles() {
    let (board, mut loader) = board();
    let content = pattern(4096);
    board.board().flash_mut()[..4096].copy_from_slice(&content);
    // a second option word with wrong wait cycles: status 0, and every read is garbage
    configure(&mut loader, &[0xC100_0007, 2]).unwrap();
    let read = loader.read_memory(FLASH, 4096, MAPPED, &mut go).unwrap();
    assert!(read != content);
}

#[test]
fn failed_configure_leaves_a_nonsense_map() {
    let (board, mut loader) = ready();
    board.board().nor_mut().present = false;
    let (status, _) = refused(configure(&mut loader, &[0xC000_0007]));
    assert_eq!(status, Status::NOR_SFDP_NOT_FOUND);
    // it still answers, with a sector size of 0, which is reported as it is
    let memory = loader.external_memory(NOR).unwrap();
    assert_eq!((memory.sector_size, memory.block_size), (Some(0), None));
    assert_eq!(
        refused(loader.flash_erase_region(FLASH, 4096, NOR)).0,
        Status::INVALID_ARGUMENT
    );
}

#[test]
fn w25q64jv_sets_quad_enable_in_sr2() {
    let (board, mut loader) = board_with(Settings {
        part: Part::w25q64jv(),
        ..Settings::default()
    });
    configure(&mut loader, &[0xC000_0007]).unwrap();
    loader.flash_erase_region(FLASH, 4096, NOR).unwrap();
    loader
        .write_memory(FLASH, &pattern(4096), MAPPED, &mut go)
        .unwrap();
    assert!(loader.read_memory(FLASH, 4096, MAPPED, &mut go).unwrap() == pattern(4096));
    assert_eq!(board.board().nor().status[1] & 2, 2);
}
