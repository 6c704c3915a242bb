//! The flash code against a simulated part.

mod chip;

use chip::{Chip, Mode};
use loader_nor::{Error, Flash, Options, Rescue};

fn options(word: u32) -> Options {
    Options::new(word, 0).expect("an option word")
}

fn ready(chip: &mut Chip) -> Flash {
    let mut flash = Flash::new();
    flash
        .configure(chip, options(0xC000_0007))
        .expect("configured");
    chip.log.clear();
    flash
}

/// Every byte of the FCB that NXP's loader makes of an IS25LP064A on an RT1020 EVK, as public notes list them.
fn golden() -> [u8; 512] {
    let mut fcb = [0; 512];
    for (at, bytes) in [
        (0x000, &[0x46, 0x43, 0x46, 0x42, 0x00, 0x04, 0x01, 0x56][..]),
        (0x00C, &[0x01, 0x03, 0x03]),
        (0x040, &[0x10]),
        (0x044, &[0x01, 0x04, 0x07]),
        (0x052, &[0x80]),
        (0x080, &[0xEB, 0x04, 0x18, 0x0A, 0x06, 0x32, 0x04, 0x26]),
        (0x090, &[0x05, 0x04, 0x04, 0x24]),
        (0x0B0, &[0x06, 0x04]),
        (0x0D0, &[0x20, 0x04, 0x18, 0x08]),
        (0x100, &[0xD8, 0x04, 0x18, 0x08]),
        (0x110, &[0x02, 0x04, 0x18, 0x08, 0x00, 0x20]),
        (0x130, &[0x60, 0x04]),
        (0x1C1, &[0x01]),
        (0x1C5, &[0x10]),
        (0x1C8, &[0x01]),
        (0x1D2, &[0x01]),
    ] {
        fcb[at..at + bytes.len()].copy_from_slice(bytes);
    }
    fcb
}

#[test]
fn fcb_is_the_one_of_nxps_loader() {
    let mut chip = Chip::issi();
    let flash = ready(&mut chip);
    assert_eq!(flash.fcb().bytes(), &golden());
    let setup = chip.setup.unwrap();
    assert_eq!(
        (setup.read_clock.khz() / 1000, setup.sample_source),
        (132, 1)
    );
}

#[test]
fn quad_enable_keeps_block_protection() {
    let mut chip = Chip::issi();
    chip.status[0] = 0x1C;
    ready(&mut chip);
    assert_eq!(chip.status, [0x5C, 0]);

    let mut chip = Chip::winbond();
    chip.status = [0x1C, 0x40];
    ready(&mut chip);
    assert_eq!(chip.status, [0x1C, 0x42]);
}

#[test]
fn quad_enable_that_is_set_is_not_written_again() {
    let mut chip = Chip::issi();
    chip.status[0] = 0x40;
    let mut flash = Flash::new();
    flash.configure(&mut chip, options(0xC000_0007)).unwrap();
    assert_eq!((chip.count("01"), chip.count("06")), (0, 0));
}

#[test]
fn old_sfdp_takes_quad_enable_from_the_options() {
    let mut chip = Chip::issi().with_old_sfdp();
    let mut flash = Flash::new();
    flash.configure(&mut chip, options(0xC000_0007)).unwrap();
    assert!(!chip.quad_enabled());
    flash.configure(&mut chip, options(0xC000_0107)).unwrap();
    assert!(chip.quad_enabled());
}

/// 35h puts an ISSI part into QPI, where it ignores everything that follows.
#[test]
fn command_35_is_never_sent_to_an_issi_part() {
    for mode in [2, 4] {
        let mut chip = Chip::issi().with_old_sfdp();
        let result = Flash::new().configure(&mut chip, options(0xC000_0007 | mode << 8));
        assert_eq!(result, Err(Error::Argument));
        assert_eq!((chip.mode, chip.count("35")), (Mode::Spi, 0));
    }
}

#[test]
fn flash_in_another_mode_is_rescued() {
    for (mode, rung) in [
        (Mode::PowerDown, Rescue::PowerDown),
        (Mode::Qpi, Rescue::QpiF5),
    ] {
        let mut chip = Chip::issi();
        chip.mode = mode;
        let mut flash = Flash::new();
        flash.configure(&mut chip, options(0xC000_0007)).unwrap();
        assert_eq!((flash.rescued(), chip.mode), (rung, Mode::Spi));
    }
}

#[test]
fn working_flash_gets_no_rescue_commands() {
    let mut chip = Chip::issi();
    let mut flash = Flash::new();
    flash.configure(&mut chip, options(0xC000_0007)).unwrap();
    assert_eq!(flash.rescued(), Rescue::NotNeeded);
    for command in ["ab", "ff", "f5", "66", "99", "f0"] {
        assert_eq!(chip.count(command), 0, "{command}");
    }
}

/// A reset would spoil what the flash is erasing.
#[test]
fn busy_flash_is_awaited_and_never_reset() {
    let mut chip = Chip::issi();
    chip.leave_busy(40);
    let mut flash = Flash::new();
    flash.configure(&mut chip, options(0xC000_0007)).unwrap();
    assert_eq!(flash.rescued(), Rescue::Busy);

    let mut chip = Chip::issi();
    chip.leave_busy(usize::MAX);
    let result = Flash::new().configure(&mut chip, options(0xC000_0007));
    assert_eq!((result, chip.count("99")), (Err(Error::Busy), 0));
}

/// It answers commands with its own data, which may look like an id or like a busy status.
#[test]
fn flash_in_continuous_read_is_rescued() {
    let mut chip = Chip::issi();
    chip.mode = Mode::Continuous;
    let mut flash = Flash::new();
    flash.configure(&mut chip, options(0xC000_0007)).unwrap();
    assert_eq!(
        (flash.rescued(), chip.mode),
        (Rescue::OnesOnFourPads, Mode::Spi)
    );
}

#[test]
fn missing_flash_has_no_sfdp() {
    let mut chip = Chip::issi();
    chip.mode = Mode::Absent;
    let mut flash = Flash::new();
    let result = flash.configure(&mut chip, options(0xC000_0007));
    assert_eq!((result, flash.geometry()), (Err(Error::NoSfdp), None));
}

#[test]
fn erase_takes_blocks_where_they_fit() {
    let mut chip = Chip::issi();
    chip.memory[..0x4_0000].fill(0);
    let mut flash = ready(&mut chip);
    flash.erase(&mut chip, 0xF123, 0x2_1001).unwrap();
    assert_eq!((chip.count("20"), chip.count("d8")), (3, 1));
    assert!(chip.memory[..0xF000].iter().all(|byte| *byte == 0));
    assert!(
        chip.memory[0xF000..0x2_2000]
            .iter()
            .all(|byte| *byte == 0xFF)
    );
    assert!(
        chip.memory[0x2_2000..0x4_0000]
            .iter()
            .all(|byte| *byte == 0)
    );
}

/// The end of a block counts as rounded up to whole sectors: its last sector need not be named whole.
#[test]
fn block_is_erased_at_once_when_its_last_sector_is_touched() {
    let mut chip = Chip::issi();
    let mut flash = ready(&mut chip);
    flash.erase(&mut chip, 0x3_0000, 0x3_F001).unwrap();
    assert_eq!((chip.count("20"), chip.count("d8")), (0, 1));
}

#[test]
fn worn_cell_fails_the_erase_with_its_place() {
    let mut chip = Chip::issi();
    chip.worn.push(0x2005);
    let mut flash = ready(&mut chip);
    assert_eq!(flash.erase(&mut chip, 0x2000, 0x3000), Err(Error::Verify));
    assert_eq!(flash.working_at(), 0x2005);
}

#[test]
fn protected_flash_fails_erase_and_program() {
    let mut chip = Chip::issi();
    chip.memory[0x100] = 0;
    let mut flash = ready(&mut chip);
    chip.status[0] |= 0x3C;
    assert_eq!(flash.erase(&mut chip, 0, 0x1000), Err(Error::Verify));
    assert_eq!(flash.working_at(), 0x100);
    assert_eq!(
        flash.program(&mut chip, 0x200, &[0x55; 256]),
        Err(Error::Verify)
    );
    assert_eq!(flash.working_at(), 0x200);
}

#[test]
fn program_stops_before_the_first_page_that_is_not_blank() {
    let mut chip = Chip::issi();
    chip.memory[0x1234] = 0x7F;
    let mut flash = ready(&mut chip);
    let result = flash.program(&mut chip, 0x1000, &[0x11; 1024]);
    assert_eq!(result, Err(Error::NotBlank));
    assert_eq!(flash.working_at(), 0x1234);
    assert!(chip.memory[0x1000..0x1200].iter().all(|byte| *byte == 0x11));
    assert!(chip.memory[0x1200..0x1234].iter().all(|byte| *byte == 0xFF));
}

#[test]
fn blank_page_is_not_programmed() {
    let mut chip = Chip::issi();
    let mut flash = ready(&mut chip);
    flash.program(&mut chip, 0, &[0xFF; 512]).unwrap();
    assert_eq!(chip.count("02"), 0);
}

#[test]
fn write_enable_that_is_not_heard_is_told_at_its_page() {
    for pages in 0..3 {
        let mut chip = Chip::issi();
        let mut flash = ready(&mut chip);
        chip.enables = pages;
        let result = flash.write_pages(&mut chip, 0x1000, &[0x11; 1024]);
        let first = pages == 0;
        assert_eq!(
            result,
            Err(if first {
                Error::NotEnabled
            } else {
                Error::Verify
            })
        );
        let at = 0x1000 + 256 * pages;
        assert_eq!(flash.working_at() as usize, at);
        assert!(chip.memory[0x1000..at].iter().all(|byte| *byte == 0x11));
        assert!(chip.memory[at..].iter().all(|byte| *byte == 0xFF));
    }
}

#[test]
fn busy_flash_ends_in_an_error_within_its_limit() {
    let mut chip = Chip::issi();
    let mut flash = ready(&mut chip);
    chip.busy_polls = usize::MAX;
    let start = chip.now;
    assert_eq!(flash.erase(&mut chip, 0, 0x1000), Err(Error::Busy));
    assert!(chip.now - start < 2 * loader_nor::limits::SECTOR);
}

#[test]
fn time_limit_of_the_fcb_counts() {
    let mut chip = Chip::issi();
    let mut flash = ready(&mut chip);
    let mut fcb = *flash.fcb().bytes();
    fcb[0x70] = 100; // ms
    flash.set_up(&mut chip, &fcb).unwrap();
    chip.busy_polls = usize::MAX;
    let start = chip.now;
    assert_eq!(flash.erase(&mut chip, 0, 0x1000), Err(Error::Busy));
    assert!((100_000..110_000).contains(&(chip.now - start)));
}

#[test]
fn flash_that_vanishes_is_told_from_a_busy_one() {
    let mut chip = Chip::issi();
    let mut flash = ready(&mut chip);
    chip.mode = Mode::Absent;
    assert_eq!(flash.erase(&mut chip, 0, 0x1000), Err(Error::Silent));
}

#[test]
fn fcb_device_mode_is_played() {
    let mut chip = Chip::issi();
    let mut fcb = golden();
    fcb[0x10] = 1;
    fcb[0x14..0x16].copy_from_slice(&[1, 4]);
    fcb[0x18] = 0x40;
    fcb[0xC0..0xC4].copy_from_slice(&[0x01, 0x04, 0x01, 0x20]);
    let mut flash = Flash::new();
    flash.set_up(&mut chip, &fcb).unwrap();
    assert!(chip.quad_enabled());
}

#[test]
fn fcb_beyond_the_parts_clock_is_served_at_the_limit() {
    let khz = |source: u8, clock: u8, read: [u8; 8]| {
        let mut chip = Chip::issi();
        let mut fcb = golden();
        (fcb[0x0C], fcb[0x46]) = (source, clock);
        fcb[0x80..0x88].copy_from_slice(&read);
        Flash::new().set_up(&mut chip, &fcb).unwrap();
        let setup = chip.setup.unwrap();
        (setup.read_clock.khz() / 1000, setup.sample_source)
    };
    let quad = [0xEB, 0x04, 0x18, 0x0A, 0x06, 0x32, 0x04, 0x26];
    let plain = [0x03, 0x04, 0x18, 0x08, 0x04, 0x24, 0, 0];
    assert_eq!(khz(1, 9, quad), (132, 1));
    assert_eq!(khz(0, 7, quad), (60, 0));
    assert_eq!(khz(2, 7, quad), (132, 1));
    assert_eq!(khz(1, 7, plain), (49, 1));
}

#[test]
fn fcb_that_cannot_be_served_is_refused() {
    let refuse = |change: fn(&mut [u8; 512])| {
        let mut chip = Chip::issi();
        let mut fcb = golden();
        change(&mut fcb);
        let mut flash = ready(&mut chip);
        assert_eq!(flash.set_up(&mut chip, &fcb), Err(Error::Argument));
        assert_eq!(flash.geometry(), None);
    };
    refuse(|fcb| fcb[0] = 0);
    refuse(|fcb| fcb[0x52] = 0); // no flash on port A
    refuse(|fcb| fcb[0x45] = 8); // eight pads
    refuse(|fcb| fcb[0x83] = 0x8A); // address at double data rate
    refuse(|fcb| fcb[0x0C] = 7); // no such sample source
    refuse(|fcb| fcb[0x1C0] = 3); // page of 259 bytes
}

#[test]
fn unconfigured_flash_does_nothing() {
    let mut chip = Chip::issi();
    let mut flash = Flash::new();
    assert!(flash.erase(&mut chip, 0, 0x1000).is_err());
    assert!(flash.program(&mut chip, 0, &[0; 256]).is_err());
    assert!(chip.log.is_empty());
}

#[test]
fn flash_in_another_mode_is_rescued_before_an_fcb_is_applied() {
    for (mode, rung) in [
        (Mode::PowerDown, Rescue::PowerDown),
        (Mode::Continuous, Rescue::OnesOnFourPads),
        (Mode::Qpi, Rescue::QpiF5),
    ] {
        let mut chip = Chip::issi();
        chip.mode = mode;
        chip.status[0] = 0x40;
        let mut flash = Flash::new();
        assert_eq!(flash.set_up(&mut chip, &golden()), Ok(()), "{mode:?}");
        assert_eq!((flash.rescued(), chip.mode), (rung, Mode::Spi));
        assert_eq!(flash.id(), Some(chip.id));
    }
}
