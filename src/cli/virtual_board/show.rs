//! What is in a virtual board.

use std::path::Path;

use rtboot::flash::identify;
use rtboot::outcome::{Outcome, Virtual};
use rtboot::port::virtual_board::{Look, VirtualBoard};
use rtboot_fcb::JedecId;

use crate::cli::Context;

/// Shows a board; nothing is changed.
pub fn show(
    context: &mut Context,
    folder: &Path,
    board: &VirtualBoard,
    outcome: fn(Virtual) -> Outcome,
) {
    let look = board.look();
    for line in lines(folder, &look) {
        context.report.line(line);
    }
    context.report.found(outcome(Virtual::new(folder, look)));
}

fn lines(folder: &Path, look: &Look) -> Vec<String> {
    let mut lines = vec![
        format!("virtual board in {}", folder.display()),
        format!("chip        {}", look.chip),
        format!("runs        {} ({})", look.runs, look.why),
        format!("switches    {}", switches(look.boot_mode, look.boot_cfg)),
        format!(
            "flash       {}, id {}, {}, {} not erased",
            look.part,
            JedecId(look.jedec),
            identify::bytes(u64::from(look.size)),
            identify::bytes(u64::from(look.used)),
        ),
        format!("registers   {}", registers(look)),
        format!("boots       {}", verdict(look)),
        format!("reset now   {}", look.now_reason),
    ];
    lines.extend(
        look.fuses
            .iter()
            .map(|(index, word)| format!("fuse        word {index:#04x} = {word:#010x}")),
    );
    lines.extend(
        look.faults
            .iter()
            .map(|fault| format!("fault       {fault}")),
    );
    lines
}

fn switches(mode: u32, cfg: u16) -> String {
    let words = match mode {
        0 => "as the fuses say",
        1 => "serial download",
        2 => "internal boot",
        _ => "reserved",
    };
    format!("BOOT_MODE {mode:02b}, {words}; BOOT_CFG {cfg:#05x}")
}

fn registers(look: &Look) -> String {
    let values: Vec<String> = look
        .status
        .iter()
        .map(|byte| format!("{byte:#04x}"))
        .collect();
    let quad = if look.quad_enabled { "set" } else { "clear" };
    let protected = match look.protected {
        Some((from, to)) => format!("{from:#x}..{to:#x} protected"),
        None => "nothing protected".into(),
    };
    format!("{}: quad-enable {quad}, {protected}", values.join(" "))
}

fn verdict(look: &Look) -> String {
    match look.starts {
        Some(_) if look.starts_now => format!("yes: {}", look.boot_reason),
        Some(_) => format!(
            "yes, once the switches say internal boot: {}",
            look.boot_reason
        ),
        None => format!("no: {}", look.boot_reason),
    }
}
