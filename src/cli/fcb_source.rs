//! Where the FCB of an FCB or image verb comes from: all that [`FcbChoice::named`] takes, option words, or the board.

use std::iter;
use std::path::{Path, PathBuf};

use rtboot::chip::{CHIPS, Chip};
use rtboot::event::{Meter, Stage};
use rtboot::file::{self, Limit};
use rtboot::flash::{FcbChoice, FcbOrigin};
use rtboot::{Error, Result};
use rtboot_fcb::derive::{self, Refused};
use rtboot_fcb::{Fcb, OptionWords, Part, PartFile, StatusRegisters, database};

use super::{Context, number};

/// What option words need to become an FCB.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "For option words as source")]
pub struct Probe {
    /// The flash's SFDP, as `rtboot mboot` or a programmer reads it by command 5Ah
    #[arg(long, value_name = "FILE")]
    sfdp: Option<PathBuf>,
    /// Status registers before: SR1 or SR1,SR2; without it quad enable is taken to be set
    #[arg(long, value_name = "SR1[,SR2]", value_parser = registers)]
    status: Option<StatusRegisters>,
    /// Dummy cycles of the double data rate read, which the flashloader finds by trial (device type 1)
    #[arg(long, value_name = "COUNT", value_parser = number::parse_u8)]
    ddr_dummy: Option<u8>,
}

/// An FCB, and all that came with it.
#[derive(Debug)]
pub struct Source {
    /// Where it came from, in words.
    pub from: String,
    /// The chip that it is for: the named one, the board's, else one that the part is for.
    pub chip: &'static Chip,
    pub fcb: Fcb,
    /// The part and its family, when it came as one.
    pub parts: Option<PartFile>,
    /// The text of the .cfg, when it came as one.
    pub text: Option<String>,
    /// What is good to know about it.
    pub notes: Vec<String>,
}

impl Source {
    fn block(from: impl Into<String>, fcb: Fcb, chip: &'static Chip) -> Source {
        Source {
            from: from.into(),
            chip,
            fcb,
            parts: None,
            text: None,
            notes: Vec::new(),
        }
    }

    /// The part that the source is about, when it is one.
    pub fn part(&self) -> Option<&Part> {
        self.parts.as_ref().and_then(|file| file.parts.first())
    }
}

/// `40` or `40,02`, hexadecimal, with or without 0x.
fn registers(text: &str) -> std::result::Result<StatusRegisters, String> {
    let byte = |text: &str| {
        let text = text.trim().trim_start_matches("0x");
        u8::from_str_radix(text, 16).map_err(|_| {
            format!("\"{text}\" is no register value; write SR1 or SR1,SR2 in hex, as 40 or 00,02")
        })
    };
    match text.split_once(',') {
        Some((sr1, sr2)) => Ok(StatusRegisters {
            sr1: byte(sr1)?,
            sr2: Some(byte(sr2)?),
            sr3: None,
        }),
        None => Ok(StatusRegisters {
            sr1: byte(text)?,
            sr2: None,
            sr3: None,
        }),
    }
}

/// Finds out what `source` is and reads it.
pub fn load(source: &str, probe: &Probe, context: &mut Context) -> Result<Source> {
    let path = Path::new(source);
    if !path.is_file() {
        if source.eq_ignore_ascii_case("board") {
            return board(context);
        }
        no_auto(source)?;
        if is_words(source) {
            return words(source, probe, context.desk_chip()?);
        }
    }
    named(source, path, context)
}

/// Option words with nothing to make an FCB of.
pub fn words_alone(source: &str, probe: &Probe) -> Result<Option<OptionWords>> {
    let alone = probe.sfdp.is_none() && is_words(source);
    alone.then(|| option_words(source)).transpose()
}

fn is_words(source: &str) -> bool {
    let hex = source.starts_with("0x") || source.starts_with("0X");
    hex && !Path::new(source).is_file()
}

fn option_words(source: &str) -> Result<OptionWords> {
    let words = source.parse();
    words.map_err(|error: rtboot_fcb::Error| Error::Usage(error.to_string()))
}

/// A part of the database by its name, or the first of a `.cfg`.
pub fn part(name: &str, chip: &Chip) -> Result<Part> {
    no_auto(name)?;
    let first = match FcbChoice::named(name, chip)?.0 {
        FcbChoice::Part { file, .. } => file.parts.into_iter().next(),
        _ => None,
    };
    first.ok_or_else(|| Error::UnknownPart {
        name: name.to_owned(),
        nearest: database::nearest(name),
    })
}

/// What `write` finds out on a board cannot be found out without one.
fn no_auto(name: &str) -> Result<()> {
    match name.eq_ignore_ascii_case("auto") {
        true => Err(Error::Usage(
            "`auto` is settled by the flash on a board: name the part, or a file with the FCB"
                .into(),
        )),
        false => Ok(()),
    }
}

/// A part of the database, or a file.
fn named(source: &str, path: &Path, context: &mut Context) -> Result<Source> {
    let (choice, origin) = FcbChoice::named(source, context.desk_chip()?)?;
    match (context.fit_for_named_chip(choice)?, origin) {
        (FcbChoice::Part { file, .. }, origin) => {
            let chip = context.chip()?.unwrap_or_else(|| chip_for(&file));
            let first = file.parts.first().ok_or_else(|| unknown(source))?;
            let text = match path.is_file() {
                true => String::from_utf8(file::read(path, Limit::Text)?).ok(),
                false => database_text(source, first),
            };
            Ok(Source {
                // without a board it is the first
                from: match &origin {
                    FcbOrigin::Database { file, .. } => format!("{} ({file})", first.name),
                    FcbOrigin::PartFile { path, .. } => {
                        format!("{}, {}", first.name, path.display())
                    }
                    other => other.to_string(),
                },
                chip,
                fcb: first.on(chip).boot_fcb(),
                parts: Some(file),
                text,
                notes: Vec::new(),
            })
        }
        (FcbChoice::Block { fcb, .. }, origin) => {
            let chip = context.desk_chip()?;
            Ok(Source::block(origin.to_string(), fcb, chip))
        }
        _ => Err(unknown(source)),
    }
}

/// Where nobody names the chip: the default one, or the first of the table that the part is for.
fn chip_for(file: &PartFile) -> &'static Chip {
    let named = file.parts.first().map_or(&[][..], |part| &part.chips);
    let all = iter::once(Chip::DEFAULT).chain(&CHIPS);
    let mut meant = all.filter(|chip| chip.is_meant_by(named));
    meant.next().unwrap_or(Chip::DEFAULT)
}

fn unknown(source: &str) -> Error {
    Error::UnknownPart {
        name: source.to_owned(),
        nearest: database::nearest(source),
    }
}

/// The database's own text with its remarks, when the part asked for is the first of its file.
fn database_text(source: &str, part: &Part) -> Option<String> {
    let (name, file) = database::find(source)?;
    let (_, text) = database::files().iter().find(|(file, _)| *file == name)?;
    let written = PartFile::from_cfg(text).ok()?;
    let same = written.parts.first()?.name == part.name && file.parts == written.parts;
    same.then(|| (*text).to_owned())
}

/// What the flashloader would make of option words.
fn words(source: &str, probe: &Probe, chip: &'static Chip) -> Result<Source> {
    let words = option_words(source)?;
    let Some(path) = &probe.sfdp else {
        return Err(Error::Usage(format!(
            "option words {words} become an FCB only with the flash's SFDP: give it with --sfdp FILE; `rtboot fcb show {words}` explains them"
        )));
    };
    let sfdp = file::read(path, Limit::Text)?;
    // with every bit set that means quad enable somewhere, the flashloader writes none
    let set = StatusRegisters {
        sr1: 0x40,
        sr2: Some(0x82),
        sr3: None,
    };
    let flash = derive::Flash {
        sfdp: &sfdp,
        registers: probe.status.unwrap_or(set),
        ddr_dummy_cycles: probe.ddr_dummy,
    };
    let derived = derive::derive(words, &flash, chip).map_err(|refused| refusal(refused, path))?;
    let mut found = Source::block(
        format!(
            "option words {words} with the SFDP of {}, as the {}'s flashloader does",
            path.display(),
            chip.name
        ),
        derived.fcb,
        chip,
    );
    if let Some(write) = derived.quad_enable_write {
        let bytes: Vec<String> = write.iter().map(|byte| format!("{byte:02x}")).collect();
        found.notes.push(format!(
            "the flashloader writes {} to the flash while it configures, and that changes other bits of the register too",
            bytes.join(" ")
        ));
    }
    Ok(found)
}

fn refusal(refused: Refused, path: &Path) -> Error {
    let status = refused.status().map_or(String::new(), |status| {
        format!("; the flashloader answers {status}")
    });
    match refused {
        Refused::Sfdp(_) => Error::BadFile {
            path: path.to_owned(),
            reason: format!("{refused}{status}"),
        },
        Refused::UnknownRegister { .. } => {
            Error::Usage(format!("{refused}: give both with --status SR1,SR2"))
        }
        Refused::UnknownDummyCycles => {
            Error::Usage(format!("{refused}: give them with --ddr-dummy"))
        }
        _ => Error::Usage(format!("{refused}{status}")),
    }
}

/// The FCB of the board's flash, where its chip has it, read on one pad.
fn board(context: &mut Context) -> Result<Source> {
    let (mut nor, _board) = context.nor()?;
    let chip = nor.chip();
    nor.use_plain()?;
    let length = Fcb::LEN as u32;
    let mut meter = Meter::begin(&mut context.report, Stage::Read, u64::from(length));
    let bytes = nor.read(chip.map.fcb_address(), length, &mut meter)?;
    meter.end();
    let fcb = Fcb::parse(&bytes).map_err(|source| Error::FcbFile {
        path: "board".into(),
        source,
    })?;
    Ok(Source::block("the board's flash", fcb, chip))
}
