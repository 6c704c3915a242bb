//! Sequences against the words that public headers write.

use rtboot_fcb::Part;
use rtboot_fcb::lut::{Instruction, Opcode, Sequence};

/// What a data sheet calls it, how it is made, its words.
fn worked() -> Vec<(&'static str, Sequence, &'static [u32])> {
    let read = Sequence::read;
    let erase = Sequence::erase;
    let program = Sequence::program;
    vec![
        (
            "03h 1-1-1, 24-bit address",
            read(0x03, 24, 1, 1, 0),
            &[0x0818_0403, 0x2404],
        ),
        (
            "0Bh 1-1-1, 24-bit address, 8 dummy cycles",
            read(0x0B, 24, 1, 1, 8),
            &[0x0818_040B, 0x2404_3008],
        ),
        (
            "13h 1-1-1, 32-bit address",
            read(0x13, 32, 1, 1, 0),
            &[0x0820_0413, 0x2404],
        ),
        (
            "6Bh 1-1-4, 24-bit address, 8 dummy cycles",
            read(0x6B, 24, 1, 4, 8),
            &[0x0818_046B, 0x2604_3208],
        ),
        (
            "EBh 1-4-4, 24-bit address, 6 dummy cycles",
            read(0xEB, 24, 4, 4, 6),
            &[0x0A18_04EB, 0x2604_3206],
        ),
        (
            "EBh 1-4-4, 24-bit address, 8 dummy cycles",
            read(0xEB, 24, 4, 4, 8),
            &[0x0A18_04EB, 0x2604_3208],
        ),
        (
            "EBh 1-4-4, 24-bit address, 10 dummy cycles",
            read(0xEB, 24, 4, 4, 10),
            &[0x0A18_04EB, 0x2604_320A],
        ),
        (
            "EBh 1-4-4, 24-bit address, mode byte FFh, 4 dummy cycles",
            Sequence::read_with_mode(0xEB, 24, 4, 4, 0xFF, 4),
            &[0x0A18_04EB, 0x3204_1EFF, 0x2604],
        ),
        (
            "ECh 1-4-4, 32-bit address, 6 dummy cycles",
            read(0xEC, 32, 4, 4, 6),
            &[0x0A20_04EC, 0x2604_3206],
        ),
        (
            "6Ch 1-1-4, 32-bit address, 8 dummy cycles",
            read(0x6C, 32, 1, 4, 8),
            &[0x0820_046C, 0x2604_3208],
        ),
        (
            "05h, 4 bytes back",
            Sequence::read_register(0x05, 4),
            &[0x2404_0405],
        ),
        (
            "35h, 1 byte back",
            Sequence::read_register(0x35, 1),
            &[0x2401_0435],
        ),
        (
            "3Fh, 1 byte back",
            Sequence::read_register(0x3F, 1),
            &[0x2401_043F],
        ),
        ("06h", Sequence::command(0x06), &[0x0406]),
        ("20h 1-1-1, 24-bit address", erase(0x20, 24), &[0x0818_0420]),
        ("52h 1-1-1, 24-bit address", erase(0x52, 24), &[0x0818_0452]),
        ("D8h 1-1-1, 24-bit address", erase(0xD8, 24), &[0x0818_04D8]),
        ("21h 1-1-1, 32-bit address", erase(0x21, 32), &[0x0820_0421]),
        ("DCh 1-1-1, 32-bit address", erase(0xDC, 32), &[0x0820_04DC]),
        (
            "02h 1-1-1, 24-bit address, data sent",
            program(0x02, 24, 1, 1),
            &[0x0818_0402, 0x2004],
        ),
        (
            "12h 1-1-1, 32-bit address, data sent",
            program(0x12, 32, 1, 1),
            &[0x0820_0412, 0x2004],
        ),
        (
            "32h 1-1-4, 24-bit address, data sent",
            program(0x32, 24, 1, 4),
            &[0x0818_0432, 0x2204],
        ),
        (
            "34h 1-1-4, 32-bit address, data sent",
            program(0x34, 32, 1, 4),
            &[0x0820_0434, 0x2204],
        ),
        (
            "38h 1-4-4, 24-bit address, data sent",
            program(0x38, 24, 4, 4),
            &[0x0A18_0438, 0x2204],
        ),
        (
            "3Eh 1-4-4, 32-bit address, data sent",
            program(0x3E, 32, 4, 4),
            &[0x0A20_043E, 0x2204],
        ),
        ("60h", Sequence::command(0x60), &[0x0460]),
        ("C7h", Sequence::command(0xC7), &[0x04C7]),
        (
            "01h, 1 byte sent",
            Sequence::write_register(0x01, 1),
            &[0x2001_0401],
        ),
        (
            "01h, 2 bytes sent",
            Sequence::write_register(0x01, 2),
            &[0x2002_0401],
        ),
        (
            "31h, 1 byte sent",
            Sequence::write_register(0x31, 1),
            &[0x2001_0431],
        ),
        (
            "3Eh, 1 byte sent",
            Sequence::write_register(0x3E, 1),
            &[0x2001_043E],
        ),
        (
            "C0h, 1 byte sent",
            Sequence::write_register(0xC0, 1),
            &[0x2001_04C0],
        ),
        (
            "9Fh, 4 bytes back",
            Sequence::read_register(0x9F, 4),
            &[0x2404_049F],
        ),
        (
            "5Ah 1-1-1, 24-bit address, 8 dummy cycles",
            Sequence::read_sfdp(),
            &[0x0818_045A, 0x24FF_3008],
        ),
        ("66h", Sequence::command(0x66), &[0x0466]),
        ("99h", Sequence::command(0x99), &[0x0499]),
        ("B7h", Sequence::command(0xB7), &[0x04B7]),
    ]
}

#[test]
fn the_worked_sequences_have_their_words_and_names() {
    for (name, sequence, words) in worked() {
        assert_eq!(&sequence.words()[..words.len()], words, "{name}");
        assert!(
            sequence.words()[words.len()..]
                .iter()
                .all(|word| *word == 0),
            "{name}"
        );
        assert_eq!(sequence.to_string(), name);
        assert_eq!(Sequence::from_words(words), sequence, "{name}");
        assert_eq!(
            Sequence::from_bytes(&sequence.to_bytes()),
            sequence,
            "{name}"
        );
    }
}

#[test]
fn words_are_little_endian_first_instruction_low() {
    let sequence = Sequence::from_words(&[0x0A18_04EB]);
    assert_eq!(sequence.to_bytes()[..4], [0xEB, 0x04, 0x18, 0x0A]);
    assert_eq!(sequence.0[0], Instruction::new(Opcode::CMD, 1, 0xEB));
    assert_eq!(sequence.0[1], Instruction::new(Opcode::RADDR, 4, 0x18));
    assert_eq!(sequence.command_byte(), Some(0xEB));
}

#[test]
fn every_word_decodes_and_encodes_back() {
    for bits in 0..=u16::MAX {
        let step = Instruction::decode(bits);
        assert_eq!(step.encode(), bits);
        assert_eq!(
            step.to_string().parse::<Instruction>().unwrap(),
            step,
            "{step}"
        );
    }
}

#[test]
fn bad_instruction_text_is_refused_with_an_example() {
    for text in [
        "",
        "CMD/3 0xEB",
        "CMD/1 300",
        "JUMP 0x00",
        "OP_0x40 0",
        "OP_ 0",
        "CMD/1 0xEB 0xEB",
        "\u{e4}\u{e4}",
    ] {
        let error = text.parse::<Instruction>().unwrap_err().to_string();
        assert!(error.contains("is not an instruction, such as"), "{error}");
    }
    assert_eq!(
        "raddr/4 24".parse::<Instruction>().unwrap(),
        Instruction::new(Opcode::RADDR, 4, 24)
    );
    assert_eq!("STOP".parse::<Instruction>().unwrap(), Instruction::STOP);
}

#[test]
fn all_names_of_both_data_rates_read_back() {
    let named: Vec<Opcode> = (0..0x40)
        .map(Opcode)
        .filter(|opcode| opcode.name().is_some())
        .collect();
    assert_eq!(named.len(), 15 + 13);
    assert_eq!(named.iter().filter(|opcode| opcode.is_ddr()).count(), 13);
    assert_eq!(Opcode(0x2C).name(), Some("DUMMY_DDR"));
}

#[test]
fn an_unused_sequence_is_a_dash() {
    assert_eq!(Sequence::EMPTY.to_string(), "-");
    assert!(Sequence::EMPTY.is_empty());
}

#[test]
fn a_large_part_uses_four_byte_commands_only() {
    let (_, mut file) = rtboot_fcb::database::find("mt25ql256aba").unwrap();
    let part: Part = file.parts.remove(0);
    let names: Vec<String> = [0, 5, 8, 9]
        .iter()
        .map(|i| part.boot_fcb().sequence(*i).to_string())
        .collect();
    assert_eq!(
        names,
        [
            "ECh 1-4-4, 32-bit address, 10 dummy cycles",
            "21h 1-1-1, 32-bit address",
            "DCh 1-1-1, 32-bit address",
            "12h 1-1-1, 32-bit address, data sent",
        ]
    );
}
