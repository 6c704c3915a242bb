//! `image build`: a boot image around an application.

use std::path::{Path, PathBuf};

use rtboot::chip::Chip;
use rtboot::file::{self, Limit};
use rtboot::flash::parts_for;
use rtboot::outcome::{self, ImageBuild, Outcome};
use rtboot::{Error, Result};
use rtboot_bootable::{BootDevice, BootImage, BuildOptions, Conditions, Dcd, Form, Verdict};
use rtboot_fcb::text::bytes_from_array;
use rtboot_fcb::{Fcb, Part};
use rtboot_finding::catalogue::fcb::FCB_MISSING;
use rtboot_finding::{Finding, Severity};

use crate::cli::fcb_source::{self as source, Source};
use crate::cli::output::{self, Ending, Shape, bad};
use crate::cli::{Context, number};

/// Build a boot image: FCB, IVT and boot data around an application for flash or RAM
///
/// An application linked to flash runs there; the ROM copies one that is linked to ITCM, DTCM, OCRAM or (with --dcd)
/// SDRAM. The file's ending decides the output format: .hex or .ihex, .srec, .s19, .s28, .s37 or .mot, .uf2; anything
/// else is raw.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The application: ELF, Intel HEX, S-record, UF2 or raw
    app: PathBuf,
    /// Where to write the image; `-` is stdout, raw
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The FCB: a part, or a file with it, as `write` takes it (also RTBOOT_FCB)
    #[arg(long, value_name = "PART|FILE")]
    fcb: Option<String>,
    /// Keep the image's own FCB; without this, an FCB that you name replaces it
    #[arg(long)]
    keep_fcb: bool,
    /// DCD: register writes before the start, for example to set up SDRAM. Binary, or the array in the SDK's dcd.c
    #[arg(long, value_name = "FILE")]
    dcd: Option<PathBuf>,
    /// Entry address for the IVT instead of the reset handler; SDK images give their vector table
    #[arg(long, value_name = "ADDRESS", value_parser = number::parse_u32)]
    entry: Option<u32>,
    /// Address of the first byte of a raw file; without it the one that its vector table implies
    #[arg(long, alias = "address", value_name = "ADDRESS", value_parser = number::parse_address)]
    base: Option<u32>,
    /// Begin with the IVT, without FCB and padding; the file then belongs at 0x60001000
    #[arg(long)]
    no_padding: bool,
    /// For an SD card or eMMC instead of flash: no FCB; the file begins with the IVT and belongs at byte 0x400 of the
    /// card (`dd seek=2`)
    #[arg(long, conflicts_with = "fcb")]
    sd: bool,
    /// Byte for the gaps of a raw or UF2 file [default: 0xff]
    #[arg(long, value_name = "BYTE", value_parser = number::parse_u8)]
    fill: Option<u8>,
}

const EXAMPLES: &str = "\
Examples:
  rtboot image build app.elf --fcb IS25LP064A -o image.bin
  rtboot image build app.bin --fcb issi.cfg -o image.hex
  rtboot image build sdram.elf --dcd dcd.bin --fcb IS25LP064A -o image.bin
  rtboot image build ram_app.elf --sd -o card.bin
  rtboot image build app.elf --no-padding --fill 0 -o ivt_app.bin";

pub fn run(args: &Args, context: &mut Context) -> Result<()> {
    output::try_image_out(&args.output, &context.report)?;
    let chip = context.desk_chip()?;
    let device = match args.sd {
        true => BootDevice::SdCard,
        false => BootDevice::SerialNor,
    };
    let map = chip.map.for_device(device);
    let firmware = rtboot::Source::from(args.app.as_path()).firmware(args.base, chip)?;
    // what the environment says of all images is no word about this one
    let usual = std::env::var("RTBOOT_FCB").ok();
    let usual = usual.filter(|name| !args.sd && !name.eq_ignore_ascii_case("auto"));
    let fcb = args
        .fcb
        .as_ref()
        .or(usual.as_ref())
        .map(|name| source::load(name, &source::Probe::default(), context))
        .transpose()?;
    let (fcb, part) = match fcb {
        Some(source) => meant(source, chip)?,
        None => (None, None),
    };
    let dcd = args.dcd.as_deref().map(dcd).transpose()?;
    let options = BuildOptions {
        fcb: fcb.as_ref(),
        dcd: dcd.as_ref(),
        entry: args.entry,
    };
    let mut image = BootImage::build_with(&firmware, &options, &map)
        .map_err(|source| bad(&args.app, source))?;
    // the largest images need not stand in memory three times
    drop(firmware);
    if let (true, Some(fcb)) = (args.fcb.is_some() && !args.keep_fcb, &fcb) {
        let replaced = image.replace_fcb(fcb, &map);
        replaced.map_err(|source| bad(&args.app, source))?;
    }
    for note in &image.notes {
        context.report.tell(note.clone());
    }
    let conditions = match &part {
        Some(part) => Conditions::default().parts(std::slice::from_ref(part)),
        None => Conditions::default(),
    };
    let conditions = conditions.device(device);
    let verdict = Verdict::of(&image.memory, chip, &conditions);
    // a file from the IVT on is not meant to have an FCB
    let told = |finding: &Finding| !(args.no_padding && finding.is(&FCB_MISSING));
    let notable = |finding: &&Finding| finding.severity > Severity::Ok && told(finding);
    // no board is known here, so only report what is wrong with the image
    let of_image = |finding: &&Finding| {
        finding.severity > Severity::Note || verdict.inspection.findings.contains(finding)
    };
    for finding in verdict.findings.iter().filter(notable).filter(of_image) {
        context.report.finding(finding);
    }
    let (form, mut from) = match args.no_padding || args.sd {
        true => (Form::NoPadding, map.ivt_address()),
        false => (Form::Padded, map.flash_base),
    };
    let mut content = image.content(form, &map);
    if args.sd {
        // a card has no address on the bus: bytes count from its first
        content = content
            .moved(map.flash_base, 0)
            .map_err(|source| bad(&args.app, source))?;
        from = map.ivt_offset;
    }
    let shape = Shape {
        from,
        fill: args.fill.unwrap_or(0xFF),
        entry: Some(image.entry),
    };
    // a fill byte that is asked for goes into every format
    let content = match (args.fill, Ending::of(&args.output)) {
        (Some(fill), Ending::Hex | Ending::SRecord) => {
            rtboot_bootable::convert::fill(&content, fill, None)
                .map_err(|source| bad(&args.output, source))?
        }
        _ => content,
    };
    let len = output::write(&args.output, &content, shape)?;
    let written = super::written(context, &args.output, &content, len);
    context.report.found(Outcome::ImageBuild(ImageBuild {
        written,
        built: image.built,
        entry: image.entry,
        stack: image.stack,
        starts: verdict.starts.known(),
        reasons: outcome::findings(&verdict.reasons),
        notes: outcome::findings(&image.notes),
    }));
    Ok(())
}

/// The FCB of a source and its part; of a `.cfg` with parts for several chips, that of the first one for this chip.
fn meant(source: Source, chip: &Chip) -> Result<(Option<Fcb>, Option<Part>)> {
    let Some(file) = source.parts else {
        return Ok((Some(source.fcb), None));
    };
    let part = parts_for(&source.from, file, chip)?
        .parts
        .into_iter()
        .next();
    let fcb = part.as_ref().map_or(source.fcb, Part::boot_fcb);
    Ok((Some(fcb), part))
}

/// Bytes of a header and the shortest command.
const SHORTEST_DCD: usize = 8;

fn dcd(path: &Path) -> Result<Dcd> {
    let mut bytes = file::read(path, Limit::Text)?;
    let bad = |reason: String| Error::BadFile {
        path: path.to_owned(),
        reason,
    };
    let ending = path.extension().unwrap_or_default();
    if ["c", "h", "rs"]
        .iter()
        .any(|source| ending.eq_ignore_ascii_case(source))
    {
        let text = String::from_utf8_lossy(&bytes);
        bytes = bytes_from_array(&text, SHORTEST_DCD).map_err(|error| bad(error.to_string()))?;
    }
    Dcd::parse(&bytes).map_err(|error| bad(format!("this is no DCD: {error}")))
}
