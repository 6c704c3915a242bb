//! `line pack` and `line show`: sealed jobs.

use std::path::PathBuf;

use rtboot::line::Product;
use rtboot::outcome::{LineJob, LineJobPool, LinePack, LinePlace, Outcome};
use rtboot::{Error, Result};

use super::StationArgs;
use super::setup::secret_key;
use crate::cli::Context;
use crate::cli::output;

/// Seal a job: a firmware file, its FCB, and what is each unit's own, in one signed file
#[derive(Debug, clap::Args)]
pub struct PackArgs {
    /// The job, as docs/job-format.md describes it; the files that it names lie beside it
    job: PathBuf,
    /// Where the sealed job goes
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The secret key, from `line keygen`
    #[arg(long, value_name = "FILE", env = "RTBOOT_SEAL_KEY")]
    key: PathBuf,
}

pub fn pack(args: &PackArgs, context: &mut Context) -> Result<()> {
    output::try_out(&args.output, &context.report)?;
    let key = secret_key(&args.key)?;
    let (bytes, product) = Product::pack(&args.job, &key)?;
    output::write_whole(&args.output, &bytes).map_err(output::unwritable(&args.output))?;
    let job = described(&product, None)?;
    print(&job, context);
    let file = args.output.display().to_string();
    context
        .report
        .line(format!("sealed in {file}, {} bytes", bytes.len()));
    context.report.found(Outcome::LinePack(LinePack {
        file,
        length: bytes.len() as u64,
        job,
    }));
    Ok(())
}

/// Show what a sealed job does to a unit, address by address
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The sealed job
    job: PathBuf,
    #[command(flatten)]
    station: StationArgs,
}

pub fn show(args: &ShowArgs, context: &mut Context) -> Result<()> {
    let product = Product::open(&args.job, &[])?;
    let station = args.station.if_there()?;
    let trusted = station.map(|station| station.trusted().contains(&product.sealed().key));
    let job = described(&product, trusted)?;
    print(&job, context);
    context.report.found(Outcome::LineShow(job));
    Ok(())
}

fn described(product: &Product, trusted: Option<bool>) -> Result<LineJob> {
    let (sealed, job) = (product.sealed(), product.job());
    let text = |last| -> Result<_> {
        let numbers = job.example_numbers(&sealed.members, last);
        numbers.map_err(|error| Error::Usage(error.to_string()))
    };
    let (first, last) = (text(false)?, text(true)?);
    let pools = job.pools.iter().map(|pool| {
        let secret = job.has_secrets_in(pool.name());
        let given = product.command_of(pool.name()).is_some() || secret;
        let of =
            |numbers: &std::collections::BTreeMap<String, rtboot::line::sealed::UnitNumber>| {
                let number = numbers.get(pool.name()).filter(|_| !given);
                number.map(|number| number.text.clone())
            };
        LineJobPool {
            name: pool.name().to_owned(),
            secret,
            first: of(&first),
            last: of(&last),
        }
    });
    Ok(LineJob {
        name: job.name.clone(),
        id: sealed.id.clone(),
        key: sealed.key.to_string(),
        trusted,
        chip: product.chip().name.to_owned(),
        parts: job.parts.clone(),
        image: job.image.clone(),
        image_sha256: product.image_sha256().to_owned(),
        fcb: job.fcb.clone(),
        loader: job.loader.clone(),
        units: job.units,
        pools: pools.collect(),
        places: places(product)?,
        hooks: job.hooks.clone(),
    })
}

/// What a unit gets, by address: the image's pieces, headers that are made, and its own bytes.
fn places(product: &Product) -> Result<Vec<LinePlace>> {
    let place = |(address, bytes): (u32, &[u8]), what: &str| LinePlace {
        address,
        length: bytes.len() as u32,
        what: what.to_owned(),
        example: None,
    };
    let image = product.write().pieces();
    let mut places: Vec<LinePlace> = Vec::new();
    let bare = image.without_headers();
    let mut headers = image.memory().clone();
    for (address, bytes) in bare.segments() {
        headers.remove(address, bytes.len());
        places.push(place((address, bytes), &product.job().image));
    }
    places.extend(headers.segments().map(|it| place(it, "boot headers")));
    for (address, bytes, what) in product.example()? {
        places.push(LinePlace {
            address,
            length: bytes.len() as u32,
            what,
            example: Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        });
    }
    places.sort_by_key(|place| place.address);
    Ok(places)
}

/// Bytes of an example that a line shows.
const SHOWN: usize = 24;

fn print(job: &LineJob, context: &mut Context) {
    let report = &mut context.report;
    report.line(format!("{} for the {}", job.name, job.chip));
    report.line(format!("id      {}", job.id));
    let trusted = match job.trusted {
        Some(true) => " (trusted by this station)",
        Some(false) => " (NOT trusted by this station)",
        None => "",
    };
    report.line(format!("key     {}{trusted}", job.key));
    report.line(format!(
        "image   {}, SHA-256 {}",
        job.image, job.image_sha256
    ));
    report.line(format!("fcb     {}", job.fcb));
    if let Some(loader) = &job.loader {
        report.line(format!("loader  {loader}"));
    }
    if !job.parts.is_empty() {
        report.line(format!("parts   {}", job.parts.join(", ")));
    }
    if let Some(units) = job.units {
        report.line(format!("limit   {units} units"));
    }
    for pool in &job.pools {
        let range = match (&pool.first, &pool.last) {
            (Some(first), Some(last)) => format!("{first} to {last}"),
            _ if pool.secret => "secrets".to_owned(),
            _ => "from a command of the station".to_owned(),
        };
        report.line(format!("pool    {}: {range}", pool.name));
    }
    for place in &job.places {
        let end = u64::from(place.address) + u64::from(place.length);
        let example = place.example.as_ref().map(|hex| {
            let short: String = hex.chars().take(2 * SHOWN).collect();
            let more = if short.len() < hex.len() { "…" } else { "" };
            format!(", for example {short}{more}")
        });
        report.line(format!(
            "  {:#010x}..{end:#010x}  {}{}",
            place.address,
            place.what,
            example.unwrap_or_default()
        ));
    }
    if !job.hooks.is_empty() {
        report.line(format!("hooks   {}", job.hooks.join(", ")));
    }
}
