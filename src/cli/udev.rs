//! Verb `udev`: the rules that let a user open the boards.

use rtboot::Result;
use rtboot::outcome::{Outcome, Udev};

use super::Context;

/// Print the udev rules that let you open the boards without being root (Linux)
///
/// A board changes its USB ids in the middle of a run: the boot ROM is 1fc9, the flashloader 15a2. Rules must name both.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_args: Args, context: &mut Context) -> Result<()> {
    let rules = rules();
    context.report.line(rules.trim_end());
    context.report.found(Outcome::Udev(Udev { rules }));
    Ok(())
}

/// USB ids that RT10xx boards show, and whose they are.
///
/// Source: SPSDK, NXP-MCUBootUtility, TinyUF2.
const DEVICES: [(&str, &str, &str); 5] = [
    (
        "1fc9",
        "0130",
        "boot ROM: RT1015, RT1020, RT1021, RT1024, RT1050",
    ),
    (
        "1fc9",
        "0135",
        "boot ROM: RT1040, RT1060, RT1061, RT1062, RT1064",
    ),
    ("1fc9", "0145", "boot ROM: RT1010, RT1011"),
    ("1fc9", "013d", "boot ROM: RT1160, RT1170"),
    ("15a2", "0073", "flashloader of all of them"),
];

const HEAD: &str = "\
# NXP i.MX RT10xx boards in serial download mode, and their flashloader, for the user at the machine
# (uaccess) and for the group plugdev.
#
# Put this into /etc/udev/rules.d/70-rtboot.rules (the number must be below 73 for uaccess to work), as root:
#   rtboot udev | sudo tee /etc/udev/rules.d/70-rtboot.rules
#   sudo udevadm control --reload-rules
#   sudo udevadm trigger
# then unplug the board and plug it in again.
";

/// The text of the rules file.
fn rules() -> String {
    let rule = |(vendor, product, whose): &(&str, &str, &str)| {
        format!(
            "\n# {whose}\nSUBSYSTEM==\"hidraw\", ATTRS{{idVendor}}==\"{vendor}\", ATTRS{{idProduct}}==\"{product}\", MODE=\"0660\", GROUP=\"plugdev\", TAG+=\"uaccess\"\n"
        )
    };
    let rules: String = DEVICES.iter().map(rule).collect();
    format!("{HEAD}{rules}")
}
