//! Random bytes and text: no parser panics, and blocks round-trip.
#![cfg(feature = "cfg")]

#[allow(dead_code)] // the tests use the rest
#[path = "../../tests/kit/random.rs"]
mod numbers;

use numbers::Random;
use rtboot_fcb::lut::{Instruction, Sequence};
use rtboot_fcb::sfdp::Sfdp;
use rtboot_fcb::{
    Fcb, JedecId, OptionWords, PartFile, Spec, StatusRegisters, check, database, derive,
};

#[test]
fn a_block_survives_whole_whatever_it_holds() {
    let mut random = Random(1);
    for _ in 0..500 {
        let mut bytes = random.bytes(Fcb::LEN);
        bytes[..4].copy_from_slice(b"FCFB");
        let fcb = Fcb::parse(&bytes).unwrap();
        assert_eq!(fcb.to_bytes()[..], bytes[..]);
        assert!(!fcb.fields().is_empty() && !format!("{fcb:?}").is_empty());
        // a block rebuilt field by field is the same block: no byte is without a field
        let mut again = Fcb::new();
        for spec in Spec::all().iter().chain(Spec::reserved()) {
            again.set(spec, &fcb.get(spec));
        }
        for index in 0..16 {
            again.set_sequence(index, &fcb.sequence(index));
        }
        assert_eq!(again.diff(&fcb), []);
        assert_eq!(again.as_bytes(), fcb.as_bytes());
    }
}

#[test]
fn one_changed_byte_is_one_differing_field() {
    let mut random = Random(2);
    let before = Fcb::new();
    for at in 4..Fcb::LEN {
        let mut bytes = before.to_bytes();
        bytes[at] ^= (random.next() as u8) | 1;
        let differing = before.diff(&Fcb::parse(&bytes).unwrap());
        assert_eq!(differing.len(), 1, "offset {at:#x}");
        let field = &differing[0].this;
        assert!(
            (field.offset..field.offset + field.len).contains(&at),
            "offset {at:#x} in {}",
            field.name
        );
    }
}

#[test]
fn sequences_of_random_words_survive() {
    let mut random = Random(3);
    for _ in 0..2000 {
        let words = [
            random.next() << 1,
            random.next() << 1,
            random.next(),
            random.next(),
        ];
        let sequence = Sequence::from_words(&words);
        assert_eq!(sequence.words(), words);
        assert!(!sequence.to_string().is_empty());
        for step in sequence.0 {
            assert_eq!(Instruction::decode(step.encode()), step);
        }
    }
}

#[test]
fn no_parser_panics_on_random_bytes() {
    let mut random = Random(4);
    for _ in 0..2000 {
        let len = random.below(700);
        let mut bytes = random.bytes(len);
        let _ = Fcb::parse(&bytes).map(|fcb| fcb.fields());
        read_sfdp(&bytes);
        for (place, byte) in bytes.iter_mut().zip(b"SFDP") {
            *place = *byte;
        }
        read_sfdp(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = PartFile::from_cfg(&text).map_err(|error| error.to_string());
        let _ = (
            text.parse::<OptionWords>(),
            text.parse::<Instruction>(),
            text.parse::<JedecId>(),
        );
        let words = OptionWords {
            word0: random.next() << 1,
            word1: Some(random.next()),
        };
        let _ = (
            words.explain(rt1021()),
            OptionWords::one(0xC000_0000 | words.word0 >> 4).explain(rt1021()),
        );
        let _ = (
            JedecId::from_answer(&bytes).map(JedecId::likely_size),
            database::nearest(&text),
        );
    }
}

#[test]
fn no_sfdp_with_a_sound_header_panics() {
    let mut random = Random(5);
    for _ in 0..2000 {
        let mut bytes = random.bytes(256);
        let dwords = 9 + random.below(12) as u8;
        bytes[..8].copy_from_slice(&[b'S', b'F', b'D', b'P', 6, 1, 1, 0xFF]);
        bytes[8..16].copy_from_slice(&[0, 6, 1, dwords, 0x30, 0, 0, 0xFF]);
        bytes[16..24].copy_from_slice(&[0x84, 0, 1, 2, random.next() as u8, 0, 0, 0xFF]);
        read_sfdp(&bytes);
    }
}

fn read_sfdp(bytes: &[u8]) {
    let Ok(sfdp) = Sfdp::parse(bytes) else { return };
    let _ = (
        sfdp.size(),
        sfdp.page_size(),
        sfdp.erase_types(),
        sfdp.qer(),
        sfdp.chip_erase(),
        sfdp.page_program(),
    );
    for read in [
        sfdp.quad_io(),
        sfdp.quad_output(),
        sfdp.basic.dual_io(),
        sfdp.basic.dual_output(),
    ] {
        let _ = read.map(|read| read.dummy_cycles());
    }
    for part in database::parts().take(3) {
        let _ = part.contradictions(Some(&sfdp));
    }
}

#[test]
fn files_with_a_changed_byte_never_panic() {
    let mut random = Random(6);
    let (_, text) = database::files()[0];
    for _ in 0..400 {
        let mut bytes = text.as_bytes().to_vec();
        let at = random.below(bytes.len());
        bytes[at] = random.next() as u8;
        let _ =
            PartFile::from_cfg(&String::from_utf8_lossy(&bytes)).map_err(|error| error.to_string());
    }
}

#[test]
fn any_block_and_any_option_words_do_not_panic() {
    let mut random = Random(9);
    let part = database::parts().next().unwrap();
    for round in 0..800 {
        let mut bytes = random.bytes(Fcb::LEN);
        bytes[..4].copy_from_slice(b"FCFB");
        let fcb = Fcb::parse(&bytes).unwrap();
        check::check(&fcb, (round % 2 == 0).then_some(&part), rt1021());
        // a header that leads to a table of noise
        let mut sfdp = random.bytes(0x200);
        sfdp[..16].copy_from_slice(b"SFDP\x06\x01\x01\xff\x00\x06\x01\x10\x30\x00\x00\xff");
        sfdp[16..24].copy_from_slice(b"\x84\x00\x01\x02\x80\x00\x00\xff");
        let word0 = 0xC000_0000 | random.next() & 0x0110_0F7F;
        let words = OptionWords {
            word0,
            word1: (word0 >> 24 & 1 == 1).then(|| random.next()),
        };
        let registers = StatusRegisters {
            sr1: random.next() as u8,
            sr2: Some(random.next() as u8),
            sr3: None,
        };
        let flash = derive::Flash {
            sfdp: &sfdp,
            registers,
            ddr_dummy_cycles: Some(random.next() as u8),
        };
        if let Ok(derived) = derive::derive(words, &flash, rt1021()) {
            check::check(&derived.fcb, Some(&part), rt1021());
        }
    }
}

fn rt1021() -> &'static rtboot_fcb::Chip {
    rtboot_fcb::Chip::by_name("rt1021").expect("a chip of the table")
}
