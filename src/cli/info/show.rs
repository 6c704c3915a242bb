//! What is known of a board, for people and programs.

use rtboot::Error;
use rtboot::advice::advice;
use rtboot::flash::identify::{bytes, status_words};
use rtboot::flash::{BootLook, BootMode, LoaderFacts, NorFacts, OpenEntry, RomFacts};
use rtboot::job::{Info, Why};
use rtboot::outcome::{self, Outcome};
use rtboot_bootable::{Severity, Starts};
use rtboot_fcb::{Part, database};

use crate::cli::Report;
use crate::cli::action::AtHand;
use crate::cli::plain::plain;

/// Where values stand, so that broken lines stand below them.
const HANG: usize = 15;

/// Prints everything.
pub fn all(known: &Info, report: &mut Report) {
    report.sentence(line("board", &known.board), HANG);
    report.sentence(line("chip", &known.chip_words()), HANG);
    if let Some(facts) = &known.rom {
        rom(facts, known, report);
    }
    if let Some(facts) = &known.loader {
        loader(facts, known, report);
    }
    if let Some(facts) = &known.nor {
        nor(facts, known.part.as_ref(), report);
    }
    if let Some(state) = &known.boot {
        boot(state, report);
    }
    for unknown in &known.not_known {
        let text = format!("not known: {}", why(&unknown.why, report.at_hand()));
        report.sentence(line(unknown.what, &text), HANG);
    }
    let found = object(known, report.at_hand());
    report.found(Outcome::Info(found));
}

/// Why something is not known, with what to do about it.
fn why(why: &Why, at_hand: &AtHand) -> String {
    match why {
        Why::Failed(error @ Error::NoLoader { .. }) => {
            let next = advice(error).next;
            let next: Vec<String> = next.iter().map(|next| at_hand.sentence(next)).collect();
            format!("{error}: {}", next.join("; "))
        }
        why => why.to_string(),
    }
}

/// Why the boot pins of the last reset keep the ROM from the flash that is there.
fn boot_obstacle(known: &Info) -> Option<String> {
    let verdict = &known.boot.as_ref()?.verdict;
    verdict.boot_pins().map(ToString::to_string)
}

fn line(key: &str, value: &str) -> String {
    let key = match key {
        "" => String::new(),
        key => format!("{key}:"),
    };
    format!("{key:<14} {value}")
}

fn rom(facts: &RomFacts, known: &Info, report: &mut Report) {
    if let Some(id) = facts.unique_id {
        report.sentence(line("unique id", &id.to_string()), HANG);
    }
    if let Some(hab) = facts.hab {
        report.sentence(line("security", &hab.to_string()), HANG);
    }
    if let Some(mode) = facts.boot_mode() {
        report.sentence(line("boot mode", boot_mode(mode)), HANG);
    }
    if let Some(sbmr1) = facts.sbmr1 {
        let config = known.identity().chip.boot_config(sbmr1);
        let text = format!(
            "SBMR1 {sbmr1:#010x}: boot device {}, flash type {}",
            config.device_name(),
            config.flash_type
        );
        report.sentence(line("boot pins", &text), HANG);
    }
    if let Some((split, by)) = facts.flexram {
        report.sentence(line("FlexRAM", &format!("{split} ({by})")), HANG);
    }
    if let Some(reason) = &facts.unread {
        report.sentence(line("registers", &format!("not readable: {reason}")), HANG);
    }
}

fn boot_mode(mode: BootMode) -> &'static str {
    match mode {
        BootMode::Fuses => "00: boot as the fuses say",
        BootMode::SerialDownload => "01: serial download",
        BootMode::Internal => "10: internal boot",
        BootMode::Reserved => "11: reserved",
    }
}

fn loader(facts: &LoaderFacts, known: &Info, report: &mut Report) {
    let version = facts.called();
    let build = match &known.started {
        Some(_) if facts.own.is_some() => version,
        Some(name) => format!("{version}, started from {name}"),
        None => format!("{version}, was running already"),
    };
    report.sentence(line("flashloader", &build), HANG);
    if known.rom.as_ref().is_none_or(|rom| rom.unique_id.is_none()) {
        report.sentence(line("unique id", &facts.unique_id.to_string()), HANG);
    }
    if let Some(security) = &known.security {
        report.sentence(line("", &format!("security state {security}")), HANG);
    }
}

fn nor(facts: &NorFacts, part: Option<&Part>, report: &mut Report) {
    if !facts.answers() {
        report.sentence(
            line(
                "flash",
                &format!("none answers (its id reads {})", facts.id),
            ),
            HANG,
        );
        return;
    }
    let names: Vec<String> = parts(facts, part)
        .into_iter()
        .map(|part| format!("{} {}", part.vendor, part.name))
        .collect();
    let names = match names.as_slice() {
        [] => "not in the database".into(),
        names => names.join(" or "),
    };
    report.sentence(line("flash", &format!("{} ({names})", facts.id)), HANG);
    match &facts.sfdp {
        Ok(sfdp) => report.sentence(
            line("", &format!("{} by its SFDP", bytes(sfdp.size()))),
            HANG,
        ),
        Err(error) => report.sentence(line("", &format!("SFDP: {error}")), HANG),
    }
    report.sentence(line("", &status_words(facts, part)), HANG);
}

fn boot(state: &BootLook, report: &mut Report) {
    report.sentence(line("image", &state.parts()), HANG);
    let verdict = match (state.verdict.starts, state.verdict.boot_pins()) {
        (Starts::No, Some(obstacle)) => format!("no, not with these boot pins: {obstacle}"),
        (Starts::No, None) => "no".into(),
        (Starts::Yes, _) => "yes, with BOOT_MODE 10 and BOOT_CFG 0 (FlexSPI NOR)".into(),
        (Starts::Unknown, _) => format!("not known: {}", state.verdict.why()),
    };
    report.sentence(line("would start", &verdict), HANG);
    for finding in &state.verdict.findings {
        let mark = match finding.severity {
            Severity::Ok => "ok",
            Severity::Detail | Severity::Note => "note",
            Severity::Warning => "look",
            Severity::Error | Severity::Danger => "NO",
        };
        report.sentence(plain(&format!("  {mark:<4} {finding}")), 7);
    }
    for next in state.open.entries.iter().flat_map(OpenEntry::next) {
        let next = report.at_hand().sentence(&next);
        report.sentence(plain(&format!("       {next}")), 7);
    }
}

fn object(known: &Info, at_hand: &AtHand) -> outcome::Info {
    let rom = |facts: &RomFacts| outcome::RomInfo {
        chip_id: facts.chip_id(),
        chip: facts.chip_words(known.named),
        unique_id: facts.unique_id.map(|id| id.to_string()),
        hab: facts.hab.map(|hab| hab.to_string()),
        boot_mode: facts.boot_mode().map(|mode| boot_mode(mode).to_owned()),
        sbmr1: facts.sbmr1,
        boot_obstacle: boot_obstacle(known),
        sbmr2: facts.sbmr2,
        srsr: facts.srsr,
        flexram: facts.flexram.map(|(split, by)| format!("{split} ({by})")),
        unread: facts.unread.as_ref().map(ToString::to_string),
    };
    let loader = |facts: &LoaderFacts| outcome::LoaderInfo {
        version: facts.version.to_string(),
        own: facts.own.map(|own| own.version.to_string()),
        build: known.started.clone(),
        unique_id: facts.unique_id.to_string(),
        security_state: known.security.clone(),
    };
    let not_known = known.not_known.iter().map(|unknown| outcome::NotKnown {
        what: unknown.what.to_owned(),
        why: why(&unknown.why, at_hand),
    });
    outcome::Info {
        board: known.board.clone(),
        chip: outcome::ChipInfo {
            name: known.identity().chip.name.to_owned(),
            named: known.named.is_some(),
            what: known.chip_words(),
        },
        rom: known.rom.as_ref().map(rom),
        flashloader: known.loader.as_ref().map(loader),
        flash: known
            .nor
            .as_ref()
            .map(|facts| flash_object(facts, known.part.as_ref())),
        boot: known.boot.as_ref().map(outcome::Boot::from),
        not_known: not_known.collect(),
    }
}

/// The parts with the flash's id, or the one of the user's own file that the database does not know.
fn parts(facts: &NorFacts, part: Option<&Part>) -> Vec<Part> {
    let known = database::by_jedec(facts.id);
    match part.filter(|part| known.iter().all(|other| other.name != part.name)) {
        Some(own) => vec![own.clone()],
        None => known,
    }
}

fn flash_object(facts: &NorFacts, part: Option<&Part>) -> outcome::FlashInfo {
    let names = parts(facts, part).into_iter();
    outcome::FlashInfo {
        answers: facts.answers(),
        jedec: facts.id.to_string(),
        parts: names.map(|part| part.name).collect(),
        size: part.map(|part| part.size),
        sfdp_size: facts.sfdp.as_ref().ok().map(|sfdp| sfdp.size()),
        status: facts.status.to_string(),
        quad_enabled: part.and_then(|part| part.quad_enabled(&facts.status)),
        protected: part.map(|part| facts.protected_extent(part).is_any()),
    }
}
