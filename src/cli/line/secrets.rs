//! `line secrets`: what opens the secrets of units, and lists of them.

use std::path::PathBuf;

use rtboot::line::sealed::{Recipient, seal_column};
use rtboot::outcome::{LineSecretsEncrypt, LineSecretsInit, Outcome};
use rtboot::{Error, Result};

use super::StationArgs;
use crate::cli::{Context, output};

#[derive(Debug, clap::Subcommand)]
pub enum SecretsCommand {
    /// Make this station's identity, which opens the secrets of units, and print whom to encrypt them for
    Init {
        #[command(flatten)]
        station: StationArgs,
    },
    /// Encrypt a column of a CSV file for stations: a secret of each unit
    ///
    /// Do it where the secrets are made, and take the encrypted file into the job. What is encrypted is in the format of
    /// age, so that `age` can make and open it, too.
    Encrypt(EncryptArgs),
}

#[derive(Debug, clap::Args)]
pub struct EncryptArgs {
    /// The CSV file, with headings
    list: PathBuf,
    /// The column's heading
    #[arg(long, value_name = "HEADING")]
    column: String,
    /// A station that is to open them: age1…, from `line secrets init`. Several may
    #[arg(long, value_name = "RECIPIENT", required = true)]
    to: Vec<String>,
    /// Where the encrypted file goes
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

pub fn run(command: SecretsCommand, context: &mut Context) -> Result<()> {
    match command {
        SecretsCommand::Init { station } => {
            let mut station = station.open()?;
            let recipient = station.make_identity()?.to_string();
            let file = station.identity_file().display().to_string();
            let report = &mut context.report;
            report.line(&recipient);
            report.detail(format!(
                "the identity is in {file}: without it nobody opens what is encrypted for it; copy it to no other place but a safe"
            ));
            report.found(Outcome::LineSecretsInit(LineSecretsInit {
                file,
                recipient,
            }));
            Ok(())
        }
        SecretsCommand::Encrypt(args) => encrypt(&args, context),
    }
}

fn encrypt(args: &EncryptArgs, context: &mut Context) -> Result<()> {
    let to = args.to.iter().map(|text| text.parse::<Recipient>());
    let to: Vec<Recipient> = to
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| Error::Usage(error.to_string()))?;
    output::try_out(&args.output, &context.report)?;
    let plain = zeroize::Zeroizing::new(rtboot::file::read(
        &args.list,
        rtboot::file::Limit::SealedJob,
    )?);
    let sealed = seal_column(&plain, &args.column, &to);
    let (sealed, rows) = sealed.map_err(|error| Error::BadFile {
        path: args.list.clone(),
        reason: error.to_string(),
    })?;
    output::write_whole(&args.output, &sealed).map_err(output::unwritable(&args.output))?;
    let file = args.output.display().to_string();
    let report = &mut context.report;
    report.line(format!("{rows} secrets encrypted in {file}"));
    report.found(Outcome::LineSecretsEncrypt(LineSecretsEncrypt {
        file,
        secrets: rows as u64,
    }));
    Ok(())
}
