//! What flash holds when a run breaks off. Each state is what was read, or says that it was not.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

/// What flash holds now. The default is [`Content::Untouched`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlashState {
    /// Its bytes.
    pub content: Content,
    /// Its quad-enable bit.
    pub quad_enable: QuadEnable,
    /// The file with the bytes around the image, while flash does not hold them. The next write puts them back.
    pub saved_to: Option<PathBuf>,
}

/// What the bytes of flash are, as far as this run can know. Ranges are bus addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// No erase and no program command was sent.
    #[default]
    Untouched,
    /// Erases were sent and changed nothing: all of this was read back and is as it was.
    OldImageWhole {
        /// What was read.
        checked: Range<u64>,
    },
    /// The FCB of the old image is still there, and something in this range changed: the ROM may start a damaged image.
    OldHeaderLeft {
        /// Where bytes may have changed.
        changed: Range<u64>,
    },
    /// No FCB is at the start of flash, so the ROM starts nothing. Part of the new bytes may be in this range.
    NothingStarts {
        /// Where bytes may have changed.
        changed: Range<u64>,
    },
    /// The erase of the sector with the FCB was acknowledged, and not read back.
    HeaderEraseUnread {
        /// Where bytes may have changed.
        changed: Range<u64>,
    },
    /// The image that starts is untouched; part of the new bytes may be in this range, outside it.
    ImageUntouched {
        /// Where bytes may have changed.
        changed: Range<u64>,
    },
    /// All of the new image was sent. Its last page, the one with the FCB, was not read back as it should be.
    LastPageUnread {
        /// The page.
        page: Range<u64>,
    },
    /// The new image is there. Only something after the write failed.
    NewImageWhole {
        /// Whether every byte was read back.
        verified: bool,
    },
    /// Part of a range that was to be erased is erased.
    PartErased {
        /// What was to be erased.
        range: Range<u64>,
        /// What is known to be erased.
        erased: Range<u64>,
        /// How that is known.
        evidence: Evidence,
    },
    /// All of a range was erased as far as the device said.
    Erased {
        /// Which.
        range: Range<u64>,
        /// How that is known.
        evidence: Evidence,
    },
    /// All was done; what failed is the report of it.
    ReportLost {
        /// What was done, in order.
        done: Vec<Change>,
    },
    /// Bytes in this range may have changed, the FCB among them, and the device did not answer when it was asked.
    Unknown {
        /// Where bytes may have changed.
        changed: Range<u64>,
    },
}

/// How it is known that something was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// The erase command was acknowledged. A flash that ignores erases acknowledges them, too.
    Acknowledged,
    /// The place was read, and is blank.
    ReadBack,
}

/// What became of the quad-enable bit in the flash's status register.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuadEnable {
    /// This run did not write it.
    #[default]
    AsItWas,
    /// This run set it, and it reads as set.
    Set,
    /// The status register was sent, and what became of it is not known.
    Uncertain,
}

/// Something that a run did and that stays done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Flash held the image already.
    ImageWasThere,
    /// The image was written and every byte read back.
    ImageVerified,
    /// The image was written and not read back.
    ImageWritten,
    /// A range was erased and read back blank.
    Erased,
    /// Block protection was cleared.
    Unprotected,
    /// The application was started.
    Started,
    /// The board was reset.
    Reset,
    /// A raw command was carried out.
    CommandDone,
}

impl FlashState {
    /// This content, quad enable as it was, nothing saved.
    pub fn new(content: Content) -> FlashState {
        FlashState {
            content,
            ..FlashState::default()
        }
    }

    /// The same with this about quad enable.
    #[must_use]
    pub fn quad_enable(mut self, quad_enable: QuadEnable) -> FlashState {
        self.quad_enable = quad_enable;
        self
    }

    /// Stable kebab-case name of the content, for programs.
    pub fn code(&self) -> &'static str {
        self.content.code()
    }

    /// Whether anything in flash, its status register included, is or may be other than before.
    pub fn may_have_changed(&self) -> bool {
        self.content != Content::Untouched || self.quad_enable != QuadEnable::AsItWas
    }
}

impl From<Content> for FlashState {
    fn from(content: Content) -> FlashState {
        FlashState::new(content)
    }
}

impl Content {
    /// Stable kebab-case name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Content::Untouched => "untouched",
            Content::OldImageWhole { .. } => "old-image-whole",
            Content::OldHeaderLeft { .. } => "old-header-left",
            Content::NothingStarts { .. } => "nothing-starts",
            Content::HeaderEraseUnread { .. } => "header-erase-unread",
            Content::ImageUntouched { .. } => "image-untouched",
            Content::LastPageUnread { .. } => "last-page-unread",
            Content::NewImageWhole { .. } => "new-image-whole",
            Content::PartErased { .. } => "part-erased",
            Content::Erased { .. } => "erased",
            Content::ReportLost { .. } => "report-lost",
            Content::Unknown { .. } => "unknown",
        }
    }

    /// Whether what was asked for is, or may be, done in part.
    pub fn is_unfinished(&self) -> bool {
        match self {
            Content::OldHeaderLeft { .. }
            | Content::NothingStarts { .. }
            | Content::HeaderEraseUnread { .. }
            | Content::ImageUntouched { .. }
            | Content::LastPageUnread { .. }
            | Content::PartErased { .. }
            | Content::Unknown { .. } => true,
            Content::Untouched
            | Content::OldImageWhole { .. }
            | Content::NewImageWhole { .. }
            | Content::Erased { .. }
            | Content::ReportLost { .. } => false,
        }
    }

    /// The range that the state is about, where it is about one.
    pub fn range(&self) -> Option<&Range<u64>> {
        match self {
            Content::OldImageWhole { checked: range }
            | Content::OldHeaderLeft { changed: range }
            | Content::NothingStarts { changed: range }
            | Content::HeaderEraseUnread { changed: range }
            | Content::ImageUntouched { changed: range }
            | Content::LastPageUnread { page: range }
            | Content::PartErased { range, .. }
            | Content::Erased { range, .. }
            | Content::Unknown { changed: range } => Some(range),
            Content::Untouched | Content::NewImageWhole { .. } | Content::ReportLost { .. } => None,
        }
    }
}

impl QuadEnable {
    /// Stable kebab-case name for programs.
    pub fn code(self) -> &'static str {
        match self {
            QuadEnable::AsItWas => "as-it-was",
            QuadEnable::Set => "set",
            QuadEnable::Uncertain => "uncertain",
        }
    }
}

impl Change {
    /// Stable kebab-case name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Change::ImageWasThere => "image-was-there",
            Change::ImageVerified => "image-verified",
            Change::ImageWritten => "image-written",
            Change::Erased => "erased",
            Change::Unprotected => "unprotected",
            Change::Started => "started",
            Change::Reset => "reset",
            Change::CommandDone => "command-done",
        }
    }
}

impl fmt::Display for FlashState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.content, self.quad_enable) {
            (Content::Untouched, QuadEnable::Uncertain) => f.write_str(
                "flash contents are unchanged; quad enable may now be set in its status register",
            )?,
            (content, QuadEnable::AsItWas) => write!(f, "{content}")?,
            (content, QuadEnable::Set) => {
                write!(
                    f,
                    "{content}; quad enable is now set in its status register"
                )?;
            }
            (content, QuadEnable::Uncertain) => {
                write!(
                    f,
                    "{content}; quad enable may now be set in its status register"
                )?;
            }
        }
        match &self.saved_to {
            Some(path) => write!(
                f,
                "; the bytes around the image are saved in {} and the next write restores them",
                path.display()
            ),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Untouched => f.write_str("flash is unchanged"),
            Content::OldImageWhole { checked } => write!(
                f,
                "flash is unchanged and the old image is intact: no erase changed a byte of {} (read back)",
                span(checked)
            ),
            Content::OldHeaderLeft { changed } => write!(
                f,
                "the FCB of the old image is still there but bytes in {} may have changed: the ROM may start a damaged image, so \
                 write it again before starting the board",
                span(changed)
            ),
            Content::NothingStarts { changed } => write!(
                f,
                "flash holds part of the new image (in {}) and no FCB, so the ROM starts nothing and waits for a download",
                span(changed)
            ),
            Content::HeaderEraseUnread { changed } => write!(
                f,
                "the device reported the sector with the FCB erased before contact was lost; if so, the ROM starts nothing \
                 and waits for a download; flash may hold part of the new image in {}",
                span(changed)
            ),
            Content::ImageUntouched { changed } => write!(
                f,
                "flash may hold part of the new bytes in {}; the image that the ROM starts is untouched",
                span(changed)
            ),
            Content::LastPageUnread { page } => write!(
                f,
                "the whole image was sent, but its last page ({}) was not read back correctly: \
                 write it again before starting the board",
                span(page)
            ),
            Content::NewImageWhole { verified: true } => {
                f.write_str("flash holds the new image, verified")
            }
            Content::NewImageWhole { verified: false } => {
                f.write_str("flash holds the new image, not verified")
            }
            Content::PartErased {
                range,
                erased,
                evidence,
            } if erased.is_empty() => write!(
                f,
                "nothing of {} is known to be erased{}",
                span(range),
                match evidence {
                    Evidence::ReadBack => " (read back)",
                    Evidence::Acknowledged => ", and bytes of it may have changed",
                }
            ),
            Content::PartErased {
                range,
                erased,
                evidence,
            } => write!(
                f,
                "{} of {} is erased{}",
                span(erased),
                span(range),
                words(*evidence)
            ),
            Content::Erased { range, evidence } => {
                write!(f, "{} is erased{}", span(range), words(*evidence))
            }
            Content::ReportLost { done } => {
                for (i, change) in done.iter().enumerate() {
                    write!(f, "{}{change}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("; only the report of this was lost")
            }
            Content::Unknown { changed } => write!(
                f,
                "unknown: bytes in {} may have changed, including the FCB, and the device no longer answers; reading flash shows \
                 what is there",
                span(changed)
            ),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Change::ImageWasThere => "flash already held the image",
            Change::ImageVerified => "flash holds the image, verified",
            Change::ImageWritten => "flash holds the image, not verified",
            Change::Erased => "the range is erased, and read back blank",
            Change::Unprotected => "the flash is unprotected",
            Change::Started => "the application was started",
            Change::Reset => "the board was reset",
            Change::CommandDone => "the board carried out the command",
        })
    }
}

fn words(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::ReadBack => " and read back blank",
        Evidence::Acknowledged => ", as the device reported; not read back",
    }
}

fn span(range: &Range<u64>) -> String {
    format!("{:#010x}..{:#010x}", range.start, range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_starts_is_said_only_where_no_fcb_was_read() {
        let changed = || 0x6000_0000..0x6000_4000;
        let says = |content: Content| content.to_string().contains("and no FCB");
        assert!(says(Content::NothingStarts { changed: changed() }));
        for content in [
            Content::Untouched,
            Content::OldImageWhole { checked: changed() },
            Content::OldHeaderLeft { changed: changed() },
            Content::HeaderEraseUnread { changed: changed() },
            Content::ImageUntouched { changed: changed() },
            Content::Unknown { changed: changed() },
        ] {
            assert!(!says(content.clone()), "{content}");
        }
    }

    #[test]
    fn the_sentence_names_quad_enable_and_the_saved_bytes() {
        let state = FlashState {
            content: Content::Untouched,
            quad_enable: QuadEnable::Uncertain,
            saved_to: None,
        };
        assert_eq!(
            state.to_string(),
            "flash contents are unchanged; quad enable may now be set in its status register"
        );
        let state = FlashState {
            content: Content::NewImageWhole { verified: true },
            quad_enable: QuadEnable::Set,
            saved_to: Some("/r/1.hex".into()),
        };
        assert_eq!(
            state.to_string(),
            "flash holds the new image, verified; quad enable is now set in its status register; \
             the bytes around the image are saved in /r/1.hex and the next write restores them"
        );
    }
}
