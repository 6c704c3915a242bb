//! What a person reads when a `.cfg` file is wrong: each kind of error once, whole.
#![cfg(feature = "cfg")]

use rtboot_fcb::PartFile;
use rtboot_fcb::{ChipName, OptionWords, ReadClock};

const GOOD: &str = r#"name = "X1"
vendor = "Maker"
jedec = "9d 60 17"
size = "8M"
quad-enable = "sr1-bit6"
clock = 6

[read]
opcode = 0xEB
address-pads = 4
data-pads = 4
dummy-cycles = 6
"#;

/// The good file with one line replaced.
fn broken(line: &str, by: &str) -> String {
    assert!(GOOD.contains(line), "{line}");
    PartFile::from_cfg(&GOOD.replace(line, by))
        .unwrap_err()
        .to_string()
}

#[test]
fn the_good_file_reads() {
    let file = PartFile::from_cfg(GOOD).unwrap();
    assert_eq!(
        (
            file.parts.len(),
            file.parts[0].size,
            file.parts[0].sector_size
        ),
        (1, 8 << 20, 4096)
    );
}

#[test]
fn an_unknown_key_names_the_nearest() {
    assert_eq!(
        broken("size = \"8M\"", "szie = \"8M\""),
        "line 4, column 1: unknown key `szie` in the file; did you mean `size`?\n  szie = \"8M\"\n  ^^^^"
    );
    assert_eq!(
        broken("dummy-cycles = 6", "  dummy = 6"),
        "line 12, column 3: unknown key `dummy` in [read]; did you mean `dummy-cycles`?\n    dummy = 6\n    ^^^^^"
    );
    assert_eq!(
        broken("clock = 6", "zzz = 6"),
        "line 6, column 1: unknown key `zzz` in the file\n  zzz = 6\n  ^^^"
    );
}

#[test]
fn a_missing_key_comes_with_an_example() {
    assert_eq!(
        broken("jedec = \"9d 60 17\"\n", ""),
        "line 1, column 1: the file lacks the key `jedec`, such as `jedec = \"9d 60 17\"`\n  name = \"X1\"\n  ^"
    );
    assert_eq!(
        broken("opcode = 0xEB\n", ""),
        "line 8, column 1: [read] lacks the key `opcode`, such as `opcode = 0xEB`\n  [read]\n  ^^^^^^"
    );
}

#[test]
fn a_wrong_type_names_both() {
    assert_eq!(
        broken("size = \"8M\"", "size = true"),
        "line 4, column 8: `size` takes a number, not true or false\n  size = true\n         ^^^^"
    );
    assert_eq!(
        broken("name = \"X1\"", "name = 5"),
        "line 1, column 8: `name` takes a text, not a number\n  name = 5\n         ^"
    );
    assert_eq!(
        broken("clock = 6\n", "clock = 6\nfamily = 3\n"),
        "line 7, column 10: `family` takes tables, each headed [[family]], not a number\n  family = 3\n           ^"
    );
}

#[test]
fn a_bad_value_says_what_would_do() {
    let cases = [
        (
            "size = \"8M\"",
            "size = \"8 elephants\"",
            "`size` takes a number, such as 4096, 0x1000, \"64K\" or \"8M\"",
        ),
        ("size = \"8M\"", "size = -1", "`size` cannot be negative"),
        (
            "size = \"8M\"",
            "size = 3000",
            "`size` must be a multiple of the block size, at most 504 MiB",
        ),
        (
            "size = \"8M\"",
            "size = \"9999999M\"",
            "`size` is at most 4294967295 (0xffffffff)",
        ),
        (
            "size = \"8M\"",
            "size = 8.5",
            "`size` takes a number, not a number with a point",
        ),
        (
            "dummy-cycles = 6",
            "dummy-cycles = 256",
            "`dummy-cycles` is at most 255 (0xff)",
        ),
        (
            "data-pads = 4",
            "data-pads = 3",
            "`data-pads` must be one of [1, 2, 4, 8]",
        ),
        (
            "jedec = \"9d 60 17\"",
            "jedec = \"9d 60\"",
            "\"9d 60\" is not a JEDEC id of three bytes, such as \"9d 60 17\"",
        ),
        (
            "clock = 6",
            "clock = \"104 MHz\"",
            "`clock` takes an index such as 6, or a frequency such as \"100 MHz\"",
        ),
        (
            "clock = 6",
            "clock = 6\nmax-mhz = 80",
            "clock 100 MHz (index 6) is above the 80 MHz that X1 takes; `[fcb]` can force it",
        ),
        (
            "clock = 6",
            "clock = 6\npage-size = 300",
            "`page-size` must be a power of two, not 0x12c",
        ),
        (
            "size = \"8M\"",
            "size = \"32M\"",
            "X1 has more than 16 MiB and needs a read command with 32 address bits",
        ),
        (
            "clock = 6",
            "clock = 6\noption-words = \"0xD0000006\"",
            "option words 0xD0000006: bits 31:28 must be 0xC; the flashloader answers status 4",
        ),
        (
            "dummy-cycles = 6",
            "dummy-cycles = 6\n[times]\nsector-erase-ms = 48",
            "`sector-erase-ms` takes two numbers, typical and longest, such as [48, 384]",
        ),
    ];
    for (line, by, message) in cases {
        let error = broken(line, by);
        assert!(error.lines().next().unwrap().ends_with(message), "{error}");
    }
}

#[test]
fn an_unknown_word_names_all_and_the_nearest() {
    assert_eq!(
        broken("quad-enable = \"sr1-bit6\"", "quad-enable = \"sr1bit6\""),
        "line 5, column 15: there is no quad enable method \"sr1bit6\"; known are none, sr1-bit6, sr2-bit1, \
         sr2-bit1-31h, sr2-bit7, unknown; did you mean `sr1-bit6`?\n  quad-enable = \"sr1bit6\"\n                ^^^^^^^^^"
    );
}

#[test]
fn a_key_given_twice_and_text_that_is_no_toml() {
    assert_eq!(
        broken("clock = 6", "clock = 6\nclock = 5"),
        "line 7, column 1: `clock` is given twice\n  clock = 5\n  ^^^^^"
    );
    let error = broken("clock = 6", "clock 6");
    assert!(
        error.starts_with("line 6, column ") && error.contains(": this is not TOML: "),
        "{error}"
    );
}

#[test]
fn columns_count_characters_and_tabs_stay_tabs() {
    assert_eq!(
        broken("clock = 6", "note = \"\u{fc}\u{fc}\" # \u{fc}\n\tclokc = 6"),
        "line 7, column 2: unknown key `clokc` in the file; did you mean `clock`?\n  \tclokc = 6\n  \t^^^^^"
    );
    let error =
        PartFile::from_cfg(&GOOD.replace('\n', "\r\n").replace("clock", "clokc")).unwrap_err();
    assert_eq!(
        (error.line, error.column, error.text.as_str()),
        (6, 1, "clokc = 6")
    );
    assert_eq!(error.nearest.as_deref(), Some("clock"));
}

#[test]
fn numbers_are_hex_decimal_or_with_k_and_m() {
    for (text, size) in [
        ("0x800000", 8 << 20),
        ("8_388_608", 8 << 20),
        ("\"8192K\"", 8 << 20),
        ("\"8 MiB\"", 8 << 20),
        ("\"0x80_0000\"", 8 << 20),
    ] {
        let file = PartFile::from_cfg(&GOOD.replace("\"8M\"", text))
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(file.parts[0].size, size, "{text}");
    }
    let file = PartFile::from_cfg(
        &GOOD
            .replace("clock = 6", "clock = \"100 MHz\"")
            .replace("\"9d 60 17\"", "0x9D6017"),
    )
    .unwrap();
    assert_eq!(
        (file.parts[0].clock, file.parts[0].jedec.0),
        (ReadClock::of_mhz(100).unwrap(), [0x9D, 0x60, 0x17])
    );
}

#[test]
fn a_member_inherits_and_overrides() {
    let text = format!(
        "{}max-mhz = 104\noption-words = [0xC1000006, 0x00010000]\n\n{}\n[times]\nsector-erase-ms = [48, 384]\nchip-erase-ms = [1, 2]\n
         [[family]]\nname = \"X2\"\nsize = \"4M\"\nmax-mhz = \"none\"\n\n[family.read]\nopcode = 0x6B\naddress-pads = 1\ndata-pads = 4\ndummy-cycles = 8\n",
        GOOD.split("[read]").next().unwrap(),
        &GOOD[GOOD.find("[read]").unwrap()..]
    );
    let file = PartFile::from_cfg(&text).unwrap_or_else(|error| panic!("{error}"));
    let [main, member] = &file.parts[..] else {
        panic!("two parts")
    };
    assert_eq!(
        (member.vendor.as_str(), member.size, member.read.opcode),
        ("Maker", 4 << 20, 0x6B)
    );
    assert_eq!((main.max_mhz, member.max_mhz), (Some(104), None));
    assert_eq!(
        member.option_words,
        Some(OptionWords::two(0xC100_0006, 0x0001_0000))
    );
    assert_eq!(member.times.sector_erase, main.times.sector_erase);
    assert!(
        main.times.chip_erase.is_some() && member.times.chip_erase.is_none(),
        "another size takes another time"
    );
    assert_eq!(PartFile::from_cfg(&file.to_cfg()).unwrap(), file);
}

#[test]
fn a_member_is_told_where_it_lacks_something() {
    let text = format!("{GOOD}\n[[family]]\nname = \"X2\"\nsize = \"32M\"\n");
    let error = PartFile::from_cfg(&text).unwrap_err();
    assert_eq!(
        (error.line, error.message.as_str()),
        (
            14,
            "X2 has more than 16 MiB and needs a read command with 32 address bits"
        )
    );
}

#[test]
fn a_byte_order_mark_and_a_table_given_twice() {
    assert!(
        PartFile::from_cfg(&format!("\u{feff}{GOOD}")).is_ok(),
        "editors on Windows write one"
    );
    let error = PartFile::from_cfg(&format!("{GOOD}[read]\n")).unwrap_err();
    assert_eq!(
        (error.line, error.message.as_str()),
        (13, "`read` is given twice")
    );
}

#[test]
fn chip_takes_names_and_marks_an_unknown_one() {
    let chips = |line: &str| {
        let file = PartFile::from_cfg(&GOOD.replace("clock = 6", &format!("clock = 6\n{line}")));
        let names = |file: PartFile| {
            let chips = file.parts[0].chips.iter();
            chips.map(|chip| chip.to_string()).collect::<Vec<_>>()
        };
        file.map(names).map_err(|error| error.to_string())
    };
    assert_eq!(chips(""), Ok(vec![]));
    assert_eq!(chips("chip = \"none\""), Ok(vec![]));
    assert_eq!(chips("chip = \"MIMXRT1021\""), Ok(vec!["rt1021".into()]));
    assert_eq!(
        chips("chip = [\"rt102x\", \"RT1062\"]"),
        Ok(vec!["rt102x".into(), "rt1062".into()])
    );
    assert_eq!(
        chips("chip = [\"rt1021\", \"rt1o62\"]"),
        Err("line 7, column 19: there is no chip \"rt1o62\"; a family is written with x for any digit, such as \"rt102x\"; did you mean `rt1062`?\n  chip = [\"rt1021\", \"rt1o62\"]\n                    ^^^^^^^^".into())
    );
    assert_eq!(
        chips("chip = 1021"),
        Err("line 7, column 8: `chip` takes a chip's name, or a list of them, not a number\n  chip = 1021\n         ^^^^".into())
    );
    assert_eq!(
        chips("chip = []"),
        Err("line 7, column 8: `chip` names no chip; without the key the file is for any RT10xx\n  chip = []\n         ^^".into())
    );
    assert!(chips("chpi = \"rt1021\"").is_err_and(|error| error.contains("did you mean `chip`?")));
}

#[test]
fn a_family_name_means_each_of_its_chips() {
    let means = |name: &str, chip| name.parse::<ChipName>().is_ok_and(|name| name.means(chip));
    assert!(means("rt1021", "RT1021") && means("rt102x", "rt1021") && means("RT10xx", "RT1021"));
    assert!(!means("rt1020", "RT1021") && !means("rt106x", "RT1021") && !means("rt117x", "RT1021"));
    assert!(!means("rt10xx", "rt595") && !means("rt10xx", ""));
}

#[test]
fn chips_round_trip_and_a_member_may_drop_them() {
    let text = format!(
        "chip = [\"rt1021\", \"rt106x\"]\n{GOOD}\n[[family]]\nname = \"X2\"\n\n[[family]]\nname = \"X3\"\nchip = \"none\"\n"
    );
    let file = PartFile::from_cfg(&text).unwrap();
    let counts: Vec<usize> = file.parts.iter().map(|part| part.chips.len()).collect();
    assert_eq!(counts, [2, 2, 0]);
    assert_eq!(PartFile::from_cfg(&file.to_cfg()).unwrap(), file);
}

#[test]
fn nested_errors_are_marked_at_key_or_value() {
    let marked = |more: &str| {
        let error = PartFile::from_cfg(&format!("{GOOD}{more}")).unwrap_err();
        (error.line, error.column, error.width, error.message)
    };
    let cases = [
        (
            "[fcb]\nclock = 5\nserialClkFreq = 6\n",
            (15, 1, 13, "`clock` and `serialClkFreq` are the same field"),
        ),
        (
            "[fcb]\ncsHoldTime = 256\n",
            (14, 14, 3, "`csHoldTime` is at most 255 (0xff)"),
        ),
        (
            "[fcb]\nlut = { 16 = [0] }\n",
            (14, 9, 2, "sequences have numbers from 0 to 15"),
        ),
        (
            "[fcb]\nlut = 3\n",
            (
                14,
                7,
                1,
                "`lut` takes a table, headed [fcb.lut], not a number",
            ),
        ),
        (
            "[protection]\nconfirmed = \"yes\"\n",
            (14, 13, 5, "`confirmed` takes true or false, not a text"),
        ),
        (
            "[times]\nsector-erase-ms = [48, -1]\n",
            (14, 24, 2, "`sector-erase-ms` cannot be negative"),
        ),
        (
            "[[family]]\nread = { opcode = 3 }\n",
            (
                14,
                8,
                14,
                "[read] lacks the key `address-pads`, such as `address-pads = 4`",
            ),
        ),
        (
            "[[family]]\nsiez = \"4M\"\n",
            (14, 1, 4, "unknown key `siez` in [[family]]"),
        ),
        (
            "[[family]]\n[[family.family]]\n",
            (14, 10, 6, "unknown key `family` in [[family]]"),
        ),
    ];
    for (more, (line, column, width, message)) in cases {
        assert_eq!(marked(more), (line, column, width, message.to_owned()));
    }
}

#[test]
fn erase_commands_fit_sizes_and_address_bits() {
    let with = |lines: &str| {
        PartFile::from_cfg(&GOOD.replace("clock = 6\n", &format!("clock = 6\n{lines}\n")))
    };
    let error = |lines: &str| with(lines).expect_err(lines).to_string();
    let uniform =
        "page-size = 512\nsector-size = \"256K\"\nblock-size = \"256K\"\nsector-erase = 0xD8";
    let part = with(uniform).expect("one erase").parts.remove(0);
    assert_eq!((part.erase.sector, part.erase.block), (0xD8, 0xD8));
    assert!(error("sector-erase = 0xD8").contains("one command erases one size"));
    assert!(error("block-erase = 0xDC").contains("with 24 it is D8h"));
    assert!(error("block-erase = 0xC7").contains("C7h erases the whole part"));
    assert!(error("sector-erase = 0x120").contains("sector-erase"));
}

#[test]
fn a_clock_index_is_that_of_the_chips_in_the_file() {
    let with = |lines: &str| PartFile::from_cfg(&GOOD.replace("clock = 6\n", lines));
    let mhz = |lines: &str| with(lines).map(|file| file.parts[0].clock.mhz());
    assert_eq!(mhz("clock = 7\n"), Ok(133));
    assert_eq!(mhz("clock = 7\nchip = \"rt1062\"\n"), Ok(120));
    assert_eq!(mhz("clock = 9\nchip = \"rt106x\"\n"), Ok(166));
    assert_eq!(mhz("clock = 7\nchip = [\"rt1021\", \"rt105x\"]\n"), Ok(133));
    assert_eq!(mhz("clock = \"120 MHz\"\n"), Ok(120));
    for text in [
        "clock = 7\n",
        "clock = \"120 MHz\"\n",
        "clock = 7\nchip = \"rt1062\"\n",
    ] {
        let file = with(text).unwrap();
        assert_eq!(
            PartFile::from_cfg(&file.to_cfg()).as_ref(),
            Ok(&file),
            "{}",
            file.to_cfg()
        );
    }
    let error = with("clock = 7\nchip = [\"rt1021\", \"rt1062\"]\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 6, column 9: index 7 is another clock on one of the chips in `chip` than on the next: write the frequency, such as \"100 MHz\"\n  clock = 7\n          ^"
    );
    let error = with("clock = 9\n").unwrap_err().to_string();
    assert!(error.contains("takes an index such as 6"), "{error}");
}
