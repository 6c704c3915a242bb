//! What can go wrong with a production line as a whole. What goes wrong with a unit is a verdict, not an error.

use std::path::PathBuf;

use rtboot_finding::{Action, Next};
use rtboot_ledger::Refused;

/// A line that cannot run, or that stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// A job, sealed or not, that cannot be taken.
    #[error("{}: {source}", path.display())]
    Job {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rtboot_sealed::Error,
    },
    /// A job that is sound as a file, but that no unit could be made by.
    #[error("{job}: {reason}")]
    JobUnfit {
        /// The job's name.
        job: String,
        /// Why.
        reason: String,
    },
    /// The ledger.
    #[error("{address}: {source}")]
    Ledger {
        /// Where it is.
        address: String,
        /// What it says.
        source: rtboot_ledger::Error,
    },
    /// The chains of hashes do not hold.
    #[error("the ledger was changed: {first}{}", more(*.count))]
    Changed {
        /// The first thing that is wrong.
        first: String,
        /// How many there are.
        count: usize,
    },
    /// No station was set up in this folder.
    #[error("there is no station in {}", folder.display())]
    NoStation {
        /// The folder.
        folder: PathBuf,
    },
    /// A station is there already.
    #[error("there is a station in {} already: {name}", folder.display())]
    StationThere {
        /// The folder.
        folder: PathBuf,
        /// Its name.
        name: String,
    },
    /// The station's settings cannot be used.
    #[error("{}: {reason}", file.display())]
    BadStation {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// The station takes jobs of nobody.
    #[error("this station trusts no key, so it takes no job ({})", file.display())]
    TrustsNobody {
        /// The station's file.
        file: PathBuf,
        /// The key that sealed the job at hand.
        key: String,
    },
    /// No slot is set up.
    #[error("this station has no slot ({})", file.display())]
    NoSlots {
        /// The station's file.
        file: PathBuf,
    },
    /// A hook or command that the job needs.
    #[error("the job needs the {kind} {name}, and this station has none of that name ({})", file.display())]
    NoHook {
        /// `hook` or `command`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The station's file.
        file: PathBuf,
    },
    /// Another program runs this station's line.
    #[error("another rtboot runs the line of this station ({})", folder.display())]
    Runs {
        /// The station's folder.
        folder: PathBuf,
    },
    /// A rule of the job stopped the line.
    #[error("the line stopped: {reason}")]
    Stopped {
        /// The rule's code.
        code: String,
        /// Why.
        reason: String,
        /// What to do.
        next: Vec<Next>,
    },
    /// A rehearsal that found something.
    #[error("the rehearsal failed: {first}{}", more(*.count))]
    Rehearsal {
        /// The first thing that is wrong.
        first: String,
        /// How many there are.
        count: usize,
    },
}

fn more(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        count => format!(", and {} more", count - 1),
    }
}

impl LineError {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            LineError::Job { .. } => "job-refused",
            LineError::JobUnfit { .. } => "job-unfit",
            LineError::Ledger { source, .. } => source.code(),
            LineError::Changed { .. } => "ledger-changed",
            LineError::NoStation { .. } => "no-station",
            LineError::StationThere { .. } => "station-there",
            LineError::BadStation { .. } => "bad-station",
            LineError::TrustsNobody { .. } => "trusts-nobody",
            LineError::NoSlots { .. } => "no-slots",
            LineError::NoHook { .. } => "no-hook",
            LineError::Runs { .. } => "line-runs",
            LineError::Stopped { .. } => "line-stopped",
            LineError::Rehearsal { .. } => "rehearsal-failed",
        }
    }

    /// The process exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            LineError::Ledger {
                source: rtboot_ledger::Error::Refused(Refused::PoolEmpty { .. }),
                ..
            } => 62,
            LineError::Ledger { .. } | LineError::Changed { .. } => 61,
            LineError::Stopped { code, .. } if code == "pool-empty" => 62,
            LineError::Stopped { code, .. } if code.starts_with("ledger-") => 61,
            LineError::Stopped { .. } => 63,
            LineError::NoStation { .. }
            | LineError::StationThere { .. }
            | LineError::NoSlots { .. } => 2,
            LineError::Runs { .. } => 14,
            LineError::Job { .. }
            | LineError::JobUnfit { .. }
            | LineError::BadStation { .. }
            | LineError::TrustsNobody { .. }
            | LineError::NoHook { .. }
            | LineError::Rehearsal { .. } => 60,
        }
    }

    /// What to do next, the likeliest first.
    pub fn next(&self) -> Vec<Next> {
        use rtboot_ledger::Error as Ledger;
        use rtboot_sealed::Error as Sealed;

        let act = |texts: &[&str]| {
            let texts = texts.iter().map(|text| Next::Act((*text).to_owned()));
            texts.collect::<Vec<_>>()
        };
        match self {
            LineError::Job { source, .. } => match source {
                Sealed::Stranger { .. } => act(&[
                    "ask whoever sent the job for its key, by another way than the job came",
                    "then add it to `trusted` in the station's settings",
                ]),
                Sealed::Broken(_) | Sealed::NotSealed(_) => {
                    act(&["copy the file again, and compare its SHA-256 with the sender's"])
                }
                Sealed::TooNew { .. } => act(&["take a later rtboot"]),
                _ => act(&["correct the job, or ask its author"]),
            },
            LineError::JobUnfit { .. } => act(&["correct the job, and seal it again"]),
            LineError::Ledger { source, .. } => act(match source {
                Ledger::WentBack { .. } => &[
                    "make nothing: numbers would be given twice",
                    "bring the newest copy of the database back",
                ],
                Ledger::OtherLedger { .. } => &[
                    "bring the old database back",
                    "where a new one is meant, move the high-water file out of the way",
                ],
                Ledger::NotDurable { .. } => &["change the server's setting, and restart it"],
                Ledger::Away(_) => &["see that the server runs, and try again"],
                Ledger::Busy(_) => &["see who holds the database, and try again"],
                Ledger::Unwritable(_) | Ledger::File { .. } => {
                    &["check the file, its folder's permissions and the free space"]
                }
                _ => &[],
            }),
            LineError::Changed { .. } => act(&[
                "keep the database as it is: it is evidence",
                "compare it with its last backup",
            ]),
            LineError::NoStation { .. } => vec![Next::Run(Action::SetUpStation)],
            LineError::StationThere { .. } => {
                act(&["change its settings file, or name another folder"])
            }
            LineError::BadStation { .. } => act(&["correct the file"]),
            LineError::TrustsNobody { key, .. } => act(&[
                &format!("the job was sealed by {key}"),
                "ask whoever sent it whether that is their key, then add it to `trusted` in the station's settings",
            ]),
            LineError::NoSlots { .. } => vec![
                Next::Run(Action::LearnSlots),
                Next::Act("or name slots for this run".into()),
            ],
            LineError::NoHook { kind, name, .. } => act(&[&format!(
                "set the {kind} {name} up in the station's settings"
            )]),
            LineError::Runs { .. } => act(&["end the other one first"]),
            LineError::Stopped { next, .. } => next.clone(),
            LineError::Rehearsal { .. } => {
                act(&["run it again with the same seed, and look at the unit"])
            }
        }
    }
}

impl From<LineError> for super::Error {
    fn from(error: LineError) -> super::Error {
        super::Error::Line(Box::new(error))
    }
}
