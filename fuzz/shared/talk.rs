//! Everything that the two clients can say, one command after the other, whatever is answered.

use rtboot::mboot::{self, Mboot, MemoryId, Property};
use rtboot::sdp::{self, Sdp, Width};
use rtboot::{Error, Step, advice};

/// An error has words, an exit code, and advice.
fn told(error: &Error) {
    assert!(!error.to_string().is_empty() && !error.code().is_empty());
    assert!(error.exit_code() != 0);
    let _ = advice::advice(error);
}

type Rom<L> = fn(&mut Sdp<L>) -> Result<(), sdp::Error>;

/// Every SDP command, the data's first byte says which is the first.
pub fn sdp<L: sdp::Link>(link: L, first: u8) {
    let verbs: [Rom<L>; 10] = [
        |rom| rom.error_status().map(drop),
        |rom| rom.read_word(0x400D_8260).map(drop),
        |rom| {
            let bytes = rom.read_register(0x2000_0000, Width::Word, 300)?;
            assert_eq!(bytes.len(), 300);
            Ok(())
        },
        |rom| rom.write_file(0x2000_0000, &[0x5A; 3000], &mut |_| ()),
        |rom| rom.write_register(0x400D_8260, Width::Half, 1),
        |rom| rom.write_csf(0x2000_0000, &[0xD4; 100]),
        |rom| rom.dcd_write(0x2000_0000, &[0xD2; 100]),
        |rom| rom.skip_dcd_header(),
        |rom| rom.set_baudrate(115_200),
        |rom| rom.jump_address(0x2000_0400).map(drop),
    ];
    let mut rom = Sdp::new(link);
    for at in 0..verbs.len() {
        let verb = verbs[(usize::from(first) + at) % verbs.len()];
        if let Err(error) = verb(&mut rom) {
            told(&Error::sdp(Step::AskRom)(error));
        }
    }
}

type Loader<L> = fn(&mut Mboot<L>) -> Result<(), mboot::Error>;

/// Every MBOOT command, the data's first byte says which is the first.
pub fn mboot<L: mboot::Link>(link: L, first: u8) {
    const NOR: MemoryId = MemoryId(9);
    let verbs: [Loader<L>; 30] = [
        |l| l.sync(),
        |l| l.version().map(drop),
        |l| {
            let bytes = l.read_memory(0x6000_0000, 5_000, NOR, &mut |_| true)?;
            assert_eq!(bytes.len(), 5_000);
            Ok(())
        },
        |l| l.write_memory(0x6000_0000, &[0x42; 3_000], NOR, &mut |_| true),
        |l| l.flash_erase_region(0x6000_0000, 0x1000, NOR),
        |l| l.configure_memory(NOR, 0x2000_2000),
        |l| l.target_version().map(drop),
        |l| l.reserved_regions().map(drop),
        |l| l.ram(0).map(drop),
        |l| l.unique_id().map(drop),
        |l| l.external_memory(NOR).map(drop),
        |l| l.fill_memory(0x2000_2000, 16, 1),
        |l| l.flash_erase_all(NOR),
        |l| l.flash_erase_all_unsecure(),
        |l| l.flash_security_disable([1; 8]),
        |l| {
            let bytes = l.flash_read_resource(0, 64, 1)?;
            assert_eq!(bytes.len(), 64);
            Ok(())
        },
        |l| l.reliable_update(0x6000_0000),
        |l| l.call(0x2000_0000, 0).map(drop),
        |l| l.receive_sb_file(&[0x53; 700], &mut |_| true),
        |l| l.load_image(&[0x49; 700], &mut |_| true),
        |l| l.flash_read_once(1).map(drop),
        |l| l.flash_program_once(1, 1),
        |l| {
            let bytes = l.fuse_read(0, 12, NOR)?;
            assert_eq!(bytes.len(), 12);
            Ok(())
        },
        |l| l.fuse_program(0, &[1; 4], NOR),
        |l| l.generate_key_blob(&[7; 16], 0, 72).map(drop),
        |l| l.key_provisioning_write(5, 1, &[3; 40]),
        |l| l.key_provisioning_read().map(drop),
        |l| l.trust_provisioning(&[1, 2]).map(drop),
        |l| {
            let property = Property(24);
            let words = l.get_property(property, 0)?;
            let _ = property.describe(&words).to_string();
            Ok(())
        },
        |l| l.reset().map(drop),
    ];
    let mut loader = Mboot::new(link);
    for at in 0..verbs.len() {
        let verb = verbs[(usize::from(first) + at) % verbs.len()];
        if let Err(error) = verb(&mut loader) {
            told(&Error::mboot(Step::AskVersion)(error));
        }
    }
}
