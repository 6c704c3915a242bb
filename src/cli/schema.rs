//! Verb `schema`: the schema of what `--json` prints.

use rtboot::outcome::{self, Outcome, Schema};
use rtboot::{Error, Result};

use super::Context;

/// Print the JSON Schema of what `--json` prints
///
/// Every line that a command prints with --json is valid against it.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_args: Args, context: &mut Context) -> Result<()> {
    let document = outcome::schema();
    let text = serde_json::to_string_pretty(&document);
    let text = text.map_err(|error| Error::WriteFile {
        path: "stdout".into(),
        source: error.into(),
    })?;
    context.report.line(text);
    context.report.found(Outcome::Schema(Schema { document }));
    Ok(())
}
