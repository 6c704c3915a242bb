//! `fcb build`: an FCB from any source into any form.

use std::path::{Path, PathBuf};

use rtboot::chip::Chip;
use rtboot::finding::Finding;
use rtboot::finding::catalogue::run::FCB_NOTE;
use rtboot::outcome::{FcbBuild, Outcome};
use rtboot::{Error, Result};
use rtboot_fcb::check::check;
use rtboot_fcb::{Part, PartFile, Severity, text};

use crate::cli::Context;
use crate::cli::fcb_source::{self as source, Probe, Source};
use crate::cli::output::{unwritable, write_stdout, write_whole};

/// Build an FCB, and write it as 512 bytes, .cfg, SPSDK's YAML, C or Rust
///
/// The file's ending decides the form: .cfg or .toml, .yaml or .yml, .c or .h, .rs; anything else is 512 bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A part, or a file with an FCB: .cfg, 512 bytes, SPSDK's YAML, C, Rust or assembler array, image, ELF, HEX; option
    /// words; `board`
    #[arg(value_name = "SOURCE")]
    source: String,
    /// Where to write it; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The form, whatever the file's ending says
    #[arg(long = "as", value_name = "FORM")]
    form: Option<Form>,
    /// For a .cfg: the part whose facts (id, quad enable, times) go with the block
    #[arg(long, value_name = "PART|FILE")]
    part: Option<String>,
    #[command(flatten)]
    probe: Probe,
}

const EXAMPLES: &str = "\
Examples:
  rtboot fcb build IS25LP064A -o fcb.bin
  rtboot fcb build fcb.bin -o flexspi_nor_config.c
  rtboot fcb build backup.bin --part W25Q64JV -o mine.cfg
  rtboot fcb build 0xC0000007 --sfdp sfdp.bin -o fcb.yaml";

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// 512 bytes
    Bin,
    /// rtboot's own text
    Cfg,
    /// SPSDK's text
    Yaml,
    /// An array for an SDK project
    C,
    /// A static for a firmware in Rust
    Rust,
}

impl Form {
    fn of(path: &Path) -> Form {
        let ending = path
            .extension()
            .map(|end| end.to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            Some("cfg" | "toml") => Form::Cfg,
            Some("yaml" | "yml") => Form::Yaml,
            Some("c" | "h") => Form::C,
            Some("rs") => Form::Rust,
            _ => Form::Bin,
        }
    }
}

pub fn run(args: &Args, context: &mut Context) -> Result<()> {
    let to_stdout = args.output == Path::new("-");
    let form = args.form.unwrap_or_else(|| Form::of(&args.output));
    if to_stdout && context.report.is_json() {
        return Err(Error::Usage(
            "stdout cannot take both the block and --json; name a file".into(),
        ));
    }
    let source = source::load(&args.source, &args.probe, context)?;
    let chip = source.chip;
    let content = content(&source, form, args, chip)?;
    for note in &source.notes {
        context
            .report
            .tell(Finding::new(&FCB_NOTE).text("text", note));
    }
    for finding in check(&source.fcb, source.part(), chip) {
        if finding.severity >= Severity::Warning {
            context.report.finding(&finding);
        }
    }
    if to_stdout {
        return write_stdout(&content).map_err(unwritable(&args.output));
    }
    write_whole(&args.output, &content).map_err(unwritable(&args.output))?;
    context.report.found(Outcome::FcbBuild(FcbBuild {
        file: args.output.display().to_string(),
        from: source.from.clone(),
        bytes: content.len(),
    }));
    context.report.line(format!(
        "{}: {} bytes, from {}",
        args.output.display(),
        content.len(),
        source.from
    ));
    Ok(())
}

fn content(source: &Source, form: Form, args: &Args, chip: &Chip) -> Result<Vec<u8>> {
    Ok(match form {
        Form::Bin => source.fcb.to_bytes().to_vec(),
        Form::Yaml => text::to_yaml(&source.fcb, chip.tools.spsdk).into_bytes(),
        Form::C => text::to_c(&source.fcb).into_bytes(),
        Form::Rust => text::to_rust(&source.fcb).into_bytes(),
        Form::Cfg => cfg(source, args, chip)?.into_bytes(),
    })
}

/// The text of a `.cfg`: the source's own text when it is a `.cfg`, else made from the block and the part's facts.
fn cfg(source: &Source, args: &Args, chip: &Chip) -> Result<String> {
    if let (Some(text), None) = (&source.text, &args.part) {
        return Ok(text.clone());
    }
    let part = match (&args.part, source.part()) {
        (Some(name), _) => source::part(name, chip)?.with_fcb(&source.fcb),
        (None, Some(part)) => part.clone(),
        (None, None) => Part::of_fcb("MY-FLASH", &source.fcb),
    };
    Ok(PartFile { parts: vec![part] }.to_cfg())
}
