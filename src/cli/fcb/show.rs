//! `fcb show`: a part or an FCB, field by field.

use rtboot::chip::Chip;
use rtboot::flash::identify;
use rtboot::outcome::{self, FcbFields, FcbShow, FcbWords, Field, Outcome};
use rtboot::{Error, Result};
use rtboot_fcb::{ChipName, FieldValue, OptionWords, Part, Span, lut};

use crate::cli::Context;
use crate::cli::fcb_source::{self as source, Probe};

/// Show a part and its FCB: every field in words, every sequence as the data sheet writes it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A part, or a file with an FCB: .cfg, 512 bytes, SPSDK's YAML, C, Rust or assembler array, image, ELF, HEX; `board`;
    /// option words, which are explained where no --sfdp makes an FCB of them
    #[arg(value_name = "SOURCE")]
    source: String,
    /// Print the part as the text of a .cfg file, as a start for one of your own
    #[arg(long)]
    cfg: bool,
    #[command(flatten)]
    probe: Probe,
}

pub fn run(args: &Args, context: &mut Context) -> Result<()> {
    if let Some(words) = source::words_alone(&args.source, &args.probe)?
        && !args.cfg
    {
        let chip = context.desk_chip()?;
        return explain(words, chip, context);
    }
    let shown = source::load(&args.source, &args.probe, context)?;
    if args.cfg {
        let (Some(parts), text) = (&shown.parts, &shown.text) else {
            return Err(Error::Usage(format!(
                "{} brings an FCB, not the facts of a part that a .cfg is made of",
                args.source
            )));
        };
        let text = text.clone().unwrap_or_else(|| parts.to_cfg());
        context.report.line(text.trim_end());
        let found = FcbShow::Text { cfg: text };
        context.report.found(Outcome::FcbShow(found));
        return Ok(());
    }
    let chip = shown.chip;
    let fields = shown.fcb.fields_on(chip);
    let part = shown.part().map(|part| part.on(chip));
    let found = FcbFields {
        from: shown.from.clone(),
        part: part.as_ref().map(|part| outcome::Part::new("", part)),
        fields: fields.iter().map(Field::from).collect(),
    };
    context
        .report
        .found(Outcome::FcbShow(FcbShow::Fields(found)));
    context.report.line(format!("from: {}", shown.from));
    if let Some(part) = &part {
        show_part(context, part);
        let others = shown
            .parts
            .iter()
            .flat_map(|file| file.parts.iter().skip(1));
        let family: Vec<&str> = others.map(|part| part.name.as_str()).collect();
        if !family.is_empty() {
            context
                .report
                .line(format!("family        {}", family.join(", ")));
        }
    }
    for note in &shown.notes {
        context.report.line(format!("note          {note}"));
    }
    show_fields(context, &fields);
    Ok(())
}

/// What option words say to the chip's flashloader.
fn explain(words: OptionWords, chip: &Chip, context: &mut Context) -> Result<()> {
    words
        .check()
        .map_err(|error| Error::Usage(error.to_string()))?;
    let lines = words.explain(chip);
    context
        .report
        .line(format!("option words {words}, {}", chip.name));
    for line in &lines {
        context.report.line(line);
    }
    let found = FcbWords {
        option_words: words.to_string(),
        chip: chip.name.to_owned(),
        says: lines,
    };
    context
        .report
        .found(Outcome::FcbShow(FcbShow::Words(found)));
    Ok(())
}

fn show_part(context: &mut Context, part: &Part) {
    let mut lines = vec![
        format!("part          {} ({})", part.name, part.vendor),
        format!("id            {}", super::list::id(part)),
        format!(
            "geometry      {}, page {}, sector {}, block {}",
            identify::bytes(u64::from(part.size)),
            identify::bytes(u64::from(part.page_size)),
            identify::bytes(u64::from(part.sector_size)),
            identify::bytes(u64::from(part.block_size)),
        ),
        format!("quad enable   {}", part.qe),
        format!(
            "protection    bits {:#04x} of status register 1 ({}), lock bit {:#04x}",
            part.protection.mask, part.protection.scheme, part.protection.lock
        ),
        format!(
            "read          {}",
            part.boot_fcb().sequence(lut::index::READ)
        ),
        format!("clock         {}", clock(part)),
    ];
    let times = [
        ("sector erase", part.times.sector_erase),
        ("block erase", part.times.block_erase),
        ("chip erase", part.times.chip_erase),
        ("page program", part.times.page_program),
    ];
    lines.extend(times.iter().filter_map(|(what, time)| {
        time.map(|Span { typical, max }| format!("{what:14}{typical:?}, at most {max:?}"))
    }));
    if let Some(words) = part.option_words {
        lines.push(format!("option words  {words}"));
    }
    if !part.chips.is_empty() {
        let chips: Vec<&str> = part.chips.iter().map(ChipName::as_str).collect();
        lines.push(format!("chips         {}", chips.join(", ")));
    }
    lines.push(format!("evidence      {}", part.evidence));
    lines.push(format!("source        {}", part.source));
    lines.extend(
        part.note
            .as_ref()
            .map(|note| format!("note          {note}")),
    );
    for line in lines {
        context.report.line(line);
    }
}

fn clock(part: &Part) -> String {
    match part.max_mhz {
        Some(max) => format!("{}, the part's limit here is {max} MHz", part.clock),
        None => part.clock.to_string(),
    }
}

fn show_fields(context: &mut Context, fields: &[FieldValue]) {
    context.report.line("");
    let name = fields.iter().map(|f| f.name.len()).max().unwrap_or(0);
    let short = |value: &str| value.len() <= 24;
    let value = fields
        .iter()
        .map(|f| f.value.len())
        .filter(|&len| len <= 24)
        .max()
        .unwrap_or(0);
    for field in fields {
        let text = match short(&field.value) {
            true => format!("{:value$}  {}", field.value, field.meaning),
            false if field.values.iter().all(|value| *value == 0) => "none".to_owned(),
            // a LUT sequence: its meaning first, the raw words behind it
            false => format!("{}  [{}]", field.meaning, field.value),
        };
        let line = format!("{:#05x}  {:name$}  {text}", field.offset, field.name);
        context.report.line(line.trim_end());
    }
}
