//! What `write`, `verify` and `doctor` take: files, data with an address, and the options that decide which bytes go where.

use std::path::{Path, PathBuf};

use rtboot::finding::{Finding, catalogue::run};
use rtboot::flash::{FcbChoice, Headers, OwnFcb};
use rtboot::job::{BootLoader, LayoutOptions, Piece, Pieces};
use rtboot::{Error, Result};

use super::{About, Context, number};

/// The options that decide which bytes go where.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct LayoutArgs {
    /// NOR part, or a file with an FCB: .cfg, 512 bytes, SPSDK's YAML, C, Rust or assembler array, image, ELF, HEX; `auto` (the
    /// default): the image's own, else the part that the flash turns out to be. Also RTBOOT_FCB, and `fcb` in the settings
    #[arg(long, value_name = "PART|FILE|auto")]
    pub fcb: Option<String>,
    /// Address of the first byte of a raw file, when it cannot be inferred from its vector table
    #[arg(long, alias = "address", value_name = "ADDRESS", value_parser = number::parse_address)]
    pub base: Option<u32>,
    /// Write the image's own FCB, even if this flash cannot be read through it
    #[arg(long, conflicts_with = "fcb")]
    pub keep_fcb: bool,
    /// Write the file's bytes at their addresses and add nothing
    #[arg(long, conflicts_with = "fcb")]
    pub as_is: bool,
    /// A boot loader in flash starts this application: keep FCB, IVT and boot loader, make no boot header
    #[arg(long, conflicts_with_all = ["as_is", "replace_boot"])]
    pub second_stage: bool,
    /// The ROM starts this application from now on, instead of the boot loader that is in flash
    #[arg(long, conflicts_with = "as_is")]
    pub replace_boot: bool,
}

impl LayoutArgs {
    /// The same for the library. `choice` is where the FCB comes from.
    pub fn options(&self, choice: FcbChoice) -> LayoutOptions {
        LayoutOptions {
            fcb: choice,
            own_fcb: match &self.fcb {
                _ if self.keep_fcb => OwnFcb::Keep,
                None => OwnFcb::KeepIfFit,
                Some(name) if name.eq_ignore_ascii_case("auto") => OwnFcb::ReplaceIfUnfit,
                Some(_) => OwnFcb::Replace,
            },
            base: self.base,
            headers: match self.as_is {
                true => Headers::AsIs,
                false => Headers::Add,
            },
            boot_loader: match (self.second_stage, self.replace_boot) {
                (true, _) => BootLoader::Keep,
                (false, true) => BootLoader::Replace,
                (false, false) => BootLoader::Ask,
            },
        }
    }

    /// What options, variable or settings name as the source of the FCB.
    pub fn fcb_name(&self, context: &mut Context) -> Result<Option<String>> {
        if self.fcb.is_some() || self.as_is {
            return Ok(self.fcb.clone());
        }
        context.usual_fcb()
    }

    /// Where the FCB comes from; says so when it was named.
    pub fn choice(&self, context: &mut Context) -> Result<FcbChoice> {
        let Some(name) = self.fcb_name(context)? else {
            return Ok(FcbChoice::Auto);
        };
        let (choice, origin) = FcbChoice::named(&name, context.desk_chip()?)?;
        let choice = context.fit_for_named_chip(choice)?;
        context.expect_part(choice.part_source());
        let named = Finding::new(&run::FCB).text("name", origin);
        context.report.tell(named);
        Ok(choice)
    }

    /// The flags, for commands to type; a kept FCB may be the fault, so its flag is not repeated.
    fn flags(&self) -> Vec<&'static str> {
        let flags = [
            (self.as_is, "--as-is"),
            (self.second_stage, "--second-stage"),
            (self.replace_boot, "--replace-boot"),
        ];
        let given = flags.into_iter().filter(|(given, _)| *given);
        given.map(|(_, flag)| flag).collect()
    }

    /// What a run with these options and pieces is about.
    pub fn about<'a>(&'a self, words: &'a [PathBuf]) -> About<'a> {
        About {
            apps: words,
            fcb: self.fcb.as_deref(),
            base: self.base,
            flags: self.flags(),
        }
    }
}

/// Which part the flash is, for verbs that make no FCB.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct PartArgs {
    /// Which part the flash is, when its id does not tell: a NOR part, or its .cfg. Also RTBOOT_FCB, and `fcb` in the settings
    #[arg(long, value_name = "PART|FILE|auto")]
    pub fcb: Option<String>,
}

impl PartArgs {
    /// From now on the flash is expected to be this part; commands to type repeat it.
    pub fn expect(&self, context: &mut Context) -> Result<()> {
        let Some(name) = &self.fcb else {
            return Ok(());
        };
        let about = About {
            fcb: Some(name),
            ..About::default()
        };
        context.report.is_about(&context.globals, &about);
        context.expect_part_named(name)
    }
}

/// Files and data as they are typed: FILE, or FILE@ADDRESS for data.
///
/// A file that exists under the whole word is that file. Else what follows the last `@` is an address, so that a name may hold
/// more of them.
pub fn parse(words: &[PathBuf]) -> Result<Pieces> {
    if let Some(address) = words.iter().find(|word| is_address(word)) {
        let file = words.iter().find(|word| !is_address(word));
        let file = file.map_or("FILE".to_owned(), |file| file.display().to_string());
        let address = address.display();
        return Err(Error::Usage(format!(
            "{address} is an address, not a file: --base {address} is that of a raw application, {file}@{address} puts data there"
        )));
    }
    let part = |word: &&PathBuf| {
        let known = word.to_str().and_then(rtboot_fcb::database::find);
        known.is_some() && !word.exists()
    };
    if let Some(part) = words.iter().find(part) {
        let part = part.display();
        return Err(Error::Usage(format!(
            "{part} is a NOR part, not a file: --fcb {part} names it"
        )));
    }
    let pieces: Result<Vec<Piece>> = words.iter().map(|word| piece(word)).collect();
    Ok(pieces?.into())
}

/// Whether a word is a number that begins as an address does, and no file.
fn is_address(word: &Path) -> bool {
    let text = word.to_str().unwrap_or_default();
    let hex = text.starts_with("0x") || text.starts_with("0X");
    hex && number::parse_u32(text).is_ok() && !word.exists()
}

fn piece(word: &Path) -> Result<Piece> {
    let split = word.to_str().and_then(|text| text.rsplit_once('@'));
    let Some((file, address)) = split.filter(|(file, _)| !file.is_empty() && !word.exists()) else {
        return Ok(Piece::firmware(word));
    };
    match number::parse_address(address) {
        Ok(address) => Ok(Piece::data(file, address)),
        Err(reason) if Path::new(file).exists() => {
            Err(Error::Usage(format!("{}: {reason}", word.display())))
        }
        Err(_) => Ok(Piece::firmware(word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(word: &str) -> (String, Option<u32>) {
        let piece = piece(Path::new(word)).expect("a piece");
        (piece.path().display().to_string(), piece.at)
    }

    #[test]
    fn address_is_what_follows_the_last_at_sign() {
        assert_eq!(parsed("app.elf"), ("app.elf".into(), None));
        let data = parsed(r"C:\fs.bin@0x60400000");
        assert_eq!(data, (r"C:\fs.bin".into(), Some(0x6040_0000)));
        assert_eq!(parsed("a@b.bin@4K"), ("a@b.bin".into(), Some(0x1000)));
        assert_eq!(parsed("a@b.bin"), ("a@b.bin".into(), None));
        assert_eq!(parsed("@0x60400000"), ("@0x60400000".into(), None));
    }

    #[test]
    fn address_in_the_place_of_a_file_is_told() {
        for words in [["app.bin", "0x60002000"], ["0x60002000", "app.bin"]] {
            let error = parse(&words.map(PathBuf::from)).expect_err("no file");
            let text = error.to_string();
            for word in ["--base 0x60002000", "app.bin@0x60002000"] {
                assert!(text.contains(word), "{text}");
            }
        }
    }

    #[test]
    fn part_in_the_place_of_a_file_is_told() {
        let error = parse(&["IS25LP064A".into(), "app.elf".into()]).expect_err("no file");
        assert!(error.to_string().contains("--fcb IS25LP064A"), "{error}");
    }

    #[test]
    fn file_of_the_whole_name_wins() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let whole = path("fs.bin@0x60400000");
        std::fs::write(&whole, "x").expect("written");
        assert_eq!(parsed(&whole), (whole, None));
        std::fs::write(path("fs.bin"), "x").expect("written");
        let other = parsed(&path("fs.bin@0x60500000"));
        assert_eq!(other, (path("fs.bin"), Some(0x6050_0000)));
        // an address that is none beside a file that exists is a slip
        let slip = path("fs.bin@60400000");
        assert!(piece(Path::new(&slip)).is_err());
    }
}
