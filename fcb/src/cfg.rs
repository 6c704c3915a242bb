//! The `.cfg` file of a part: TOML that a person writes, with errors that show the line.

mod draft;
mod force;
mod section;
mod tables;
mod write;

use draft::Draft;
use section::{Section, root};

use crate::{CfgError, PartFile};

impl PartFile {
    /// Reads the text of a `.cfg` file.
    ///
    /// Fails at the first thing that is wrong: not TOML, a key that is unknown, missing or given twice, a value of
    /// the wrong kind or out of its range. See [`CfgError`].
    pub fn from_cfg(text: &str) -> Result<PartFile, CfgError> {
        let document = root(text)?;
        let section = Section::of(text, "the file", &document, true)?;
        let mut main = Draft::default();
        main.overlay(&section)?;
        let mut parts = vec![main.finish(&section)?];
        for member in section.tables("family", "[[family]]")? {
            let mut draft = main.clone();
            draft.inherited_by(&member);
            draft.overlay(&member)?;
            parts.push(draft.finish(&member)?);
        }
        Ok(PartFile { parts })
    }

    /// Writes the parts as a `.cfg` file that reads back equal. Comments of a file read before are not kept.
    pub fn to_cfg(&self) -> String {
        write::file(&self.parts)
    }
}
