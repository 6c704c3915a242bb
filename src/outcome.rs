//! What `rtboot --json` prints: every line is a [`Line`], typed and with a schema.
//!
//! A program reads stdout line by line. While a command runs, lines with `"event"` `plan`, `begin`, `progress`, `end`, `finding`,
//! `slot` and `serving` come; the last line is a `result` or an `error`. Every line carries the number of this format in `"schema"`
//! ([`FORMAT`]), so that each can be understood alone. A `result` names its command in `"command"`, and its other fields
//! belong to that command; an `error` has the same object in `"found"`, as far as it was known before the failure.
//!
//! Addresses, lengths and device codes are integers. A field that is not known is `null`; a field that makes no sense for
//! this run is left out. New fields may appear at any time; a field that changes its meaning or goes away changes
//! [`FORMAT`].
//!
//! The schema (JSON Schema 2020-12) is generated from these types: `docs/outcome.schema.json`, also printed by
//! `rtboot schema`.

mod board;
mod doctor;
mod failure;
mod fcb;
mod finding;
mod flash;
mod image;
mod line;
mod raw;
mod tools;

use serde::Serialize;

pub use crate::event::Known;
use crate::event::Stage;

pub use board::*;
pub use doctor::*;
pub use failure::*;
pub use fcb::*;
pub use finding::*;
pub use flash::*;
pub use image::*;
pub use line::*;
pub use raw::*;
pub use tools::*;

/// Number of this format: goes up when a field changes its meaning or goes away.
pub const FORMAT: u32 = 1;

/// One line of `--json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Line {
    /// Number of this format.
    pub schema: u32,
    /// Exit code of the process, in the line of a `result`; an `error` has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<u8>,
    /// The board, in a `result` or `error` of a run that had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Known>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

impl Line {
    /// A line of the present format.
    pub fn new(event: impl Into<Event>) -> Line {
        Line {
            schema: FORMAT,
            exit: None,
            target: None,
            event: event.into(),
        }
    }
}

/// What a line tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
#[allow(clippy::large_enum_variant)] // printed at once, never kept
pub enum Event {
    /// A stage begins.
    Begin(Begin),
    /// Part of a stage is done.
    Progress(Progress),
    /// A stage is over.
    End(Progress),
    /// What a write is about to do.
    Plan(WritePlan),
    /// Something was found that a person or program should know, although the run goes on.
    Finding(Finding),
    /// A virtual board can be reached by other programs from now on.
    Serving(Serving),
    /// What goes on in a slot of a production line has changed.
    Slot(SlotEvent),
    /// The run did what it should. The last line.
    Result(Outcome),
    /// The run failed. The last line.
    Error(Box<Failure>),
}

impl From<Outcome> for Event {
    fn from(outcome: Outcome) -> Event {
        Event::Result(outcome)
    }
}

impl From<Finding> for Event {
    fn from(finding: Finding) -> Event {
        Event::Finding(finding)
    }
}

impl From<Failure> for Event {
    fn from(failure: Failure) -> Event {
        Event::Error(Box::new(failure))
    }
}

/// A stage that begins.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Begin {
    /// Which stage.
    pub stage: Stage,
    /// Bytes to go through.
    pub total: u64,
}

/// How far a stage has come.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Progress {
    /// Which stage.
    pub stage: Stage,
    /// Bytes done since it began.
    pub done: u64,
    /// Bytes to go through.
    pub total: u64,
}

/// Declares the result of every command: `Variant "its command" (its type)`.
macro_rules! outcomes {
    ($($variant:ident $command:literal ($type:ty);)*) => {
        /// The result of a command.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
        #[serde(tag = "command")]
        #[non_exhaustive]
        #[allow(clippy::large_enum_variant)] // a run has one
        pub enum Outcome {
            $(
                #[doc = concat!("`rtboot ", $command, "`")]
                #[serde(rename = $command)]
                $variant($type),
            )*
        }

        impl Outcome {
            /// The command that ends with it.
            pub fn command(&self) -> &'static str {
                match self {
                    $(Outcome::$variant(_) => $command,)*
                }
            }

            /// Every command that has a result.
            pub const COMMANDS: &'static [&'static str] = &[$($command),*];
        }
    };
}

outcomes! {
    List "list" (List);
    Info "info" (Info);
    Doctor "doctor" (Doctor);
    Write "write" (Write);
    Read "read" (ReadDone);
    Backup "backup" (Backup);
    Restore "restore" (Write);
    Verify "verify" (Verify);
    Erase "erase" (Erase);
    BlankCheck "blank-check" (BlankCheck);
    Unprotect "unprotect" (Unprotect);
    Run "run" (Run);
    Reset "reset" (Reset);
    FcbList "fcb list" (FcbList);
    FcbShow "fcb show" (FcbShow);
    FcbBuild "fcb build" (FcbBuild);
    FcbCheck "fcb check" (FcbCheck);
    FcbDiff "fcb diff" (FcbDiff);
    FcbProbe "fcb probe" (FcbProbe);
    ImageBuild "image build" (ImageBuild);
    ImageShow "image show" (Box<ImageShow>);
    ImageCheck "image check" (ImageCheck);
    ImageConvert "image convert" (ImageConvert);
    LineInit "line init" (LineInit);
    LineKeygen "line keygen" (LineKeygen);
    LinePack "line pack" (LinePack);
    LineShow "line show" (LineJob);
    LineSlotsList "line slots list" (LineSlots);
    LineSlotsAdd "line slots add" (LineSlots);
    LineSlotsLearn "line slots learn" (LineSlots);
    LineSecretsInit "line secrets init" (LineSecretsInit);
    LineSecretsEncrypt "line secrets encrypt" (LineSecretsEncrypt);
    LineRun "line run" (LineRun);
    LineRehearse "line rehearse" (LineRehearse);
    LineUnits "line units" (LineUnits);
    LinePools "line pools" (LinePools);
    LineVoid "line void" (LineVoid);
    LineAudit "line audit" (LineAudit);
    LineExport "line export" (LineExport);
    LineReport "line report" (LineReport);
    LoaderList "loader list" (LoaderList);
    LoaderShow "loader show" (LoaderShow);
    FlashloaderAdd "flashloader add" (FlashloaderFile);
    FlashloaderUse "flashloader use" (Remembered);
    FlashloaderRemove "flashloader remove" (Remembered);
    FlashloaderList "flashloader list" (FlashloaderList);
    FlashloaderShow "flashloader show" (FlashloaderFile);
    SdpErrorStatus "sdp error-status" (ErrorStatus);
    SdpReadRegister "sdp read-register" (RegistersRead);
    SdpWriteRegister "sdp write-register" (RegisterWritten);
    SdpWriteFile "sdp write-file" (Sent);
    SdpDcdFile "sdp dcd-file" (DcdCarriedOut);
    SdpJumpAddress "sdp jump-address" (Jumped);
    SdpSkipDcdHeader "sdp skip-dcd-header" (DcdSkipped);
    SdpSetBaudrate "sdp set-baudrate" (BaudSet);
    MbootGetProperty "mboot get-property" (PropertiesRead);
    MbootSetProperty "mboot set-property" (PropertySet);
    MbootListMemory "mboot list-memory" (Memories);
    MbootReadMemory "mboot read-memory" (BytesRead);
    MbootWriteMemory "mboot write-memory" (Sent);
    MbootFillMemory "mboot fill-memory" (Filled);
    MbootConfigureMemory "mboot configure-memory" (Configured);
    MbootFlashEraseRegion "mboot flash-erase-region" (RegionErased);
    MbootFlashEraseAll "mboot flash-erase-all" (MemoryErased);
    MbootFlashEraseAllUnsecure "mboot flash-erase-all-unsecure" (ErasedAndUnlocked);
    MbootFlashSecurityDisable "mboot flash-security-disable" (FlashUnlocked);
    MbootFlashReadResource "mboot flash-read-resource" (BytesRead);
    MbootReliableUpdate "mboot reliable-update" (Updated);
    MbootExecute "mboot execute" (Executed);
    MbootCall "mboot call" (Called);
    MbootReset "mboot reset" (ChipReset);
    MbootReceiveSbFile "mboot receive-sb-file" (SbFileRun);
    MbootLoadImage "mboot load-image" (ImageSent);
    MbootEfuseReadOnce "mboot efuse-read-once" (FuseRead);
    MbootEfuseProgramOnce "mboot efuse-program-once" (FuseBurnt);
    MbootFlashReadOnce "mboot flash-read-once" (FuseRead);
    MbootFlashProgramOnce "mboot flash-program-once" (FuseBurnt);
    MbootFuseRead "mboot fuse-read" (BytesRead);
    MbootFuseProgram "mboot fuse-program" (FusesBurnt);
    MbootGenerateKeyBlob "mboot generate-key-blob" (BytesRead);
    MbootKeyProvisioning "mboot key-provisioning" (Provisioned);
    VirtualNew "virtual new" (Virtual);
    VirtualShow "virtual show" (Virtual);
    VirtualSet "virtual set" (Virtual);
    VirtualLoader "virtual loader" (VirtualLoader);
    VirtualServe "virtual serve" (Served);
    Config "config" (Config);
    Udev "udev" (Udev);
    Completions "completions" (Completions);
    Man "man" (Man);
    Schema "schema" (Schema);
}

/// The schema of a [`Line`], as JSON Schema 2020-12.
#[cfg(feature = "cli")]
pub fn schema() -> serde_json::Value {
    // as what is printed, not as what could be read: a field that is always there is required
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Line>();
    schema.insert("title".into(), "A line of rtboot --json".into());
    // `schema` is this format and no other; a field that is in no type is a mistake
    if let Some(properties) = schema.get_mut("properties") {
        properties["schema"]["const"] = FORMAT.into();
    }
    schema.insert("unevaluatedProperties".into(), false.into());
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(event: impl Into<Event>) -> String {
        serde_json::to_string(&Line::new(event)).expect("JSON")
    }

    #[test]
    fn lines_carry_format_event_and_command() {
        let rules = "none".into();
        assert_eq!(
            text(Outcome::Udev(Udev { rules })),
            r#"{"schema":1,"event":"result","command":"udev","rules":"none"}"#
        );
        let stage = Stage::BlankCheck;
        assert_eq!(
            text(Event::Begin(Begin { stage, total: 5 })),
            r#"{"schema":1,"event":"begin","stage":"blank-check","total":5}"#
        );
    }
}
