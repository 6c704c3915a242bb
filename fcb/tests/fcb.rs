//! The block itself: fields in their places, what is refused, what is said.

use rtboot_fcb::{Chip, ClockIndex, Error, Fcb, JedecId, SequenceCall, Spec};

#[test]
fn a_new_block_has_tag_and_version_and_nothing_else() {
    let fcb = Fcb::new();
    assert_eq!(
        fcb.as_bytes()[..8],
        [0x46, 0x43, 0x46, 0x42, 0x00, 0x04, 0x01, 0x56]
    );
    assert!(fcb.as_bytes()[8..].iter().all(|byte| *byte == 0));
    assert_eq!(Fcb::default(), fcb);
}

#[test]
fn fields_lie_where_the_rom_looks_for_them() {
    let mut fcb = Fcb::new();
    fcb.set_read_sample_clock(3);
    fcb.set_device_mode_sequence(SequenceCall { count: 1, index: 4 });
    fcb.set_config_command_arguments([0xF0, 0x1122_3344, 0]);
    fcb.set_controller_options(0x10);
    fcb.set_clock(6);
    fcb.set_sflash_b2_size(0x0102_0304);
    fcb.set_timeout_ms(500);
    fcb.set_data_valid_time([0x0F, 0x10]);
    fcb.set_busy_polarity(1);
    fcb.set_page_size(0x100);
    fcb.set_half_clock(1);
    fcb.set_block_size(0x1_0000);
    let at = |offset: usize, len: usize| fcb.as_bytes()[offset..offset + len].to_vec();
    assert_eq!(at(0x00C, 1), [3]);
    assert_eq!(at(0x014, 4), [1, 4, 0, 0]);
    assert_eq!(at(0x030, 8), [0xF0, 0, 0, 0, 0x44, 0x33, 0x22, 0x11]);
    assert_eq!(at(0x040, 1), [0x10]);
    assert_eq!(at(0x046, 1), [6]);
    assert_eq!(at(0x05C, 4), [4, 3, 2, 1]);
    assert_eq!(at(0x070, 2), [0xF4, 1]);
    assert_eq!(at(0x078, 4), [0x0F, 0, 0x10, 0]);
    assert_eq!(at(0x07E, 1), [1]);
    assert_eq!(at(0x1C0, 4), [0, 1, 0, 0]);
    assert_eq!(at(0x1CE, 1), [1]);
    assert_eq!(at(0x1D0, 4), [0, 0, 1, 0]);
    assert_eq!(fcb.config_command_arguments(), [0xF0, 0x1122_3344, 0]);
}

#[test]
fn a_field_is_found_by_our_name_and_by_nxps() {
    let ours = Spec::find("read-sample-clock").unwrap();
    assert_eq!(Spec::find("readSampleClkSrc"), Some(ours));
    assert_eq!((ours.offset, ours.len()), (0x00C, 1));
    assert_eq!(Spec::find("nonsense"), None);
}

#[test]
fn a_sequence_beyond_the_sixteenth_stays_empty() {
    let mut fcb = Fcb::new();
    fcb.set_sequence(16, &rtboot_fcb::lut::Sequence::command(6));
    assert_eq!(fcb, Fcb::new());
    assert!(fcb.sequence(16).is_empty() && fcb.sequence(usize::MAX).is_empty());
}

#[test]
fn a_larger_input_is_cut_and_a_shorter_one_refused() {
    let mut image = Fcb::new().to_bytes().to_vec();
    image.resize(8192, 0xFF);
    assert_eq!(Fcb::parse(&image), Ok(Fcb::new()));
    assert_eq!(
        Fcb::parse(&image[..511]),
        Err(Error::Length {
            expected: 512,
            found: 511
        })
    );
    assert_eq!(
        Fcb::parse(&[]),
        Err(Error::Length {
            expected: 512,
            found: 0
        })
    );
    assert_eq!(
        Fcb::parse(&[0xFF; 512]),
        Err(Error::Tag {
            expected: 0x4246_4346,
            found: 0xFFFF_FFFF
        })
    );
}

#[test]
fn each_error_is_one_sentence_with_its_facts() {
    let said = |error: Error| (error.to_string(), error.hint().is_some());
    assert_eq!(
        said(Error::Length {
            expected: 512,
            found: 3
        }),
        (
            "a configuration block has 512 bytes, here are 3".to_owned(),
            true
        )
    );
    assert_eq!(
        said(Error::Tag {
            expected: Fcb::TAG,
            found: 0x2001_0000
        }),
        (
            "no FCB tag: expected 0x42464346, found 0x20010000".to_owned(),
            true
        )
    );
    assert_eq!(
        said(Error::NoSfdp {
            found: vec![0xFF, 0xFF]
        }),
        (
            "no SFDP signature: expected 53 46 44 50, found ff ff".to_owned(),
            true
        )
    );
    assert_eq!(
        said(Error::SfdpShort {
            what: "basic table",
            needed: 0x200,
            found: 0x100
        }),
        (
            "the SFDP basic table ends at offset 0x200, here are 0x100 bytes".to_owned(),
            true
        )
    );
    assert_eq!(
        said(Error::NoBasicTable { headers: 2 }),
        (
            "the SFDP has no basic flash parameter table of 9 or more dwords (2 headers)"
                .to_owned(),
            false
        )
    );
}

#[test]
fn fields_are_told_in_words() {
    let mut fcb = Fcb::new();
    fcb.set_read_sample_clock(1);
    fcb.set_clock(6);
    fcb.set_sflash_a1_size(8 << 20);
    fcb.set_controller_options(0x210);
    fcb.set_config_wait_time(15);
    fcb.set_device_type(0x44);
    let fields = fcb.fields();
    let said = |name: &str| {
        fields
            .iter()
            .find(|field| field.name == name)
            .map(|f| (f.value.as_str(), f.meaning.as_str()))
    };
    assert_eq!(said("version"), Some(("0x56010400", "V1.4.0")));
    assert_eq!(
        said("read-sample-clock"),
        Some(("1", "loopback from the DQS pad"))
    );
    assert_eq!(said("clock"), Some(("6", "100 MHz (index 6)")));
    assert_eq!(said("flash-a1-size"), Some(("0x00800000", "8 MiB")));
    assert_eq!(
        said("controller-options"),
        Some((
            "0x00000210",
            "safe clock while configuring, unknown bits 0x200"
        ))
    );
    assert_eq!(said("config-wait-time"), Some(("15", "1.5 ms")));
    assert_eq!(said("device-type"), Some(("68", "unknown value")));
    assert_eq!(said("timeout-ms"), Some(("0", "waits for ever")));
    assert_eq!(said("lut-0"), None, "an unused sequence is not listed");
    assert!(fields.is_sorted_by_key(|field| field.offset));
}

#[test]
fn clocks_and_ids_have_their_names() {
    assert_eq!(ClockIndex(6).to_string(), "100 MHz (index 6)");
    assert_eq!(
        ClockIndex(7).to_string(),
        "120 or 133 MHz, by the chip (index 7)"
    );
    let on = |name| ClockIndex(7).on(&Chip::by_name(name).unwrap().clocks);
    assert_eq!(on("rt1021"), "133 MHz (index 7)");
    assert_eq!(on("rt1062"), "120 MHz (index 7)");
    assert_eq!(ClockIndex(0).to_string(), "unchanged (index 0)");
    assert_eq!(ClockIndex(12).to_string(), "unknown clock (index 12)");
    let id = JedecId::from_answer(&[0x9D, 0x60, 0x17, 0x00]).unwrap();
    assert_eq!(
        (id.to_string().as_str(), id.maker(), id.likely_size()),
        ("9d 60 17", Some("ISSI"), Some(8 << 20))
    );
    assert_eq!(JedecId([0xEF, 0x40, 0x20]).likely_size(), Some(64 << 20));
    assert_eq!(
        (
            JedecId::from_answer(&[0xFF; 3]),
            JedecId::from_answer(&[0; 8]),
            JedecId::from_answer(&[1, 2])
        ),
        (None, None, None)
    );
}
