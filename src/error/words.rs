//! Pieces of the sentences in `Display`.

pub(super) fn seen(lines: &[String]) -> String {
    if lines.is_empty() {
        String::new()
    } else {
        format!(" (there is: {})", lines.join("; "))
    }
}

pub(super) fn named(names: &[String]) -> String {
    if names.is_empty() {
        String::new()
    } else {
        format!(" ({})", names.join(" or "))
    }
}

pub(super) fn at_byte(differs: &Option<(u32, u8)>, expected: u8) -> String {
    differs.map_or(String::new(), |(at, found)| {
        format!("; {at:#010x} should be {expected:#04x}, found {found:#04x}")
    })
}

pub(super) fn at_pair(differs: &Option<(u32, u8, u8)>) -> String {
    differs.map_or(String::new(), |(at, expected, found)| {
        format!("; {at:#010x} should be {expected:#04x}, found {found:#04x}")
    })
}

/// Who holds a board.
pub(super) fn holders(by: &[String]) -> String {
    match by {
        [] => "another program".into(),
        by => by.join(", "),
    }
}
