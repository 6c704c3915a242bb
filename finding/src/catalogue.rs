//! Everything that can be found, in the order of the way from the host to a running application.
//!
//! One source of words for findings, for likely causes of errors, and for the documentation. An entry is a `static`: its name
//! is its code in capitals, so a code that is not here does not compile.

use crate::Entry;

/// Declares entries: `NAME severity "code": "title" / "text with {holes}" => ["cause", ...];`, text and causes optional.
macro_rules! entries {
    ($($name:ident $severity:ident $code:literal: $title:literal $(/ $text:literal)? $(=> $causes:expr)?;)*) => {
        $(
            #[doc = concat!("`", $code, "`: ", $title, ".")]
            pub static $name: $crate::Entry = $crate::Entry {
                code: $code,
                severity: $crate::Severity::$severity,
                title: $title,
                text: $crate::catalogue::last(&[$title $(, $text)?]),
                causes: $crate::catalogue::last_list(&[&[] $(, &$causes)?]),
            };
        )*
        /// All entries of this module, in order.
        pub static ALL: &[&$crate::Entry] = &[$(&$name),*];
    };
}

pub mod app;
pub mod boot;
pub mod cause;
pub mod content;
pub mod fcb;
pub mod flash;
pub mod host;
pub mod image;
pub mod loader;
pub mod open;
pub mod rom;
pub mod run;

/// What the doctor can find on a board, in the order of the way to a running application.
const DOCTOR: [&[&Entry]; 8] = [
    host::ALL,
    rom::ALL,
    loader::ALL,
    flash::ALL,
    app::ALL,
    content::ALL,
    open::ALL,
    boot::ALL,
];

/// All entries, module by module.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    doctor().chain(flat([fcb::ALL, image::ALL, cause::ALL, run::ALL]))
}

/// What the doctor can find on a board, in the order of the way to a running application.
pub fn doctor() -> impl Iterator<Item = &'static Entry> {
    flat(DOCTOR)
}

fn flat<const N: usize>(
    modules: [&'static [&'static Entry]; N],
) -> impl Iterator<Item = &'static Entry> {
    let modules = modules.into_iter();
    modules.flat_map(|entries| entries.iter().copied())
}

/// The entry with this code.
pub fn find(code: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.code == code)
}

pub(crate) const fn last(texts: &[&'static str]) -> &'static str {
    texts[texts.len() - 1]
}

pub(crate) const fn last_list(lists: &[&'static [&'static str]]) -> &'static [&'static str] {
    lists[lists.len() - 1]
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_in_kebab_case() {
        let mut seen = BTreeSet::new();
        for entry in all() {
            assert!(seen.insert(entry.code), "{} stands twice", entry.code);
            let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(entry.code.chars().all(kebab), "{}", entry.code);
            assert!(
                !entry.title.contains('{'),
                "{}: a title has no holes",
                entry.code
            );
            assert!(
                !entry.title.ends_with('.') && !entry.text.ends_with('.'),
                "{}",
                entry.code
            );
        }
    }
}
