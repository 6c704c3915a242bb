use super::*;

fn memory(parts: &[(u32, &[u8])]) -> Memory {
    let mut memory = Memory::new();
    for (address, bytes) in parts {
        memory.insert(*address, bytes.to_vec()).unwrap();
    }
    memory
}

fn shape(memory: &Memory) -> Vec<(u32, Vec<u8>)> {
    memory
        .segments()
        .map(|(start, bytes)| (start, bytes.to_vec()))
        .collect()
}

#[test]
fn segments_that_touch_are_one_from_either_side() {
    assert_eq!(
        shape(&memory(&[(10, &[1, 2]), (12, &[3]), (8, &[8, 9])])),
        [(8, vec![8, 9, 1, 2, 3])]
    );
    assert_eq!(
        shape(&memory(&[(10, &[1]), (12, &[3]), (11, &[2])])),
        [(10, vec![1, 2, 3])]
    );
}

#[test]
fn equal_bytes_may_overlap_and_count_once() {
    let memory = memory(&[(10, &[1, 2, 3]), (20, &[9]), (9, &[0, 1, 2, 3, 4])]);
    assert_eq!(shape(&memory), [(9, vec![0, 1, 2, 3, 4]), (20, vec![9])]);
    assert_eq!(memory.len_bytes(), 6);
}

#[test]
fn a_contradicting_byte_is_refused() {
    let mut memory = memory(&[(10, &[1, 2, 3])]);
    let before = memory.clone();
    let error = memory.insert(11, vec![2, 7]).unwrap_err();
    assert_eq!(
        error,
        Error::Overlap {
            address: 12,
            held: 3,
            given: 7
        }
    );
    assert_eq!(
        error.to_string(),
        "two different bytes for 0x0000000c: 0x03 and 0x07"
    );
    assert_eq!(memory, before);
}

#[test]
fn data_may_end_at_the_end_of_the_address_space() {
    let mut memory = memory(&[(0xFFFF_FFFF, &[5])]);
    assert_eq!(memory.end(), 1 << 32);
    assert_eq!(memory.byte(0xFFFF_FFFF), Some(5));
    assert_eq!(memory.bytes(0xFFFF_FFFF, 2), None);
    let error = memory.insert(0xFFFF_FFFE, vec![0; 3]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "3 bytes at 0xfffffffe run past the end of the 32-bit address space"
    );
}

#[test]
fn more_than_16_mib_is_refused() {
    let mut memory = memory(&[(0, &[0; 8])]);
    let error = memory
        .insert(0x1000_0000, vec![0; Memory::LIMIT - 7])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "33554433 bytes are more than the 33554432 this tool handles"
    );
    memory
        .insert(0x1000_0000, vec![0; Memory::LIMIT - 8])
        .unwrap();
}

#[test]
fn a_read_over_a_gap_is_none_and_a_fill_shows_it() {
    let memory = memory(&[(10, &[1]), (12, &[3])]);
    assert_eq!(memory.read(10, 3), None);
    assert_eq!(memory.read(13, 1), None);
    assert_eq!(memory.read(13, 0), Some(vec![]));
    assert_eq!(memory.filled(9, 5, 0xFF), [0xFF, 1, 0xFF, 3, 0xFF]);
    assert_eq!(shape(&memory.slice(11, 9)), [(12, vec![3])]);
    assert_eq!(memory.slice(11, 9).len_bytes(), 1);
}

#[test]
fn remove_splits_and_replace_puts_in_place() {
    let mut memory = memory(&[(10, &[1, 2, 3, 4, 5])]);
    memory.remove(12, 1);
    assert_eq!(shape(&memory), [(10, vec![1, 2]), (13, vec![4, 5])]);
    assert_eq!(memory.len_bytes(), 4);
    memory.replace(11, vec![7, 7, 7]).unwrap();
    assert_eq!(shape(&memory), [(10, vec![1, 7, 7, 7, 5])]);
    assert_eq!(memory.len_bytes(), 5);
    memory.remove(0, 100);
    assert!(memory.is_empty());
}

#[test]
fn moved_keeps_the_shape() {
    let memory = memory(&[(0x2000_0000, &[1]), (0x2000_0010, &[2])]);
    let moved = memory.moved(0x2000_0000, 0x6000_0000).unwrap();
    assert_eq!(
        shape(&moved),
        [(0x6000_0000, vec![1]), (0x6000_0010, vec![2])]
    );
    assert!(matches!(
        memory.moved(0x2000_0008, 0),
        Err(Error::Wraps {
            address: 0x2000_0000,
            ..
        })
    ));
}

#[test]
fn moved_and_laid_over_bytes_are_shared() {
    let original = memory(&[(0x2000_0000, &[1; 64]), (0x2000_1000, &[2; 64])]);
    let place = |memory: &Memory, at: u32| memory.segment_at(at).map(|(_, bytes)| bytes.as_ptr());
    let moved = original.moved(0x2000_0000, 0x6000_0000).unwrap();
    assert_eq!(place(&moved, 0x6000_1000), place(&original, 0x2000_1000));
    let mut under = memory(&[(0x6000_0000, &[3; 64]), (0x6000_1010, &[4; 16])]);
    under.overlay(&moved).unwrap();
    assert_eq!(under, moved);
    assert_eq!(place(&under, 0x6000_1000), place(&original, 0x2000_1000));
    // one that reaches beyond, and one that adjoins, keep their own bytes
    let mut under = memory(&[(0x5FFF_FFF0, &[5; 32]), (0x6000_1040, &[6])]);
    under.overlay(&moved).unwrap();
    assert_eq!(under.byte(0x5FFF_FFFF), Some(5));
    assert_eq!(under.bytes(0x6000_0000, 64), Some(&[1; 64][..]));
    assert_eq!(under.bytes(0x6000_103F, 2), Some(&[2, 6][..]));
    assert_eq!(under.segments().count(), 2);
    assert_eq!(under.len_bytes(), 16 + 64 + 65);
}

#[test]
fn random_operations_agree_with_a_byte_map() {
    let mut seed = 1u32;
    let mut next = move |below: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) % below
    };
    let (mut memory, mut model) = (Memory::new(), BTreeMap::new());
    for _ in 0..3000 {
        let (address, len, value) = (next(80), next(12) as usize, next(4) as u8);
        let range = address..address + len as u32;
        match next(4) {
            0 => {
                memory.remove(address, len);
                range.for_each(|at| _ = model.remove(&at));
            }
            1 if value == 3 => {
                let mut over = Memory::new();
                over.replace(address, vec![value; len]).unwrap();
                memory.overlay(&over).unwrap();
                range.for_each(|at| _ = model.insert(at, value));
            }
            1 => {
                memory.replace(address, vec![value; len]).unwrap();
                range.for_each(|at| _ = model.insert(at, value));
            }
            _ => {
                let clash = range
                    .clone()
                    .any(|at| model.get(&at).is_some_and(|&held| held != value));
                assert_eq!(memory.insert(address, vec![value; len]).is_err(), clash);
                if !clash {
                    range.for_each(|at| _ = model.insert(at, value));
                }
            }
        }
        assert_eq!(memory.len_bytes(), model.len());
        (0..100).for_each(|at| assert_eq!(memory.byte(at), model.get(&at).copied()));
        let ends: Vec<u64> = memory
            .segments()
            .map(|(start, bytes)| end_of(start, bytes))
            .collect();
        assert!(
            memory
                .segments()
                .skip(1)
                .zip(ends)
                .all(|((start, _), end)| u64::from(start) > end)
        );
    }
}

#[test]
fn more_segments_than_any_program_has_are_refused() {
    let mut memory = Memory::new();
    let limit = Memory::SEGMENTS as u32;
    for number in 0..limit {
        memory.insert(number * 2, vec![1]).expect("room");
    }
    let error = memory.insert(limit * 2, vec![1]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "more than 65536 separate pieces of bytes"
    );
    // one that closes a gap is no further segment
    memory.insert(1, vec![1]).expect("room");
    assert_eq!(memory.segments().count(), Memory::SEGMENTS - 1);
}

#[test]
fn a_changed_clone_leaves_the_original_alone() {
    let mut memory = Memory::new();
    memory.insert(0x10, vec![1, 2, 3]).expect("room");
    let mut clone = memory.clone();
    clone.replace(0x11, vec![9]).expect("room");
    clone.insert(0x13, vec![4]).expect("room");
    assert_eq!(memory.read(0x10, 3), Some(vec![1, 2, 3]));
    assert_eq!(clone.read(0x10, 4), Some(vec![1, 9, 3, 4]));
}
