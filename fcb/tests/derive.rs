//! Option words become the block that the genuine flashloader of the chip made of them. Origin: `vectors/README.md`.

use std::collections::HashMap;

use rtboot_fcb::derive::{Derived, Flash, Refused, derive};
use rtboot_fcb::{Chip, Fcb, OptionWords, StatusRegisters};

const VECTORS: &str = include_str!("vectors/derive.txt");
/// The same for the other chips.
const FAMILY: &str = include_str!("vectors/derive-family.txt");

/// Where this crate does otherwise, and why.
const OTHERWISE: [(&str, &str, &str); 3] = [
    (
        "is25lp064a",
        "0xC2",
        "a size of 2 words: the flashloader reads one more and says nothing; here it is taken for a slip",
    ),
    ("w25q64jv", "0xC2", "the same"),
    (
        "dwords8",
        "0xC",
        "a basic table of 8 dwords: the standard knows none, and the flashloader takes zeros for the rest",
    ),
];

struct Case<'v> {
    flash: &'v str,
    words: &'v str,
    registers: StatusRegisters,
    status: Option<u32>,
    fcb: Option<Fcb>,
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// `00c:010303 …` over a block with tag and version.
fn block(runs: &[&str]) -> Fcb {
    let mut bytes = Fcb::new().to_bytes();
    for run in runs {
        let (at, data) = run.split_once(':').unwrap();
        let (at, data) = (usize::from_str_radix(at, 16).unwrap(), hex(data));
        bytes[at..at + data.len()].copy_from_slice(&data);
    }
    Fcb::parse(&bytes).unwrap()
}

fn case(line: &'static str) -> Case<'static> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let byte = |text: &str| u8::from_str_radix(text, 16).ok();
    Case {
        flash: fields[1],
        words: fields[2],
        registers: StatusRegisters {
            sr1: byte(fields[3]).unwrap(),
            sr2: byte(fields[4]),
            sr3: None,
        },
        status: fields[5].parse().ok(),
        fcb: (fields[6] != "-").then(|| block(&fields[6..])),
    }
}

fn tables() -> HashMap<&'static str, Vec<u8>> {
    let lines = VECTORS
        .lines()
        .chain(FAMILY.lines())
        .filter_map(|line| line.strip_prefix("sfdp "));
    lines
        .map(|line| {
            let (name, bytes) = line.split_once(' ').unwrap();
            let mut bytes = hex(bytes);
            bytes.resize(0x200, 0xFF);
            (name, bytes)
        })
        .collect()
}

fn made(
    words: &str,
    sfdp: &[u8],
    registers: StatusRegisters,
    ddr: Option<u8>,
) -> Result<Derived, Refused> {
    made_on("rt1021", words, sfdp, registers, ddr)
}

fn made_on(
    chip: &str,
    words: &str,
    sfdp: &[u8],
    registers: StatusRegisters,
    ddr: Option<u8>,
) -> Result<Derived, Refused> {
    let words: OptionWords = words.parse().unwrap();
    let flash = Flash {
        sfdp,
        registers,
        ddr_dummy_cycles: ddr,
    };
    derive(words, &flash, Chip::by_name(chip).unwrap())
}

/// What differs between a result and a recording; `None` when nothing does.
fn difference(
    result: Result<Derived, Refused>,
    fcb: Option<&Fcb>,
    status: Option<u32>,
) -> Option<String> {
    match (result, fcb) {
        (Ok(derived), Some(fcb)) if derived.fcb == *fcb => None,
        (Ok(derived), Some(fcb)) => {
            let differences = derived.fcb.diff(fcb);
            let say = |d: &rtboot_fcb::FieldDiff| {
                format!("{}: {} != {}", d.this.name, d.this.value, d.other.value)
            };
            Some(differences.iter().map(say).collect::<Vec<_>>().join("; "))
        }
        (Err(refused), None) if refused.status() == status => None,
        (result, fcb) => Some(format!(
            "{result:?}, status {status:?}, block {}",
            fcb.is_some()
        )),
    }
}

#[test]
fn every_block_of_every_chip_is_derived_byte_for_byte() {
    let tables = tables();
    let blocks: HashMap<&str, Fcb> = FAMILY
        .lines()
        .filter_map(|line| line.strip_prefix("block "))
        .map(|line| {
            let runs: Vec<&str> = line.split_whitespace().collect();
            (runs[0], block(&runs[1..]))
        })
        .collect();
    let (mut same, mut wrong) = (HashMap::new(), Vec::new());
    for line in FAMILY.lines().filter(|line| line.starts_with("case ")) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (chip, flash, words) = (fields[1], fields[2], fields[3]);
        let byte = |text: &str| u8::from_str_radix(text, 16).ok();
        let registers = StatusRegisters {
            sr1: byte(fields[4]).unwrap(),
            sr2: byte(fields[5]),
            sr3: None,
        };
        let result = made_on(chip, words, &tables[flash], registers, Some(6));
        // a block that the flashloader could not store is none
        let status = (fields[7] != "unstored").then(|| fields[6].parse().unwrap());
        match difference(result, blocks.get(fields[7]), status) {
            None => *same.entry(chip).or_insert(0) += 1,
            Some(text) => wrong.push(format!("{line}: {text}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut same: Vec<(&str, i32)> = same.into_iter().collect();
    same.sort_unstable();
    let all = [
        "rt1011", "rt1015", "rt1024", "rt1042", "rt1052", "rt1062", "rt1064",
    ];
    let counts = [108, 108, 108, 72, 108, 108, 108];
    assert_eq!(same, all.into_iter().zip(counts).collect::<Vec<_>>());
}

#[test]
fn every_genuine_block_is_derived_byte_for_byte() {
    let tables = tables();
    let cases = VECTORS
        .lines()
        .filter(|line| line.starts_with("case "))
        .map(case);
    let (mut same, mut wrong) = (0, Vec::new());
    for case in cases.filter(|case| {
        !OTHERWISE
            .iter()
            .any(|other| other.0 == case.flash && case.words.starts_with(other.1))
    }) {
        // the emulated parts need a count of 6 for EDh; the flashloader finds it by trial
        let trial = (case.status != Some(20110)).then_some(6);
        let result = made(case.words, &tables[case.flash], case.registers, trial);
        let what = format!("{} {} {}", case.flash, case.words, case.registers);
        match difference(result, case.fcb.as_ref(), case.status) {
            None => same += 1,
            Some(text) => wrong.push(format!("{what}: {text}")),
        }
    }
    assert_eq!(same, 196);
    assert!(wrong.is_empty(), "{same} same\n{}", wrong.join("\n"));
}

#[test]
fn option_words_for_other_parts_are_refused() {
    let sfdp = &tables()["w25q64jv"];
    let registers = StatusRegisters {
        sr1: 0,
        sr2: Some(0),
        sr3: None,
    };
    let status = |words| made(words, sfdp, registers, None).unwrap_err().status();
    assert_eq!(status("0xC0010007"), Some(4));
    assert_eq!(status("0xC0200003"), Some(20109));
    assert_eq!(status("0xC0403007"), None, "octal: not in the SFDP");
    assert_eq!(
        made("0xC0000007", &[0xFF; 64], registers, None)
            .unwrap_err()
            .status(),
        Some(20107)
    );
    let unknown = StatusRegisters {
        sr1: 0,
        sr2: None,
        sr3: None,
    };
    let error = made("0xC0000007", sfdp, unknown, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the flashloader looks for quad enable in the register that 35h reads, and its value is not given"
    );
}

#[test]
fn what_is_written_to_set_quad_enable_is_told() {
    let tables = tables();
    let write = |name: &str, words, sr1, sr2| {
        made(
            words,
            &tables[name],
            StatusRegisters {
                sr1,
                sr2,
                sr3: None,
            },
            None,
        )
        .unwrap()
        .quad_enable_write
    };
    // block protection (3Ch) goes, SRWD stays
    assert_eq!(
        write("is25lp064a", "0xC0000007", 0xBC, None),
        Some(vec![0x01, 0xC0])
    );
    assert_eq!(write("is25lp064a", "0xC0000007", 0x7C, None), None);
    assert_eq!(
        write("w25q64jv", "0xC0000007", 0x1C, Some(0x40)),
        Some(vec![0x01, 0x00, 0x42])
    );
    assert_eq!(
        write("qer6", "0xC0000007", 0x1C, Some(0)),
        Some(vec![0x31, 0x02])
    );
}

#[test]
fn misc_modes_above_1_give_a_block_that_cannot_read() {
    let sfdp = &tables()["w25q64jv"];
    let registers = StatusRegisters {
        sr1: 0,
        sr2: Some(2),
        sr3: None,
    };
    let derived = made("0xC0000057", sfdp, registers, None).unwrap();
    let findings = rtboot_fcb::check::check(&derived.fcb, None, rt1021());
    assert!(
        findings
            .iter()
            .any(|finding| finding.code() == "fcb-read-shape"),
        "{findings:?}"
    );
}

fn rt1021() -> &'static rtboot_fcb::Chip {
    rtboot_fcb::Chip::by_name("rt1021").expect("a chip of the table")
}
