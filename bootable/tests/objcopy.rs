//! ELF files as GNU objcopy understands them. Runs where `RTBOOT_OBJCOPY` names that program.

mod dice;

use std::path::Path;
use std::process::Command;

use dice::Dice;
use rtboot_bootable::{Chip, Firmware, Memory, MemoryMap};

/// One section of a segment.
struct Section {
    offset: u32,
    bytes: Vec<u8>,
    nobits: bool,
}

struct Segment {
    vaddr: u32,
    paddr: u32,
    size: u32,
    sections: Vec<Section>,
}

/// Sections with and without bytes and gaps between them, in a segment that has file bytes for all of them.
fn segment(random: &mut Dice, paddr: u32) -> Segment {
    let mut sections = Vec::new();
    let mut offset = random.pick(&[0, 0, 4]);
    for _ in 0..1 + random.below(4) {
        let size = 4 * (1 + random.below(8));
        let bytes = random.bytes(size as usize);
        let nobits = random.once_in(3);
        sections.push(Section {
            offset,
            bytes,
            nobits,
        });
        offset += size + random.pick(&[0, 0, 4, 8]);
    }
    Segment {
        vaddr: random.pick(&[paddr, paddr, 0x2000_0000 + (paddr & 0xFFFF)]),
        paddr,
        size: offset,
        sections,
    }
}

/// File offset of a segment's content.
const CONTENT: u32 = 0x1000;

fn elf(segments: &[Segment]) -> Vec<u8> {
    let (mut programs, mut content) = (Vec::new(), Vec::new());
    let names = b"\0.a\0.shstrtab\0";
    let mut headers = vec![[0; 10]];
    for segment in segments {
        let start = CONTENT + content.len() as u32;
        let mut bytes = vec![0; segment.size as usize];
        for section in &segment.sections {
            let (from, len) = (section.offset as usize, section.bytes.len());
            // the file may hold anything in the place of a section without bytes
            bytes[from..from + len].copy_from_slice(&section.bytes);
            let kind = if section.nobits { 8 } else { 1 };
            let (address, at) = (segment.vaddr + section.offset, start + section.offset);
            headers.push([1, kind, 3, address, at, len as u32, 0, 0, 4, 0]);
        }
        let (vaddr, paddr, size) = (segment.vaddr, segment.paddr, segment.size);
        programs.push([1, start, vaddr, paddr, size, size, 7, 4]);
        content.extend(bytes);
    }
    let names_at = CONTENT + content.len() as u32;
    let names_len = names.len() as u32;
    headers.push([4, 3, 0, 0, names_at, names_len, 0, 0, 1, 0]);
    content.extend(names);
    content.resize(content.len().next_multiple_of(4), 0);
    let words = |words: &[u32]| {
        words
            .iter()
            .flat_map(|w| w.to_le_bytes())
            .collect::<Vec<_>>()
    };
    let mut file = b"\x7FELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x28\0\x01\0\0\0".to_vec();
    let sections_at = CONTENT + content.len() as u32;
    file.extend(words(&[0x6000_2001, 52, sections_at, 0x0500_0000]));
    let (programs_len, headers_len) = (programs.len() as u16, headers.len() as u16);
    for half in [52, 32, programs_len, 40, headers_len, headers_len - 1] {
        file.extend(half.to_le_bytes());
    }
    programs
        .iter()
        .for_each(|program| file.extend(words(program)));
    file.resize(CONTENT as usize, 0);
    file.extend(content);
    headers.iter().for_each(|header| file.extend(words(header)));
    file
}

fn converted(program: &str, folder: &Path, elf: &[u8], format: &str, map: &MemoryMap) -> Memory {
    let (from, to) = (folder.join("a.elf"), folder.join("a.out"));
    std::fs::write(&from, elf).unwrap();
    let mut command = Command::new(program);
    let run = command.args(["-O", format]).args([&from, &to]).output();
    let run = run.expect("objcopy runs");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let text = std::fs::read(&to).unwrap();
    match Firmware::parse(&text, None, None, map) {
        Ok(firmware) => firmware.memory,
        Err(error) => {
            assert!(error.to_string().contains("holds no data"), "{error}");
            Memory::new()
        }
    }
}

#[test]
fn elf_files_hold_what_objcopy_takes_of_them() {
    let Ok(program) = std::env::var("RTBOOT_OBJCOPY") else {
        return eprintln!("skipped: RTBOOT_OBJCOPY names no objcopy");
    };
    let map = Chip::by_name("rt1021").unwrap().map;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut random = Dice(7);
    for round in 0..300 {
        let physical = random.once_in(2);
        let mut segments: Vec<Segment> = [0x6000_2000, 0x6000_4000, 0x6000_8000]
            .iter()
            .take(2 + random.below(2) as usize)
            .map(|&address| segment(&mut random, address))
            .collect();
        if physical {
            // as linkers that know no load addresses write it
            segments.iter_mut().for_each(|segment| {
                segment.vaddr = segment.paddr;
                segment.paddr = 0;
            });
        }
        let file = elf(&segments);
        let ours = Firmware::parse(&file, Some("a.elf"), None, &map);
        let ours = ours.map_or_else(|_| Memory::new(), |firmware| firmware.memory);
        for format in ["ihex", "srec"] {
            let theirs = converted(&program, folder, &file, format, &map);
            for (start, bytes) in theirs.segments() {
                let held = ours.read(start, bytes.len());
                assert_eq!(held.as_deref(), Some(bytes), "round {round}, {start:#x}");
            }
            // what only rtboot takes is the padding between sections
            for (start, bytes) in ours.segments() {
                let only = (start..)
                    .zip(bytes)
                    .filter(|(at, _)| theirs.byte(*at).is_none());
                assert!(only.clone().all(|(_, byte)| *byte == 0), "round {round}");
                assert!(theirs.byte(start).is_some(), "round {round}, {start:#x}");
            }
        }
    }
}
