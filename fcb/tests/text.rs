//! Blocks as text of other tools, and as a `.cfg` that loses nothing.
#![cfg(feature = "cfg")]

#[allow(dead_code)] // the tests use the rest
#[path = "../../tests/kit/random.rs"]
mod numbers;

use numbers::Random;
use rtboot_fcb::text::{bytes_from_array, from_array, from_yaml, to_c, to_rust, to_yaml};
use rtboot_fcb::{Fcb, Part, PartFile, database};

const EVK: &[u8] = include_bytes!("vectors/evkmimxrt1020_sdk.bin");
/// Made by `nxpimage bootable-image fcb parse` of SPSDK 3.12.0 from `evkmimxrt1020_sdk.bin`, its comments left out.
const SPSDK: &str = include_str!("vectors/spsdk_evkmimxrt1020.yaml");

impl Random {
    /// A good block with some bytes changed, or all.
    fn block(&mut self) -> Fcb {
        let mut bytes = Fcb::parse(EVK).unwrap().to_bytes();
        let count = [1, 3, 20, 2000][self.next() as usize % 4];
        for _ in 0..count {
            let at = 4 + self.next() as usize % 508;
            bytes[at] = self.next() as u8;
        }
        Fcb::parse(&bytes).unwrap()
    }

    /// The start of a text with some of its bytes changed into these.
    fn spoiled(&mut self, text: &str, odd: &[u8]) -> String {
        let mut bytes = text.as_bytes().to_vec();
        bytes.truncate(1 + self.below(bytes.len()));
        for _ in 0..self.below(20) {
            let at = self.below(bytes.len());
            bytes[at] = odd[self.below(odd.len())];
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[test]
fn what_spsdk_writes_is_read() {
    assert_eq!(from_yaml(SPSDK).unwrap(), Fcb::parse(EVK).unwrap());
}

#[test]
fn what_is_written_is_read_again_with_every_field() {
    let mut random = Random(1);
    for _ in 0..60 {
        let mut block = random.block();
        // SPSDK names neither the other reserved bytes nor those of sequence calls
        for spec in rtboot_fcb::Spec::reserved()
            .iter()
            .filter(|spec| spec.offset < 0x1D4)
        {
            block.set(spec, &vec![0; spec.count]);
        }
        let whole = block.clone();
        for spec in ["deviceModeSeq", "configCmdSeqs", "lutCustomSeq"] {
            let spec = rtboot_fcb::Spec::find(spec).unwrap();
            let calls: Vec<u32> = whole
                .get(spec)
                .chunks(4)
                .flat_map(|c| [c[0], c[1], 0, 0])
                .collect();
            block.set(spec, &calls);
        }
        let text = to_yaml(&block, "mimxrt1020");
        let again = from_yaml(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(again, block);
    }
}

#[test]
fn unused_steps_of_the_table_are_left_out() {
    let block = Fcb::parse(EVK).unwrap();
    let text = to_yaml(&block, "mimxrt1020");
    let steps = text.lines().filter(|line| line.contains("_instr")).count();
    let used: usize = (0..16).map(|i| block.sequence(i).steps().len()).sum();
    assert_eq!(steps, used, "{text}");
}

#[test]
fn a_slip_is_told_with_its_line() {
    let error = |text: &str| from_yaml(text).unwrap_err().to_string();
    let below = |line: &str| error(&format!("fcb_settings:\n  {line}\n"));
    assert_eq!(
        below("csHoldTim: 3"),
        "line 2: unknown key `csHoldTim`; did you mean `csHoldTime`?"
    );
    assert_eq!(
        below("csHoldTime: 0x100"),
        "line 2: `csHoldTime` takes at most 0xff, and this is 0x100"
    );
    assert_eq!(
        below("csHoldTime: three"),
        "line 2: `csHoldTime` takes a number, and `three` is none"
    );
    assert_eq!(
        below("csHoldTime: true"),
        "line 2: `csHoldTime` takes a number, and `true` is none"
    );
    assert_eq!(
        below("csHoldTime: -1"),
        "line 2: `csHoldTime` takes a number, and `-1` is none"
    );
    assert_eq!(
        below("csHoldTime: [3]"),
        "line 2: `csHoldTime` takes a number, and this is a list"
    );
    assert_eq!(
        below("csHoldTime: {seqNum: 1}"),
        "line 2: unknown key `seqNum`; `csHoldTime` takes a number, and no names below it"
    );
    assert_eq!(
        below("deviceModeSeq: {seqNum: 1, seqNr: 4}"),
        "line 2: unknown key `seqNr`; `deviceModeSeq` takes seqNum and seqId"
    );
    assert_eq!(
        below("deviceModeSeq: {value: 1, seqId: 4}"),
        "line 2: unknown key `value`; `deviceModeSeq` takes seqNum and seqId"
    );
    for (line, place) in [("csHoldTime: 'three", 2), ("? [1, 2]", 2), ("a: *b", 2)] {
        let error = below(line);
        assert!(
            error.starts_with(&format!("line {place}: ")),
            "{line}: {error}"
        );
    }
    assert!(below("csHoldTime: \"three").contains("this is no YAML"));
    assert_eq!(
        below("tag: 1"),
        "line 2: no FCB tag: expected 0x42464346, found 0x00000001"
    );
    assert_eq!(
        below("csHoldTime: 3\n  field00D: 3"),
        "line 3: `field00D` stands here for the second time"
    );
    assert_eq!(
        below("lookupTable_seq0_instr0:\n    OPERATION_CODE: CMD_SRD"),
        "line 3: unknown instruction `CMD_SRD`; did you mean `CMD_SDR`?"
    );
    assert_eq!(
        below("lookupTable_seq16_instr0:"),
        "line 2: unknown key `lookupTable_seq16_instr0`"
    );
    assert!(error("type: xspi_nor\n").starts_with("line 1: the type is `xspi_nor`"));
    assert!(error("family: mimxrt1020\n").contains("there is no `fcb_settings`"));
}

#[test]
fn the_table_is_read_as_words_too() {
    let fcb = from_yaml(
        "fcb_settings:\n  lookupTable_0: 0x0A1804EB # EBh\n  lookupTable_1: '0x26043206'\n",
    )
    .unwrap();
    assert_eq!(
        fcb.sequence(0).to_string(),
        "EBh 1-4-4, 24-bit address, 6 dummy cycles"
    );
}

/// One register in every form that SPSDK 3.12 reads. The bytes are what its `nxpimage bootable-image fcb export` makes of it.
#[test]
fn spsdk_writes_a_register_in_many_forms() {
    let block = |body: &str| {
        let text = format!("family: mimxrt1020\ntype: flexspi_nor\nfcb_settings:\n{body}");
        let fcb = from_yaml(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        fcb.to_bytes()
    };
    let call = [1, 12, 0, 0];
    for body in [
        "  configCmdSeqs_0: {seqNum: 1, seqId: 12}",
        "  configCmdSeqs_0:\n    seqNum: '0x01'\n    seqId: 0x0C",
        "  configCmdSeqs_0:\n    bitfields:\n      seqNum: 1\n      seqId: 12",
        "  configCmdSeqs_0:\n    value: '0x00000C01'",
        "  configCmdSeqs_0: 3073",
        "  configCmdSeqs_0: 0x0C01UL",
        "  CONFIGCMDSEQS_0: 0b1100_0000_0001",
        "  field020: '0x0c01'",
        "  field020:\n    field020-bits0-7: 1\n    SEQID: 0o14",
        "  configCmdSeqs_0: {SEQNUM: '1', seqId: 014}",
        "  configCmdSeqs_0: &one {seqNum: 1, seqId: 12}",
    ] {
        assert_eq!(block(body)[0x20..0x24], call, "{body}");
    }
    let shared = "  configCmdSeqs_0: &one {seqNum: 1, seqId: 12}\n  configCmdSeqs_1: *one\n  configCmdSeqs_2: {<<: *one, seqId: 13}";
    assert_eq!(
        block(shared)[0x20..0x2C],
        [1, 12, 0, 0, 1, 12, 0, 0, 1, 13, 0, 0]
    );
    let step = [0x18, 0x0A];
    for body in [
        "  lookupTable_seq0_instr1: {OPERAND: '0x18', NUM_PADS: 4PAD, OPERATION_CODE: RADDR_SDR}",
        "  lookupTable_seq0_instr1: {OPERAND: 24, NUM_PADS: 2, OPERATION_CODE: 2}",
        "  lookupTable_seq0_instr1: {operand: 24, num_pads: 4pad, operation_code: raddr_sdr}",
        "  lookupTable_seq0_instr1:\n    bitfields:\n      OPERAND: 24\n      NUM_PADS: NUM_PADS_4PAD\n      OPERATION_CODE: OPERATION_CODE_RADDR_SDR",
        "  lookupTable_seq0_instr1: 0x0A18",
        "  field082:\n    value: '0x0A18'",
    ] {
        assert_eq!(block(body)[0x82..0x84], step, "{body}");
    }
    assert_eq!(block("  reserved3_1: 7\n  reserve2_10: 8")[0x4C], 7);
    assert_eq!(block("  csHoldTime: '010'")[0x0D], 10);
    assert_eq!(block("  csHoldTime: 010")[0x0D], 8);
}

/// What SPSDK 1 wrote: its family names, `value` and `bitfields`; and the same as JSON, which SPSDK takes too.
#[test]
fn the_first_form_of_spsdk_is_read() {
    let yaml = "family: rt102x\ntype: flexspi_nor\nfcb_settings:\n  tag:\n    value: \"0x42464346\"\n  version:\n    value: \"0x56010400\"\n  csHoldTime:\n    value: \"0x03\"\n  deviceModeSeq:\n    bitfields:\n      seqNum: 1\n      seqId: 4\n  sflashA1Size:\n    value: \"0x00800000\"\n";
    let json = r#"{"family": "mimxrt1020", "type": "flexspi_nor", "fcb_settings": {"csHoldTime": {"value": "0x03"},
        "deviceModeSeq": {"bitfields": {"seqNum": 1, "seqId": 4}}, "sflashA1Size": 8388608}}"#;
    let mut fcb = Fcb::new();
    fcb.set_cs_hold_time(3);
    fcb.set_device_mode_sequence(rtboot_fcb::SequenceCall { count: 1, index: 4 });
    fcb.set_sflash_a1_size(8 << 20);
    for text in [yaml, json] {
        assert_eq!(from_yaml(text).unwrap(), fcb, "{text}");
    }
    let older = from_yaml("family: mimxrt1010\nfcb_settings: {csHoldTime: 3}").unwrap();
    assert_eq!(older.version(), 0x5601_0100);
}

/// What SPSDK 2.1.1 and 2.6.1 write: the reserved half of a sequence call has a name. SPSDK 3.12 refuses it; its users need not.
#[test]
fn the_second_form_of_spsdk_is_read() {
    let body = "  configCmdSeqs_1:\n    seqNum: '0x01'\n    seqId: '0x0c'\n    reserved: '0x0000'\n  reserved1: '0x00000000'";
    let text =
        format!("family: rt102x\nrevision: latest\ntype: flexspi_nor\nfcb_settings:\n{body}\n");
    let fcb = from_yaml(&text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(fcb.to_bytes()[0x24..0x28], [1, 12, 0, 0]);
    let error = from_yaml(&text.replace("reserved:", "reserve:")).unwrap_err();
    assert!(error.to_string().contains("unknown key"), "{error}");
}

#[test]
fn references_cannot_make_a_file_large() {
    let mut text = String::from("a: &a {k: 1}\n");
    for (new, old) in "bcdefghijklmnop".chars().zip("abcdefghijklmno".chars()) {
        text += &format!("{new}: &{new} {{x: *{old}, y: *{old}, z: *{old}}}\n");
    }
    let error = from_yaml(&text).unwrap_err().to_string();
    assert!(error.contains("more than 20000 values"), "{error}");
    let deep = format!("fcb_settings: {}", "{a: ".repeat(1000));
    assert!(from_yaml(&deep).unwrap_err().message.contains("deep"));
}

#[test]
fn c_and_rust_hold_all_bytes_in_their_order() {
    let fcb = Fcb::parse(EVK).unwrap();
    for text in [to_c(&fcb), to_rust(&fcb)] {
        let lines = text.lines().filter(|line| line.starts_with("    0x"));
        let code = lines.flat_map(|line| line.split(" /").next().unwrap().split(','));
        let bytes: Vec<u8> = code
            .filter_map(|byte| u8::from_str_radix(byte.trim().strip_prefix("0x")?, 16).ok())
            .collect();
        assert_eq!(bytes, EVK, "{text}");
        assert!(
            text.contains("EBh 1-4-4, 24-bit address, 8 dummy cycles"),
            "{text}"
        );
    }
    assert!(to_c(&fcb).contains("section(\".boot_hdr.conf\")"));
    assert!(to_rust(&fcb).contains("pub static FLEXSPI_CONFIGURATION_BLOCK: [u8; 512]"));
}

#[test]
fn c_and_rust_are_read_again() {
    let fcb = Fcb::parse(EVK).unwrap();
    for text in [to_c(&fcb), to_rust(&fcb)] {
        assert_eq!(from_array(&text).unwrap(), fcb);
    }
    // as words, with comments where they hurt, and an array before it
    let mut words = String::from("const A: [u8; 2] = [1, 2];\nconst W: [u32; 128] = [\n");
    for (i, word) in EVK.as_chunks::<4>().0.iter().enumerate() {
        let (high, low) = (
            u16::from_le_bytes([word[2], word[3]]),
            u16::from_le_bytes([word[0], word[1]]),
        );
        words += &format!("/* {i}, */ 0x{high:04x}_{low:04X}u32, // [7, {{\n");
    }
    assert_eq!(from_array(&(words.clone() + "];")).unwrap(), fcb);
    assert_eq!(
        from_array(&words.replace("],", "]")).unwrap(),
        fcb,
        "the end may be missing"
    );
    let error = |text: &str| from_array(text).unwrap_err().to_string();
    assert_eq!(
        error(&words.replacen("0x4246_4346u32,", "", 1)),
        "line 2: the list holds 127 numbers; a block is 512 bytes, 256 half-words or 128 words"
    );
    assert!(
        error("int main(void) { return 0; }").starts_with("line 1: there is no list of numbers")
    );
    assert!(error(&words.replacen("0x4246_4346", "0", 1)).contains("tag"));
    assert!(error(&to_c(&fcb).replacen("0x46,", "0x146,", 1)).contains("larger than 0xff"));
}

#[test]
fn comments_and_lone_slashes_hide_no_values() {
    let block = to_c(&Fcb::parse(EVK).unwrap());
    let lists = block.split_once('{').expect("a list").1;
    let fcb = Fcb::parse(EVK).unwrap();
    for head in [
        "// {1, 2\n",
        "/* // */",
        "/* { \n * [ */ // */ {\n",
        "1 / 2; a /= 3;",
        "/",
    ] {
        assert_eq!(from_array(&format!("{head}{{{lists}")).unwrap(), fcb);
    }
    // as many comments as fit, which must not take a look at all the rest each
    let many = format!("{}{{{lists}", "//\n".repeat(512 << 10));
    assert_eq!(from_array(&many).unwrap(), fcb);
    // one that is never closed takes all
    assert!(from_array(&format!("/* {{{lists}").replace("*/", "")).is_err());
}

#[test]
fn numbers_that_c_and_rust_read_apart_are_refused() {
    let list = |number: &str| format!("x = {{\n{}{number}}};", "0x01, ".repeat(7));
    let read = |number: &str| bytes_from_array(&list(number), 8);
    for number in ["010", "017", "09", "0100u8", "010UL"] {
        let error = read(number).unwrap_err().to_string();
        let said = format!("line 1: the number {number} begins with 0, so it is octal in C");
        assert!(error.starts_with(&said), "{error}");
    }
    for (number, value) in [("0", 0), ("00", 0), ("007", 7), ("0x010", 16), ("10", 10)] {
        assert_eq!(read(number).unwrap().last(), Some(&value), "{number}");
    }
}

#[test]
fn assembler_data_are_read() {
    let bytes = Fcb::parse(EVK).unwrap();
    let lines = |directive: &str, width: usize| -> String {
        EVK.chunks(4 * width)
            .map(|row| {
                let number = |bytes: &[u8]| {
                    let value = bytes
                        .iter()
                        .rev()
                        .fold(0, |all, byte| all << 8 | u32::from(*byte));
                    format!("{value:#x}")
                };
                let numbers: Vec<String> = row.chunks(width).map(number).collect();
                format!("    {directive} {} @ as is\n", numbers.join(", "))
            })
            .collect()
    };
    for (directive, width) in [
        (".byte", 1),
        (".hword", 2),
        (".word", 4),
        (".LONG", 4),
        ("DCD", 4),
    ] {
        let text = format!(
            "/* {{ */\n.section .boot_hdr.conf\n.align 3\nbefore: .word 7\nfcb:\n{}",
            lines(directive, width)
        );
        assert_eq!(from_array(&text).unwrap(), bytes, "{text}");
    }
    let zeros = format!(
        ".word 0x42464346\n.word 0x56010400 ; second\nfcb_rest .space {}\n",
        504
    );
    assert_eq!(from_array(&zeros).unwrap(), Fcb::new());
    let error = |text: &str| from_array(text).unwrap_err().to_string();
    assert_eq!(
        error("\n.word 0x42464346\n.space 100"),
        "line 2: the data from here on are 104 bytes; a block is 512"
    );
    assert_eq!(
        error(".word 0x42464346\n.word VERSION"),
        "line 2: the operands `VERSION` are no plain numbers"
    );
    let one_by_one: String = EVK.iter().map(|b| format!("  .byte 0x{b:02x}\n")).collect();
    let text = format!(".section .fcb\n.byte 70, 67\nfcb:\n{one_by_one}");
    assert_eq!(from_array(&text).unwrap(), Fcb::parse(EVK).unwrap());
}

#[test]
fn the_first_list_that_is_a_block_counts() {
    let fcb = Fcb::parse(EVK).unwrap();
    let dcd = format!("const uint8_t dcd_data[] = {{{}}};\n", "0xD2, ".repeat(600));
    assert_eq!(from_array(&format!("{dcd}{}", to_c(&fcb))).unwrap(), fcb);
    let halves: Vec<String> = EVK
        .chunks(2)
        .map(|half| format!("{:#06x}u16", u16::from_le_bytes([half[0], half[1]])))
        .collect();
    let text = format!("static F: [u16; 256] = [{}];", halves.join(","));
    assert_eq!(from_array(&text).unwrap(), fcb);
}

#[test]
fn a_structure_is_refused_by_its_name() {
    let error = |text: &str| from_array(text).unwrap_err().to_string();
    let c = "// the board's\nconst flexspi_nor_config_t qspiflash_config =\n{\n    .memConfig = {\n        .tag = FLEXSPI_CFG_BLK_TAG,\n    },\n    .pageSize = 256u,\n};\n";
    assert_eq!(
        error(c),
        "line 2: `qspiflash_config` is a C structure, and only the compiler knows its values: give the ELF, HEX or image that is built of it, its 512 bytes as an array, or a part"
    );
    let table = c.replace(
        ".pageSize",
        &format!(
            ".lookupTable = {{ {} }},\n .pageSize",
            "0x0818, ".repeat(64)
        ),
    );
    assert!(error(&table).starts_with("line 2: `qspiflash_config` is a C structure"));
    let rust = "use imxrt_boot_gen::flexspi;\npub static FCB: Block = flexspi::ConfigurationBlock::new(LUT);\n";
    assert!(error(rust).starts_with("line 2: this builds the block by calls"));
    // a declaration alone is none
    let header = "extern const flexspi_nor_config_t qspiflash_config;\n";
    assert!(error(header).starts_with("line 1: there is no list"));
    // an array that is there counts
    let both = format!("{c}{}", to_c(&Fcb::parse(EVK).unwrap()));
    assert!(from_array(&both).is_ok());
}

#[test]
fn broken_source_never_panics() {
    let mut random = Random(4);
    let text = to_c(&Fcb::parse(EVK).unwrap());
    for _ in 0..500 {
        let text = random.spoiled(&text, b"\n/*{}[],0x_u\xC3");
        let _ = from_array(&text).map_err(|error| error.to_string());
    }
}

#[test]
fn a_cfg_made_of_a_block_gives_the_block_back() {
    let mut random = Random(2);
    for round in 0..60 {
        let block = random.block();
        let base = database::find("W25Q256JV").unwrap().1.parts.remove(0);
        let part = if round % 2 == 0 {
            Part::of_fcb("MINE", &block)
        } else {
            base.with_fcb(&block)
        };
        let text = PartFile {
            parts: vec![part.clone()],
        }
        .to_cfg();
        let again = PartFile::from_cfg(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(again.parts[0].boot_fcb(), block);
        assert_eq!(again.parts[0], part);
        // and once more, from block to text to block
        assert_eq!(part.with_fcb(&again.parts[0].boot_fcb()), part);
    }
}

#[test]
fn a_part_with_its_own_block_forces_nothing() {
    for part in database::parts().filter(|part| part.overrides.is_empty()) {
        assert_eq!(part.with_fcb(&part.boot_fcb()), part, "{}", part.name);
    }
}

#[test]
fn broken_yaml_never_panics() {
    let mut random = Random(3);
    for _ in 0..500 {
        let text = random.spoiled(SPSDK, b"\n :'\"#-\t{[&0xz_");
        let _ = from_yaml(&text).map_err(|error| error.to_string());
    }
}
