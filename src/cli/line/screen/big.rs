//! Words in large letters, three rows high, for those who stand two metres away.

/// Letters of five rows of pixels; a row of the terminal shows two.
#[rustfmt::skip]
const GLYPHS: &[(char, [&str; 5])] = &[
    ('A', [".##.", "#..#", "####", "#..#", "#..#"]),
    ('B', ["###.", "#..#", "###.", "#..#", "###."]),
    ('D', ["###.", "#..#", "#..#", "#..#", "###."]),
    ('E', ["####", "#...", "###.", "#...", "####"]),
    ('F', ["####", "#...", "###.", "#...", "#..."]),
    ('G', [".###", "#...", "#.##", "#..#", ".###"]),
    ('I', ["#", "#", "#", "#", "#"]),
    ('L', ["#...", "#...", "#...", "#...", "####"]),
    ('N', ["#..#", "##.#", "#.##", "#..#", "#..#"]),
    ('O', [".##.", "#..#", "#..#", "#..#", ".##."]),
    ('P', ["###.", "#..#", "###.", "#...", "#..."]),
    ('R', ["###.", "#..#", "###.", "#.#.", "#..#"]),
    ('S', [".###", "#...", ".##.", "...#", "###."]),
    ('T', ["###", ".#.", ".#.", ".#.", ".#."]),
    ('U', ["#..#", "#..#", "#..#", "#..#", ".##."]),
    ('W', ["#...#", "#...#", "#.#.#", "##.##", "#...#"]),
    ('Y', ["#.#", "#.#", ".#.", ".#.", ".#."]),
    (' ', [".", ".", ".", ".", "."]),
];

/// Rows of a word.
pub const ROWS: u16 = 3;

/// The word as rows of the terminal; `None` where a letter is missing.
pub fn rows(word: &str) -> Option<[String; ROWS as usize]> {
    let mut pixels = [const { String::new() }; 6];
    for letter in word.chars() {
        let (_, glyph) = GLYPHS.iter().find(|(known, _)| *known == letter)?;
        for (row, drawn) in pixels.iter_mut().zip(glyph) {
            if !row.is_empty() {
                row.push('.');
            }
            row.push_str(drawn);
        }
    }
    let [a, b, c, d, e, _] = &pixels;
    let under = ".".repeat(e.len());
    Some([joined(a, b), joined(c, d), joined(e, &under)])
}

/// Two rows of pixels as one of half blocks.
fn joined(upper: &str, lower: &str) -> String {
    let both = upper.bytes().zip(lower.bytes());
    both.map(|pair| match pair {
        (b'#', b'#') => '█',
        (b'#', _) => '▀',
        (_, b'#') => '▄',
        _ => ' ',
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_a_slot_has_its_letters() {
        let words = [
            "READY",
            "NO BOARD",
            "BUSY",
            "WAITING",
            "PASS",
            "FAIL",
            "ABORTED",
            "REFUSED",
            "OUT",
            "OFF",
            "NO DATABASE",
        ];
        for word in words {
            let rows = rows(word).unwrap_or_else(|| panic!("{word}"));
            let width = rows[0].chars().count();
            assert!(rows.iter().all(|row| row.chars().count() == width));
            assert!(width >= 3 * word.len() - 3, "{word}: {rows:?}");
        }
        assert_eq!(rows("é"), None);
    }
}
