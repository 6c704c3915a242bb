//! Verb `udev`: the rules that let a user open the boards.

use rtboot::Result;
use rtboot::chip::{FLASHLOADER_USB, RomOwners, UsbId};
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

/// USB ids that the boards show, and whose they are.
fn devices() -> Vec<(UsbId, String)> {
    let roms = RomOwners::all().map(|owners| {
        let names: Vec<&str> = owners.names().collect();
        (owners.usb(), format!("boot ROM: {}", names.join(", ")))
    });
    let flashloader = (FLASHLOADER_USB, "flashloader of all of them".into());
    roms.chain([flashloader]).collect()
}

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
    let rule = |((vendor, product), whose): (UsbId, String)| {
        format!(
            "\n# {whose}\nSUBSYSTEM==\"hidraw\", ATTRS{{idVendor}}==\"{vendor:04x}\", ATTRS{{idProduct}}==\"{product:04x}\", MODE=\"0660\", GROUP=\"plugdev\", TAG+=\"uaccess\"\n"
        )
    };
    let rules: String = devices().into_iter().map(rule).collect();
    let (vendor, product) = FLASHLOADER_USB;
    let bulk = format!(
        "\n# the bulk interface of rtboot's own loader, for faster reads; rtboot works without it, too\nSUBSYSTEM==\"usb\", ENV{{DEVTYPE}}==\"usb_device\", ATTRS{{idVendor}}==\"{vendor:04x}\", ATTRS{{idProduct}}==\"{product:04x}\", MODE=\"0660\", GROUP=\"plugdev\", TAG+=\"uaccess\"\n"
    );
    format!("{HEAD}{rules}{bulk}")
}
