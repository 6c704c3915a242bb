//! Facts as rows of a table: what, value, source. For people and reports.

use rtboot_bootable::verdict::{Starts, Verdict};

use super::{Facts, ReadProof, Source};
use crate::chip::Chip;
use crate::flash::identify::{bytes, status_words};
use crate::flash::{BootMode, Trial, TrialDiffers, names};

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Stable kebab-case name.
    pub name: &'static str,
    /// The value, in words.
    pub value: String,
    /// Where it comes from.
    pub source: Source,
}

/// All facts that are known, in the order in which they were gathered.
pub fn rows(facts: &Facts) -> Vec<Row> {
    let mut all = Rows(Vec::new());
    all.host(facts);
    all.rom(facts);
    all.fuses(facts);
    all.loader(facts);
    all.flash(facts);
    all.content(facts);
    all.app(facts);
    all.0
}

/// The boot mode pins in words.
pub(crate) fn boot_mode(mode: BootMode) -> &'static str {
    match mode {
        BootMode::Fuses => "00: boot as the fuses say",
        BootMode::SerialDownload => "01: serial download",
        BootMode::Internal => "10: internal boot",
        BootMode::Reserved => "11: reserved",
    }
}

struct Rows(Vec<Row>);

impl Rows {
    fn add(&mut self, source: Source, name: &'static str, value: impl Into<String>) {
        let value = value.into();
        self.0.push(Row {
            name,
            value,
            source,
        });
    }

    fn host(&mut self, facts: &Facts) {
        let host = &facts.host;
        self.add(Source::Host, "board", host.selector.to_string());
        for device in &host.devices {
            let place = device.port_path.as_ref().unwrap_or(&device.path);
            let product = device.product.trim();
            let text = format!(
                "{place}: {:04x}:{:04x} {} \"{product}\"",
                device.vid, device.pid, device.name
            );
            self.add(Source::Host, "usb-device", text);
        }
        if let Some(mbit) = host.usb_mbit {
            self.add(Source::Host, "usb-speed", format!("{mbit} Mbit/s"));
        }
        let program = host.program.map(|program| program.to_string());
        let program = program.unwrap_or_else(|| "nothing that answers".into());
        self.add(Source::Host, "program", program);
        let starts = facts.verdict().map_or(Starts::Unknown, |it| it.starts);
        for entry in &facts.open.entries {
            let whose = entry.user.iter().map(|user| format!(" of {user}"));
            let file = entry.file.display();
            let text = format!(
                "{} (rtboot {}, {file}{})",
                entry.finding(starts),
                entry.program,
                whose.collect::<String>()
            );
            self.add(Source::Host, "interrupted", text);
        }
        if let Some(error) = &facts.open.unusable {
            self.add(Source::Host, "interrupted", error.clone());
        }
    }

    fn rom(&mut self, facts: &Facts) {
        let Some(rom) = &facts.rom else { return };
        let config = facts.boot_config().map(|config| {
            let (device, kind) = (config.device_name(), config.flash_type);
            format!("{:#010x}: device {device}, flash type {kind}", config.sbmr1)
        });
        let said = [
            ("security", rom.hab.map(|hab| hab.to_string())),
            (
                "hab-status",
                rom.error_status.map(|status| status.to_string()),
            ),
            (
                "chip",
                rom.chip_words(facts.identity.named.then_some(facts.identity.chip)),
            ),
            ("unique-id", rom.unique_id.map(|id| id.to_string())),
            (
                "boot-mode",
                rom.boot_mode().map(|mode| boot_mode(mode).into()),
            ),
            ("boot-config", config),
            (
                "reset-cause",
                rom.srsr.map(|srsr| reset_cause(facts.identity.chip, srsr)),
            ),
            (
                "flexram",
                rom.flexram.map(|(split, by)| format!("{split} ({by})")),
            ),
            (
                "registers-unread",
                rom.unread.as_ref().map(ToString::to_string),
            ),
        ];
        for (name, value) in said {
            if let Some(value) = value {
                self.add(Source::Rom, name, value);
            }
        }
    }

    fn fuses(&mut self, facts: &Facts) {
        let Some(source) = facts.fuses.from else {
            return;
        };
        let fuses = &facts.identity.chip.fuses;
        let names = [
            (fuses.boot_cfg0, "fuse-boot-cfg0"),
            (fuses.boot_cfg1, "fuse-boot-cfg1"),
            (fuses.boot_cfg2, "fuse-boot-cfg2"),
            (fuses.misc_conf0, "fuse-misc-conf0"),
        ];
        for (index, name) in names {
            if let Some(value) = facts.fuses.word(index) {
                self.add(source, name, format!("{value:#010x}"));
            }
        }
    }

    fn loader(&mut self, facts: &Facts) {
        let Some(run) = &facts.loader else { return };
        let source = Source::Flashloader;
        let how = match run.started {
            true => "started by this run",
            false => "was running already",
        };
        if facts.rom.as_ref().is_none_or(|rom| rom.told.id.is_none()) {
            self.add(source, "chip", run.facts.identity.to_string());
        }
        let text = format!("{}, {how}", run.facts.called());
        self.add(source, "flashloader", text);
        if let Some(commands) = run.commands {
            self.add(source, "flashloader-commands", format!("{commands:#x}"));
        }
        if facts.rom.as_ref().is_none_or(|rom| rom.unique_id.is_none()) {
            self.add(source, "unique-id", run.facts.unique_id.to_string());
        }
    }

    fn flash(&mut self, facts: &Facts) {
        let Some(look) = &facts.flash else { return };
        let names = match look.known.is_empty() {
            true => "not in the database".into(),
            false => names(&look.known),
        };
        let source = Source::Flash;
        self.add(source, "flash-id", format!("{} ({names})", look.nor.id));
        let sfdp = match &look.nor.sfdp {
            Ok(sfdp) => {
                let (major, minor) = sfdp.revision;
                format!("revision {major}.{minor}, {}", bytes(sfdp.size()))
            }
            Err(error) => error.to_string(),
        };
        self.add(source, "flash-sfdp", sfdp);
        let text = status_words(&look.nor, look.part.as_ref());
        self.add(source, "flash-status", text);
        self.add(source, "flash-fast-read", proof(&look.fast));
    }

    fn content(&mut self, facts: &Facts) {
        let Some(content) = &facts.content else {
            return;
        };
        let source = Source::Flash;
        if content.blank {
            return self.add(source, "content", "blank");
        }
        let seen = &content.inspection;
        let text = format!("{}: {}", seen.kind, seen.reason);
        self.add(source, "content", text);
        if let Some(fcb) = content.fcb() {
            self.add(source, "content-fcb", fcb.sequence(0).to_string());
            self.add(source, "content-fcb-read", tried(&content.trial));
        }
        if let Some(ivt) = seen.ivt {
            let (entry, own) = (ivt.entry, ivt.self_address);
            let text = format!("entry {entry:#010x}, itself at {own:#010x}");
            self.add(source, "content-ivt", text);
        }
        if let Some(vectors) = seen.vectors {
            let (stack, reset) = (vectors.stack, vectors.reset);
            let text = format!("stack {stack:#010x}, reset handler {reset:#010x}");
            self.add(source, "content-vectors", text);
        }
        let starts = match facts.verdict() {
            Some(Verdict {
                starts: Starts::Yes,
                ..
            }) => format!("yes, {}", boot_pins(facts)),
            Some(Verdict {
                starts: Starts::Unknown,
                reasons,
                ..
            }) => {
                let open: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                format!("not known: {}", open.join("; "))
            }
            _ => "no".into(),
        };
        self.add(source, "would-start", starts);
    }

    fn app(&mut self, facts: &Facts) {
        let Some(app) = &facts.app else { return };
        let value = match (&app.error, &app.inspection) {
            (Some(error), _) => error.to_string(),
            (None, Some(seen)) => format!("{}: {}", app.name, seen.kind),
            (None, None) => app.name.clone(),
        };
        self.add(Source::File, "app", value);
        if let Some(compared) = &app.compared {
            let text = format!("{} of {} bytes differ", compared.differ, compared.total);
            self.add(Source::Flash, "app-in-flash", text);
        }
    }
}

/// The boot pins with which the ROM reads this flash, and the pins of the last reset.
pub(crate) fn boot_pins(facts: &Facts) -> String {
    let rom = facts.rom.as_ref();
    let mode = rom.and_then(|rom| rom.boot_mode()).map(boot_mode);
    let config = facts
        .boot_config()
        .map(|config| format!("{:#x}", config.sbmr1));
    let now = match (mode, config) {
        (Some(mode), Some(config)) => format!("at the last reset {mode}, BOOT_CFG {config}"),
        _ => "the pins of the last reset are not known".into(),
    };
    format!("with BOOT_MODE 10 and BOOT_CFG 0 (FlexSPI NOR, flash type 0); {now}")
}

fn proof(proof: &ReadProof) -> String {
    match proof {
        ReadProof::NotTried(why) => format!("not tried: {why}"),
        ReadProof::Same => "gives what the one-pad read gives".into(),
        ReadProof::Differs {
            address,
            plain,
            fast,
            slow_is_right,
        } => differs(*address, *plain, *fast, *slow_is_right),
    }
}

fn tried(trial: &Trial) -> String {
    match trial {
        Trial::NotTried(why) => format!("not tried: {why}"),
        Trial::Same { bytes } => format!("gives what the one-pad read gives ({bytes} bytes)"),
        Trial::Differs(TrialDiffers {
            address,
            expected,
            found,
            slow_is_right,
        }) => differs(*address, *expected, *found, *slow_is_right),
    }
}

fn differs(address: u32, plain: u8, fast: u8, slow_is_right: bool) -> String {
    let slow = match slow_is_right {
        true => "right at 30 MHz",
        false => "wrong at 30 MHz, too",
    };
    format!("gives {fast:#04x} at {address:#010x}, the one-pad read {plain:#04x}; {slow}")
}

/// SRC_SRSR in words.
fn reset_cause(chip: &Chip, srsr: u32) -> String {
    let names: Vec<&str> = chip.boot.reset_causes(srsr).collect();
    match names.is_empty() {
        true => format!("{srsr:#x}"),
        false => format!("{srsr:#x}: {}", names.join(", ")),
    }
}
