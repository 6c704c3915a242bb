//! A write that erases the whole flash, because that takes less time and nothing else is in it.

use std::time::Duration;

use crate::kit::board::Rig;
use crate::kit::case::noise;
use rtboot::flash::{Nor, PartSource, Policy, WritePlan, Writer, choose_part, plan_write};
use rtboot_bootable::Memory;
use rtboot_fcb::Span;
use rtboot_sim::Settings;

const BASE: u32 = 0x6000_0000;
/// Bytes that the image brings, without a gap.
const LENGTH: usize = 0x70_0000;

/// A flash whose whole erase takes so many seconds, as its file says.
fn nor(rig: &mut Rig, seconds: u64) -> Nor {
    let (from, file) = rtboot_fcb::database::find("issi.cfg").expect("in the database");
    let mut loader = rig.flashloader().expect("a flashloader");
    let facts = loader.look_at_flash(&mut ()).expect("a flash");
    let from = from.into();
    let mut part = choose_part(&facts, &PartSource::Cfg { from, file }).expect("the part");
    part.times.chip_erase = Some(Span {
        typical: Duration::from_secs(seconds),
        max: Duration::from_secs(10 * seconds),
    });
    Nor::new(loader, part, facts)
}

/// Writes over other content, with these bytes behind it; the plan, and flash afterwards.
fn written(behind: &[(usize, u8)], seconds: u64) -> (WritePlan, Vec<u8>, Vec<u8>) {
    let mut flash: Vec<u8> = noise(7, LENGTH).iter().map(|byte| byte & 0x7F).collect();
    flash.resize(0x80_0000, 0xFF);
    for (at, byte) in behind {
        flash[*at] = *byte;
    }
    let mut rig = Rig::with(Settings {
        flash,
        status: [0x40, 0, 0],
        ..Settings::default()
    });
    let mut nor = nor(&mut rig, seconds);
    let image = noise(8, LENGTH);
    let mut wanted = Memory::new();
    wanted.insert(BASE, image.clone()).expect("room");
    let plan = plan_write(&mut nor, &wanted, None, Policy::default(), &mut ()).expect("a plan");
    Writer::new(&mut nor, &plan, None)
        .run(&mut ())
        .expect("written");
    drop(nor);
    (plan, rig.flash(), image)
}

#[test]
fn whole_flash_is_erased_where_nothing_else_is_in_it() {
    let (plan, flash, image) = written(&[], 3);
    assert!(plan.erases_all());
    assert!(flash[..LENGTH] == image[..]);
    assert!(flash[LENGTH..].iter().all(|byte| *byte == 0xFF));
}

#[test]
fn one_byte_behind_the_image_keeps_the_whole_flash_from_an_erase() {
    for at in [LENGTH, 0x7F_FFFF] {
        let (plan, flash, image) = written(&[(at, 0x12)], 3);
        assert!(!plan.erases_all(), "{at:#x}");
        assert!(flash[..LENGTH] == image[..]);
        assert_eq!(flash[at], 0x12);
    }
}

#[test]
fn whole_flash_is_not_erased_where_that_takes_longer() {
    let (plan, flash, image) = written(&[], 60);
    assert!(!plan.erases_all());
    assert!(flash[..LENGTH] == image[..]);
}
