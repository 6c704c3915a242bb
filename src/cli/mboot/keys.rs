//! Keys: blobs and provisioning.

use std::path::PathBuf;

use rtboot::board::LoaderSession;
use rtboot::consent::Act;
use rtboot::file::{self, Limit};
use rtboot::outcome::{Outcome, Provisioned};
use rtboot::{Error, Result, Step};

use super::session;
use crate::cli::guard;
use crate::cli::{Context, number, output};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    GenerateKeyBlob(GenerateKeyBlob),
    KeyProvisioning(KeyProvisioning),
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::GenerateKeyBlob(args) => args.run(context),
        Command::KeyProvisioning(args) => args.run(context),
    }
}

/// Have the chip wrap a data-encryption key with its own key
#[derive(Debug, clap::Args)]
pub struct GenerateKeyBlob {
    /// File with the key, 16, 24 or 32 bytes
    key: PathBuf,
    /// Where to put the blob
    blob: PathBuf,
    /// Which key wraps it: 0 OTPMK, 2 ZMK, 3 CMK
    #[arg(default_value = "0", value_parser = number::parse_u32)]
    key_select: u32,
    /// The confirmation in words
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
}

impl GenerateKeyBlob {
    fn run(self, context: &mut Context) -> Result<()> {
        let key = file::read(&self.key, Limit::Firmware)?;
        let length = blob_length(key.len())?;
        let act = Act::raw(
            "sending a key to the chip and having it wrapped by the chip's own key",
            format!(
                "wrap a key of {} bytes with key {}",
                key.len(),
                self.key_select
            ),
        );
        guard::ask(&act, &context.report, self.confirm.as_deref())?;
        let wrapped = session(context)?
            .generate_key_blob(&key, self.key_select, length)
            .map_err(Error::mboot(Step::MakeKeyBlob))?;
        let found = output::deliver(0, wrapped, Some(&self.blob))?;
        context.report.show(found, Outcome::MbootGenerateKeyBlob);
        Ok(())
    }
}

/// Key provisioning. Not on an RT1021
#[derive(Debug, clap::Args)]
pub struct KeyProvisioning {
    #[command(subcommand)]
    operation: Operation,
    /// The confirmation in words
    #[arg(long, global = true, value_name = "WORDS")]
    confirm: Option<String>,
}

impl KeyProvisioning {
    fn run(self, context: &mut Context) -> Result<()> {
        let operation = self.operation.name();
        let act = Act::raw(
            format!("key-provisioning {operation}, which can change the chip's keys for ever,"),
            format!("key-provisioning {operation}"),
        );
        guard::ask(&act, &context.report, self.confirm.as_deref())?;
        // files first: what can fail without a board fails without it
        let data = match &self.operation {
            Operation::SetUserKey { file, .. } | Operation::WriteKeyStore { file } => {
                file::read(file, Limit::Firmware)?
            }
            _ => Vec::new(),
        };
        let mut session = session(context)?;
        let read = perform(&mut session, &self.operation, &data)
            .map_err(Error::mboot(Step::KeyProvisioning(operation)))?;
        let read = match &self.operation {
            Operation::ReadKeyStore { file } => Some(output::deliver(0, read, Some(file))?),
            _ => None,
        };
        let operation = operation.to_owned();
        let found = Provisioned { operation, read };
        context.report.show(found, Outcome::MbootKeyProvisioning);
        Ok(())
    }
}

/// What to provision.
#[derive(Debug, clap::Subcommand)]
#[command(rename_all = "snake_case")]
pub enum Operation {
    /// Enroll: make the chip's own start-up code
    Enroll,
    /// Set a key of the user
    SetUserKey {
        /// Kind of key
        #[arg(value_parser = number::parse_u32)]
        kind: u32,
        /// File with the key
        file: PathBuf,
    },
    /// Have the chip make an intrinsic key
    SetKey {
        /// Kind of key
        #[arg(value_parser = number::parse_u32)]
        kind: u32,
        /// Bytes
        #[arg(value_parser = number::parse_u32)]
        size: u32,
    },
    /// Write the key to a non-volatile memory
    WriteKeyNonvolatile {
        /// Memory id
        #[arg(default_value = "0", value_parser = number::parse_u32)]
        memory: u32,
    },
    /// Load the key from a non-volatile memory
    ReadKeyNonvolatile {
        /// Memory id
        #[arg(default_value = "0", value_parser = number::parse_u32)]
        memory: u32,
    },
    /// Send a key store
    WriteKeyStore {
        /// File with the key store
        file: PathBuf,
    },
    /// Fetch the key store
    ReadKeyStore {
        /// Where to put it
        file: PathBuf,
    },
}

impl Operation {
    /// Its name at blhost.
    fn name(&self) -> &'static str {
        match self {
            Operation::Enroll => "enroll",
            Operation::SetUserKey { .. } => "set_user_key",
            Operation::SetKey { .. } => "set_key",
            Operation::WriteKeyNonvolatile { .. } => "write_key_nonvolatile",
            Operation::ReadKeyNonvolatile { .. } => "read_key_nonvolatile",
            Operation::WriteKeyStore { .. } => "write_key_store",
            Operation::ReadKeyStore { .. } => "read_key_store",
        }
    }
}

fn perform(
    session: &mut LoaderSession,
    operation: &Operation,
    data: &[u8],
) -> std::result::Result<Vec<u8>, rtboot::mboot::Error> {
    match *operation {
        Operation::Enroll => session.key_provisioning(0, 0, 0),
        Operation::SetUserKey { kind, .. } => session.key_provisioning_write(1, kind, data),
        Operation::SetKey { kind, size } => session.key_provisioning(2, kind, size),
        Operation::WriteKeyNonvolatile { memory } => session.key_provisioning(3, memory, 0),
        Operation::ReadKeyNonvolatile { memory } => session.key_provisioning(4, memory, 0),
        Operation::WriteKeyStore { .. } => session.key_provisioning_write(5, 0, data),
        Operation::ReadKeyStore { .. } => return session.key_provisioning_read(),
    }
    .map(|()| Vec::new())
}

/// A blob is its key and 56 bytes of header, wrapping key and tag.
fn blob_length(key: usize) -> Result<u32> {
    match key {
        16 | 24 | 32 => Ok(key as u32 + 56),
        other => Err(Error::Usage(format!(
            "a data-encryption key has 16, 24 or 32 bytes, this file {other}"
        ))),
    }
}
