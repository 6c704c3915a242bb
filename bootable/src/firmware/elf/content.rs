//! Which bytes of a LOAD segment are the program's, and where they go: what `objcopy -O binary` would take.
//!
//! A segment is a run of file bytes. The sections tell what these are: a NOBITS section (`.bss`, `(NOLOAD)`) brings no
//! bytes even where a linker made room for it in the file, and bytes before the first section are the ELF file's own
//! headers. A file without section headers is taken segment by segment, whole.

use object::LittleEndian as Le;
use object::elf::{self, FileHeader32, ProgramHeader32};
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};

use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;

use super::ElfProblem;

/// Bytes of the file header.
const HEADER: u64 = 52;
/// Bytes of a program header.
const PROGRAM_HEADER: u64 = 32;

/// Offset of one byte, and of the one behind the last.
type Span = (u64, u64);

/// Everything that decides about the segments of one file.
pub(super) struct Contents<'a> {
    bytes: &'a [u8],
    /// One past the ELF file's own headers at its start.
    headers_end: u64,
    /// Every physical address is 0, so none is meant.
    virtual_only: bool,
    /// File bytes of the sections that bring some: sorted, apart.
    filled: Vec<Span>,
    /// Addresses of the sections that bring none: sorted, apart.
    empty: Vec<Span>,
}

impl<'a> Contents<'a> {
    pub fn new(
        header: &FileHeader32<Le>,
        programs: &[ProgramHeader32<Le>],
        bytes: &'a [u8],
    ) -> Contents<'a> {
        // program headers elsewhere, as IAR puts them at the end of the file, are in no segment
        let at_start = u64::from(header.e_phoff(Le)) == HEADER;
        let count = if at_start { header.e_phnum(Le) } else { 0 };
        let (mut filled, mut empty) = (Vec::new(), Vec::new());
        let sections = header.section_headers(Le, bytes).unwrap_or_default();
        for section in sections {
            let allocated = section.sh_flags(Le).0 & elf::SHF_ALLOC.0 != 0;
            let size = u64::from(section.sh_size(Le));
            if !allocated || size == 0 {
                continue;
            }
            match section.file_range(Le) {
                Some((from, size)) => filled.push((from, from + size)),
                None => {
                    let from = u64::from(section.sh_addr(Le));
                    empty.push((from, from + size));
                }
            }
        }
        Contents {
            bytes,
            headers_end: HEADER + u64::from(count) * PROGRAM_HEADER,
            virtual_only: programs.iter().all(|program| program.p_paddr(Le) == 0),
            filled: apart(filled),
            empty: apart(empty),
        }
    }

    /// Where a segment is stored. Some linkers leave every physical address 0; then the virtual ones are meant.
    pub fn load_address(&self, program: &ProgramHeader32<Le>) -> u32 {
        match self.virtual_only {
            true => program.p_vaddr(Le),
            false => program.p_paddr(Le),
        }
    }

    /// The pieces of a segment: address and bytes. Notes what is left out.
    pub fn of(
        &self,
        program: &ProgramHeader32<Le>,
        number: usize,
        notes: &mut Vec<Finding>,
    ) -> Result<Vec<(u32, &'a [u8])>, ElfProblem> {
        let (from, size) = program.file_range(Le);
        let to = from + size; // both come from 32 bits
        let whole = self.bytes.get(from as usize..to as usize);
        whole.ok_or(ElfProblem::CutSegment {
            segment: number,
            from,
            to,
            len: self.bytes.len(),
        })?;
        let spans = self.spans(program, (from, to));
        self.note_left_out(&spans, (from, to), number, notes);
        let address = self.load_address(program);
        let piece = |(start, end): Span| {
            let bytes = self.bytes.get(start as usize..end as usize);
            let address = address.wrapping_add((start - from) as u32);
            (address, bytes.unwrap_or_default())
        };
        Ok(spans.into_iter().map(piece).collect())
    }

    /// File bytes of the segment that belong to the program. The gaps between its sections are padding and belong to it,
    /// but for those in which a section without bytes lies.
    fn spans(&self, program: &ProgramHeader32<Le>, (from, to): Span) -> Vec<Span> {
        let address = |offset: u64| u64::from(program.p_vaddr(Le)) + (offset - from);
        let first = self.filled.partition_point(|&(_, end)| end <= from);
        let filled = self.filled.get(first..).unwrap_or_default().iter();
        let inside = filled.take_while(|(start, _)| *start < to);
        let mut spans: Vec<Span> = Vec::new();
        for &(start, end) in inside {
            let (start, end) = (start.max(from), end.min(to));
            match spans.last_mut() {
                Some(last) if !overlaps(&self.empty, (address(last.1), address(start))) => {
                    last.1 = end;
                }
                _ => spans.push((start, end)),
            }
        }
        // no section says anything about it
        if spans.is_empty() && !overlaps(&self.empty, (address(from), address(to))) {
            let start = from.max(self.headers_end.min(to));
            spans.extend((start < to).then_some((start, to)));
        }
        spans
    }

    /// Says how many bytes of the segment are the file's own headers, and how many belong to no section that brings bytes.
    fn note_left_out(
        &self,
        spans: &[Span],
        (from, to): Span,
        number: usize,
        notes: &mut Vec<Finding>,
    ) {
        let first = spans.first().map_or(to, |(start, _)| *start);
        let headers = match from < self.headers_end {
            true => first - from,
            false => 0,
        };
        let taken: u64 = spans.iter().map(|(start, end)| end - start).sum();
        for (entry, count) in [
            (&found::ELF_HEADERS_LEFT_OUT, headers),
            (&found::ELF_NOBITS_LEFT_OUT, to - from - headers - taken),
        ] {
            let note = || Finding::new(entry).number("segment", number as u64);
            notes.extend((count > 0).then(|| note().number("count", count)));
        }
    }
}

/// Sorted, and joined where they touch or overlap.
fn apart(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for (start, end) in spans {
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

/// Whether one of the spans, which are sorted and apart, shares a place with this one.
fn overlaps(spans: &[Span], (from, to): Span) -> bool {
    let first = spans.partition_point(|&(_, end)| end <= from);
    spans.get(first).is_some_and(|&(start, _)| start < to)
}
