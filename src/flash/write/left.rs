//! What flash holds after a write that failed.

use super::{Reached, Writer};
use crate::error::{Content, FlashState, QuadEnable};
use crate::event::{Meter, Stage};
use crate::flash::plan::Action;
use crate::{Error, Result};

impl Writer<'_> {
    /// The error with what flash holds now.
    pub(super) fn explained(&mut self, error: Error) -> Error {
        let state = FlashState {
            content: self.content_after(&error),
            quad_enable: match self.quad_set {
                true => QuadEnable::Set,
                false => QuadEnable::AsItWas,
            },
            saved_to: match self.reached {
                Reached::Done => None,
                _ => self.saved_to.clone(),
            },
        };
        error.with_flash_state(state)
    }

    fn content_after(&mut self, error: &Error) -> Content {
        let changed = self.plan.changed();
        match self.reached {
            Reached::Nothing => Content::Untouched,
            Reached::Done => Content::NewImageWhole {
                verified: self.verify,
            },
            Reached::Last => self.last_page_unread(),
            // an acknowledged erase is no erase yet: a flash that is locked acknowledges, too
            Reached::TakenBack => match self.first_sector() {
                Ok(first) if !self.plan.geometry().has_fcb(&first) => {
                    Content::NothingStarts { changed }
                }
                _ => self.last_page_unread(),
            },
            // neither erases nor the pages programmed so far make an FCB where none was
            _ if !self.plan.had_fcb() => Content::NothingStarts { changed },
            _ if !self.plan.unboots_first() => Content::ImageUntouched { changed },
            Reached::Blank => Content::NothingStarts { changed },
            Reached::Erasing => {
                let looked = error.device_answers().then(|| self.look_at_erased());
                match looked {
                    Some(Ok(content)) => content,
                    _ if self.header_acknowledged => Content::HeaderEraseUnread { changed },
                    _ => Content::Unknown { changed },
                }
            }
        }
    }

    fn last_page_unread(&self) -> Content {
        let g = self.plan.geometry();
        let start = u64::from(g.fcb_page());
        Content::LastPageUnread {
            page: start..start + u64::from(g.page),
        }
    }

    /// Reads what the erases did to the old image, when the sector with its FCB was among them.
    fn look_at_erased(&mut self) -> Result<Content> {
        let changed = self.plan.changed();
        if !self.plan.geometry().has_fcb(&self.first_sector()?) {
            return Ok(Content::NothingStarts { changed });
        }
        let plan = self.plan;
        let sector = plan.geometry().sector;
        let mut quiet = ();
        let mut meter = Meter::begin(&mut quiet, Stage::Compare, 0);
        for (address, planned) in plan.sectors().filter(|(_, s)| s.action == Action::Erase) {
            if planned.guess.is_some()
                || self.nor.read(address, sector, &mut meter)? != *planned.current
            {
                return Ok(Content::OldHeaderLeft { changed });
            }
        }
        // a chip erase reaches sectors of which it is not known what they held
        Ok(match plan.erases_all() {
            true => Content::OldHeaderLeft { changed },
            false => Content::OldImageWhole { checked: changed },
        })
    }

    /// The first sector as it reads on one pad: that read works whatever state quad enable is in.
    fn first_sector(&mut self) -> Result<Vec<u8>> {
        let g = *self.plan.geometry();
        let mut quiet = ();
        self.nor.use_plain()?;
        let mut meter = Meter::begin(&mut quiet, Stage::Compare, 0);
        self.nor.read(g.base, g.sector, &mut meter)
    }
}
