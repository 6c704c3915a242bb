use crate::testing::rt1021;
use crate::testing::{Lcg, texts, words};
use crate::{Error, Firmware, Format};

/// A program header and its content.
#[derive(Clone)]
struct Segment {
    kind: u32,
    vaddr: u32,
    paddr: u32,
    bytes: Vec<u8>,
    memsz: u32,
}

fn load(paddr: u32, vaddr: u32, bytes: &[u8]) -> Segment {
    Segment {
        kind: 1,
        vaddr,
        paddr,
        bytes: bytes.to_vec(),
        memsz: bytes.len() as u32,
    }
}

const PT_NOTE: u32 = 4;

/// A small ELF writer: header, program headers, contents.
fn elf(segments: &[Segment]) -> Vec<u8> {
    let mut file = vec![0x7F, b'E', b'L', b'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    file.extend([2, 0, 40, 0]); // EXEC, ARM
    file.extend(words(&[1, 0x6000_2101, 52, 0, 0x0500_0200]));
    for half in [52u16, 32, segments.len() as u16, 40, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    let mut offset = 52 + 32 * segments.len() as u32;
    for Segment {
        kind,
        vaddr,
        paddr,
        bytes,
        memsz,
    } in segments
    {
        file.extend(words(&[
            *kind,
            offset,
            *vaddr,
            *paddr,
            bytes.len() as u32,
            *memsz,
            5,
            4,
        ]));
        offset += bytes.len() as u32;
    }
    segments
        .iter()
        .for_each(|segment| file.extend(&segment.bytes));
    file
}

fn read(file: &[u8]) -> Result<Firmware, Error> {
    Firmware::parse(file, Some("app.elf"), None, &rt1021().map)
}

fn message(file: &[u8]) -> String {
    read(file).unwrap_err().to_string()
}

#[test]
fn data_goes_to_its_load_address() {
    let file = elf(&[
        load(0x6000_2000, 0x6000_2000, &[1; 16]),
        load(0x6000_2010, 0x2000_0000, &[2; 8]),
    ]);
    let firmware = read(&file).unwrap();
    assert_eq!(
        (firmware.format, firmware.entry),
        (Format::Elf, Some(0x6000_2101))
    );
    assert_eq!(
        firmware.memory.segments().collect::<Vec<_>>(),
        [(0x6000_2000, &[[1; 16].as_slice(), &[2; 8]].concat()[..])]
    );
    assert_eq!(
        texts(&firmware.notes),
        ["segment 1 is stored at 0x60002010 and runs at 0x20000000"]
    );
}

#[test]
fn the_file_size_counts_and_not_the_memory_size() {
    let data = Segment {
        memsz: 0x1_0000,
        ..load(0x6000_2000, 0x2000_0000, &[3; 4])
    };
    let bss = Segment {
        memsz: 0x100,
        ..load(0x2000_1000, 0x2000_1000, &[])
    };
    let note = Segment {
        kind: PT_NOTE,
        ..load(0x6100_0000, 0, &[9; 4])
    };
    let firmware = read(&elf(&[data, bss, note])).unwrap();
    assert_eq!(
        firmware.memory.segments().collect::<Vec<_>>(),
        [(0x6000_2000, &[3; 4][..])]
    );
}

#[test]
fn alias_addresses_become_flash_addresses() {
    let mut file = elf(&[load(0x0800_2000, 0x0800_2000, &[1; 16])]);
    file[24..28].copy_from_slice(&0x0800_2009u32.to_le_bytes());
    let firmware = read(&file).unwrap();
    assert_eq!(
        (firmware.memory.first(), firmware.entry),
        (Some(0x6000_2000), Some(0x6000_2009))
    );
    assert_eq!(
        texts(&firmware.notes),
        [
            "addresses in the flash alias are treated as flash: 0x08002000 is 0x60002000",
            "the entry 0x08002009 is the flash alias of 0x60002009"
        ]
    );
}

#[test]
fn segments_that_disagree_are_both_named() {
    let file = elf(&[
        load(0x6000_2000, 0, &[1; 16]),
        load(0x6000_200F, 0, &[2; 8]),
    ]);
    assert_eq!(
        message(&file),
        "segment 0 and segment 1 put different bytes at 0x6000200f: 0x01 and 0x02"
    );
    assert!(
        read(&elf(&[
            load(0x6000_2000, 0, &[1; 16]),
            load(0x6000_200F, 0, &[1; 8])
        ]))
        .is_ok()
    );
}

#[test]
fn an_elf_for_another_machine_says_for_which() {
    let good = elf(&[load(0x6000_2000, 0, &[1; 16])]);
    let with = |changes: &[(usize, u8)]| {
        let mut file = good.clone();
        changes.iter().for_each(|&(at, byte)| file[at] = byte);
        message(&file)
    };
    assert_eq!(
        with(&[(18, 3)]),
        "ELF: this is an x86 ELF file, not one for ARM Cortex-M"
    );
    assert_eq!(
        with(&[(18, 243)]),
        "ELF: this is a RISC-V ELF file, not one for ARM Cortex-M"
    );
    assert_eq!(
        with(&[(18, 77)]),
        "ELF: this is a machine-77 ELF file, not one for ARM Cortex-M"
    );
    assert_eq!(
        with(&[(4, 2), (18, 62)]),
        "ELF: this is a 64-bit ELF file (x86-64), not one for a 32-bit ARM"
    );
    assert_eq!(
        with(&[(4, 2), (18, 183)]),
        "ELF: this is a 64-bit ELF file (AArch64), not one for a 32-bit ARM"
    );
    assert_eq!(
        with(&[(4, 7)]),
        "ELF: its class byte is 0x07, neither 32-bit nor 64-bit"
    );
    assert_eq!(
        with(&[(5, 2), (16, 0), (17, 2), (18, 0), (19, 40)]),
        "ELF: this is a big-endian ELF file, and the RT10xx are little-endian"
    );
    assert_eq!(
        with(&[(16, 1)]),
        "ELF: this is an object file (.o), not a linked program"
    );
    assert_eq!(
        with(&[(16, 4)]),
        "ELF: this is a core dump, not a linked program"
    );
    assert_eq!(
        with(&[(42, 31)]),
        "ELF: its headers cannot be read: Invalid ELF program header entry size"
    );
}

#[test]
fn an_elf_without_content_has_nothing_to_load() {
    assert_eq!(
        message(&elf(&[])),
        "ELF: no loadable segment has bytes in the file"
    );
    let bss = Segment {
        memsz: 64,
        ..load(0x2000_0000, 0x2000_0000, &[])
    };
    assert_eq!(
        message(&elf(&[bss])),
        "ELF: no loadable segment has bytes in the file"
    );
}

#[test]
fn every_cut_is_refused() {
    let file = elf(&[
        load(0x6000_2000, 0, &[1; 16]),
        load(0x6000_2010, 0, &[2; 8]),
    ]);
    assert_eq!(
        message(&file[..19]),
        "ELF: the file is cut off within its header (19 bytes)"
    );
    assert_eq!(
        message(&file[..51]),
        "ELF: the file is cut off within its header (51 bytes)"
    );
    assert_eq!(
        message(&file[..139]),
        "ELF: segment 1 is cut off: it needs file bytes 0x84..0x8c, but the file ends at 0x8b"
    );
    for len in 4..file.len() {
        assert!(matches!(read(&file[..len]), Err(Error::Elf(_))), "{len}");
    }
}

#[test]
fn a_segment_that_wraps_is_refused() {
    let file = elf(&[load(0xFFFF_FFF8, 0, &[1; 16])]);
    assert_eq!(
        message(&file),
        "16 bytes at 0xfffffff8 run past the end of the 32-bit address space"
    );
}

#[test]
fn elf_headers_in_a_segment_are_left_out() {
    // the first segment begins at file offset 0, as with a max-page-size of 64 KiB
    let mut file = elf(&[load(0x6000_2000, 0x6000_2000, &[1; 16])]);
    let len = file.len() as u32;
    file[52..84].copy_from_slice(&words(&[1, 0, 0x6000_1FAC, 0x6000_1FAC, len, len, 5, 4]));
    let firmware = read(&file).unwrap();
    assert_eq!(
        firmware.memory.segments().collect::<Vec<_>>(),
        [(0x6000_2000, &[1; 16][..])]
    );
    assert_eq!(
        texts(&firmware.notes),
        ["segment 0 begins with 84 bytes of the ELF file's own headers, which are left out"]
    );
}

#[test]
fn overlapping_segments_do_not_fill_the_memory() {
    let mut file = elf(&vec![load(0, 0, &[]); 2000]);
    file.resize(0x1_0000 + 64 * 1024, 0x11);
    for segment in 0..2000 {
        let header = words(&[1, 0x1_0000, 0, segment as u32 * 0x2_0000, 0x1_0000, 0, 5, 4]);
        file[52 + 32 * segment..84 + 32 * segment].copy_from_slice(&header);
    }
    assert!(message(&file).contains("more than the 16777216 this tool handles"));
}

#[test]
fn spoiled_files_do_not_panic() {
    let file = elf(&[
        load(0x6000_2000, 0, &[1; 16]),
        load(0x6000_2010, 0, &[2; 8]),
    ]);
    let mut random = Lcg(2);
    for _ in 0..20_000 {
        let spoiled = random.spoil(&file, 2);
        let _ = read(&spoiled).map_err(|error| (error.to_string(), error.hint()));
    }
}

#[test]
fn program_headers_at_the_end_are_in_no_segment() {
    let content = [7; 16];
    let mut file = elf(&[]);
    file.extend(content); // at file offset 52, as IAR lays it out
    file.extend(words(&[1, 52, 0x6000_2000, 0x6000_2000, 16, 16, 5, 4]));
    file[28..32].copy_from_slice(&68u32.to_le_bytes());
    file[44] = 1;
    let firmware = read(&file).unwrap();
    assert_eq!(
        firmware.memory.segments().collect::<Vec<_>>(),
        [(0x6000_2000, &content[..])]
    );
    assert!(firmware.notes.is_empty(), "{:?}", firmware.notes);
}

#[test]
fn spoiled_headers_do_not_panic() {
    let file = elf(&[
        load(0x6000_2000, 0, &[1; 16]),
        load(0x6000_2010, 0, &[2; 8]),
    ]);
    let mut random = Lcg(3);
    for _ in 0..20_000 {
        let mut spoiled = file.clone();
        // entry, header offsets and counts, then the program headers: small numbers that mean places in the file
        for _ in 0..3 {
            let at = [28, 32, 44, 48, 56, 68, 72, 88, 100][random.next() as usize % 9];
            spoiled[at..at + 4].fill(0);
            spoiled[at] = random.next() as u8 % 160;
        }
        let _ = read(&spoiled);
    }
}

const PROGBITS: u32 = 1;
const NOBITS: u32 = 8;
const ALLOC: u32 = 2;

/// Appends section headers: type, flags, address, file offset, size.
fn with_sections(mut file: Vec<u8>, sections: &[[u32; 5]]) -> Vec<u8> {
    let at = file.len() as u32;
    file.extend([0; 40]);
    for &[kind, flags, address, offset, size] in sections {
        file.extend(words(&[0, kind, flags, address, offset, size, 0, 0, 4, 0]));
    }
    file[32..36].copy_from_slice(&at.to_le_bytes());
    let count = sections.len() as u16 + 1;
    file[48..50].copy_from_slice(&count.to_le_bytes());
    file
}

fn placed(file: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let firmware = read(file).unwrap();
    let segments = firmware.memory.segments();
    segments
        .map(|(start, bytes)| (start, bytes.to_vec()))
        .collect()
}

/// One segment of 48 bytes at 0x60000000: 16 zeros, 16 ones, 16 twos. Its content begins at file offset 84.
fn thirds() -> Vec<u8> {
    let content = [[0; 16], [1; 16], [2; 16]].concat();
    elf(&[load(0x6000_0000, 0x6000_0000, &content)])
}

#[test]
fn nobits_in_front_brings_no_bytes() {
    let file = with_sections(
        thirds(),
        &[
            [NOBITS, ALLOC, 0x6000_0000, 84, 16],
            [PROGBITS, ALLOC, 0x6000_0010, 100, 32],
        ],
    );
    let expected = [[1; 16], [2; 16]].concat();
    assert_eq!(placed(&file), [(0x6000_0010, expected)]);
    assert_eq!(
        texts(&read(&file).unwrap().notes),
        [
            "16 bytes of segment 0 belong to no section with contents (NOBITS, or no section at all) and are left out"
        ]
    );
}

#[test]
fn nobits_between_sections_leaves_a_gap() {
    let file = with_sections(
        thirds(),
        &[
            [PROGBITS, ALLOC, 0x6000_0000, 84, 16],
            [NOBITS, ALLOC, 0x6000_0010, 100, 16],
            [PROGBITS, ALLOC, 0x6000_0020, 116, 16],
        ],
    );
    assert_eq!(
        placed(&file),
        [(0x6000_0000, vec![0; 16]), (0x6000_0020, vec![2; 16])]
    );
}

#[test]
fn padding_between_sections_is_kept() {
    let file = with_sections(
        thirds(),
        &[
            [PROGBITS, ALLOC, 0x6000_0000, 84, 16],
            [PROGBITS, ALLOC, 0x6000_0020, 116, 16],
        ],
    );
    assert_eq!(placed(&file)[0].1.len(), 48);
}

#[test]
fn a_segment_of_nobits_alone_brings_nothing() {
    let file = with_sections(thirds(), &[[NOBITS, ALLOC, 0x6000_0000, 84, 48]]);
    assert_eq!(
        message(&file),
        "ELF: no loadable segment has bytes in the file"
    );
}

#[test]
fn a_segment_without_sections_is_taken_whole() {
    // a debug section and a NOBITS section elsewhere say nothing about it
    let file = with_sections(
        thirds(),
        &[
            [PROGBITS, 0, 0, 84, 16],
            [NOBITS, ALLOC, 0x2000_0000, 84, 0x1000],
        ],
    );
    assert_eq!(placed(&file)[0].1.len(), 48);
}

#[test]
fn physical_addresses_that_are_all_0_are_not_meant() {
    let file = elf(&[
        load(0, 0x6000_2000, &[1; 16]),
        load(0, 0x6000_4000, &[2; 16]),
    ]);
    assert_eq!(
        placed(&file),
        [(0x6000_2000, vec![1; 16]), (0x6000_4000, vec![2; 16])]
    );
    assert!(read(&file).unwrap().notes.is_empty());
    // one that is not 0 makes the others mean ITCM
    let file = elf(&[
        load(0, 0x6000_2000, &[1; 16]),
        load(0x10, 0x6000_4000, &[2; 16]),
    ]);
    assert_eq!(placed(&file), [(0, [[1; 16], [2; 16]].concat())]);
}
