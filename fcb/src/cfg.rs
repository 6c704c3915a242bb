//! The `.cfg` file of a part: TOML that a person writes, with errors that show the line.

mod read;
mod section;
mod write;

use alloc::string::String;
use alloc::vec;

use section::{Section, root};

use crate::{CfgError, PartFile};

impl PartFile {
    /// Reads the text of a `.cfg` file.
    ///
    /// Fails at the first thing that is wrong: not TOML, a key that is unknown, missing or given twice, a value of
    /// the wrong kind or out of its range. See [`CfgError`].
    pub fn from_cfg(text: &str) -> Result<PartFile, CfgError> {
        let document = root(text)?;
        let main = Section::file(text, &document);
        main.knows(read::KEYS.into_iter().chain(["family"]))?;
        let mut parts = vec![read::part(&main)?];
        let family = main.family()?;
        for member in &family {
            member.knows(read::KEYS)?;
        }
        for member in &family {
            parts.push(read::part(member)?);
        }
        Ok(PartFile { parts })
    }

    /// Writes the parts as a `.cfg` file that reads back equal. Comments of a file read before are not kept.
    pub fn to_cfg(&self) -> String {
        write::file(&self.parts)
    }
}
