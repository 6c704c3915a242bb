//! Published configuration blocks: read, and made again from every text that is written of them.

use rtboot_fcb::{Fcb, Part, PartFile, Severity, Spec, check::check, lut, text};

use super::files::{golden, public};
use super::{hash, same};

const BLOCKS: &[&str] = &[
    "rt102x/flex_spi.fcb",
    "mimxrt1010/fcb.bin",
    "rt105x_flex_spi.fcb",
    "mimxrt1050/fcb.bin",
    "rt106x/fcb.bin",
    "sip_flash_config.bin",
    "1bit_sdr_flashA.bin",
    "1bit_sdr_flashB.bin",
];

fn block(name: &str) -> Option<Fcb> {
    Some(Fcb::parse(&golden(name)?).unwrap_or_else(|error| panic!("{name}: {error}")))
}

#[test]
fn every_block_is_made_again_from_its_texts() {
    for name in BLOCKS {
        let Some(fcb) = block(name) else { return };
        // a .cfg loses nothing
        let parts = vec![Part::of_fcb("MINE", &fcb)];
        let cfg = PartFile { parts }.to_cfg();
        let again = PartFile::from_cfg(&cfg).unwrap_or_else(|error| panic!("{name}: {error}"));
        same(name, again.parts[0].boot_fcb().as_bytes(), fcb.as_bytes());
        // SPSDK's text neither, for none of these uses a byte without a name
        let yaml = text::to_yaml(&fcb, "mimxrt1020");
        let again = text::from_yaml(&yaml).unwrap_or_else(|error| panic!("{name}: {error}"));
        same(name, again.as_bytes(), fcb.as_bytes());
        // and field by field
        let mut copy = Fcb::new();
        for spec in Spec::all().iter().chain(Spec::reserved()) {
            copy.set(spec, &fcb.get(spec));
        }
        (0..16).for_each(|place| copy.set_sequence(place, &fcb.sequence(place)));
        same(name, copy.as_bytes(), fcb.as_bytes());
    }
}

#[test]
fn blocks_say_what_the_publishers_say() {
    let Some(evk) = block("rt102x/flex_spi.fcb") else {
        return;
    };
    let read = |fcb: &Fcb| fcb.sequence(lut::index::READ).to_string();
    assert_eq!(evk.sflash_a1_size(), 8 << 20);
    // the same flashloader, other sizes
    for (name, size) in [
        ("mimxrt1010/fcb.bin", 16 << 20),
        ("sip_flash_config.bin", 4 << 20),
    ] {
        let other = block(name).unwrap();
        let names: Vec<&str> = evk.diff(&other).iter().map(|diff| diff.this.name).collect();
        assert_eq!(
            (names, other.sflash_a1_size()),
            (vec!["flash-a1-size"], size),
            "{name}"
        );
    }
    // HyperFlash: sequences of its own, 512-byte pages, busy told the other way
    let hyper = block("rt105x_flex_spi.fcb").unwrap();
    assert_eq!(
        (hyper.page_size(), hyper.custom_sequences_enable()),
        (512, 1)
    );
    assert!(hyper.data_valid_time() != [0, 0]);
    let odd: Vec<String> = check(
        &hyper,
        None,
        rtboot_fcb::Chip::by_name("rt1021").expect("a chip"),
    )
    .iter()
    .filter(|finding| finding.severity > Severity::Note)
    .map(ToString::to_string)
    .collect();
    assert_eq!(odd, [""; 0], "it starts boards");
    let names: Vec<&str> = hyper
        .diff(&block("mimxrt1050/fcb.bin").unwrap())
        .iter()
        .map(|diff| diff.this.name)
        .collect();
    assert!(names.contains(&"lut-0"), "{names:?}");
    // one line, one clock edge, on either port
    let a = block("1bit_sdr_flashA.bin").unwrap();
    assert_eq!(
        (
            a.version(),
            a.clock(),
            a.sflash_a1_size(),
            a.read_sample_clock()
        ),
        (0x5601_0000, 1, 0x1000_0000, 0)
    );
    assert!(read(&a).starts_with("03h 1-1-1"), "{}", read(&a));
    let b = block("1bit_sdr_flashB.bin").unwrap();
    assert_eq!((b.sflash_a1_size(), b.sflash_b1_size()), (0, 0x1000_0000));
    // a template for double data rate on eight lines, which says four lines itself
    let octal = block("rt106x/fcb.bin").unwrap();
    assert_eq!(octal.flash_pads(), 4);
    assert!(read(&octal).contains("READ_DDR/8"), "{}", read(&octal));
}

/// Not a published file: the SDK's C initialiser as bytes. Kept in this repository.
#[test]
fn the_block_of_the_sdk_has_its_hash() {
    let bytes = include_bytes!("../../../fcb/tests/vectors/evkmimxrt1020_sdk.bin");
    assert_eq!(
        hash(bytes),
        "06a0041195b11251bb45b8bdf048fb370b46c33cf8513bde1be4e048467bafc4"
    );
}

/// The 128 words that imxrt-boot-gen's own test lists, against a part with the same facts.
#[test]
fn imxrt_boot_gen_words_round_trip() {
    let Some(source) = public("imxrt-boot-gen/tests/imxrt1020-evk.rs") else {
        return;
    };
    let source = String::from_utf8(source).unwrap();
    let fcb = text::from_array(&source).unwrap();
    assert_eq!((fcb.clock(), fcb.sflash_a1_size()), (6, 8 << 20));
    assert_eq!(fcb.sequence(lut::index::READ).command_byte(), Some(0xEB));
    let cfg = PartFile {
        parts: vec![Part::of_fcb("MINE", &fcb)],
    }
    .to_cfg();
    assert_eq!(PartFile::from_cfg(&cfg).unwrap().parts[0].boot_fcb(), fcb);
}
