use super::*;

fn chip(name: &str) -> &'static Chip {
    Chip::by_name(name).expect("a chip of the table")
}

/// What a board with this id says.
fn id(read: u32) -> Told {
    Told {
        id: Some((0x400D_8260, read)),
        ..Told::default()
    }
}

#[test]
fn every_spelling_finds_its_own_row() {
    for row in &CHIPS {
        for spelling in row.spellings {
            assert_eq!(Chip::by_name(spelling), Some(row));
            assert_eq!(*spelling, spelling.to_ascii_lowercase());
        }
        assert_eq!(Chip::by_name(row.name), Some(row));
        assert_eq!(row.map.chip, row.name);
        assert!(row.cfg_names.contains(&row.spellings[0]), "{}", row.name);
    }
    assert_eq!(chip("MIMXRT1021").name, "RT1021");
    assert_eq!(Chip::by_name("rt1062"), None);
}

#[test]
fn no_two_rows_accept_one_spelling() {
    let all = || CHIPS.iter().flat_map(|row| row.spellings);
    for spelling in all() {
        assert_eq!(
            all().filter(|other| *other == spelling).count(),
            1,
            "{spelling}"
        );
    }
}

#[test]
fn every_row_can_be_named_in_a_cfg() {
    for row in &CHIPS {
        let name: ChipName = row.name.parse().expect("a name");
        assert!(row.is_meant_by(&[name]), "{}", row.name);
    }
}

#[test]
fn offsets_and_scratch_lie_inside_their_windows() {
    for row in &CHIPS {
        let map = &row.map;
        for offset in [map.fcb_offset, map.ivt_offset, map.app_offset] {
            assert!(map.in_flash(map.flash_base + offset), "{}", row.name);
        }
        assert!(map.fcb_offset + 512 <= map.ivt_offset && map.ivt_offset < map.app_offset);
        assert!(map.card.ivt_offset < map.card.app_offset);
        assert!(!row.scratch.is_empty());
        for address in row.scratch {
            let inside = |ram: &Region| ram.contains_range(*address, 512);
            assert!(map.ram.iter().any(inside), "{}: {address:#x}", row.name);
        }
        if let Some((base, _)) = map.flash_alias {
            assert_eq!(map.normalised(base), map.flash_base);
        }
        assert!(map.ocotp.contains(row.registers.fuse_shadow));
        assert!(!map.in_flash(map.ocotp.base) && map.ram_at(map.ocotp.base).is_none());
    }
}

#[test]
fn clocks_rise_with_their_index() {
    for row in &CHIPS {
        let clocks = row.clocks;
        assert!(
            clocks
                .rows
                .is_sorted_by(|a, b| a.index < b.index && a.khz < b.khz)
        );
        assert!(clocks.row(clocks.max).is_some());
        assert!(clocks.row(0).is_none());
    }
    assert_eq!(ClockTable::common(7).map(|clock| clock.mhz), Some(133));
    assert_eq!(ClockTable::common(0), None);
    let clocks = chip("rt1021").clocks;
    assert_eq!(clocks.fastest_within(104), Some(6));
    assert_eq!(clocks.fastest_within(80), Some(5));
    assert_eq!(clocks.fastest_within(400), Some(7));
    assert_eq!(clocks.fastest_within(8), None);
    assert_eq!(chip("rt1024").clocks.fastest_within(104), Some(3));
}

#[test]
fn ids_fit_their_mask_and_the_package_bit_its_word() {
    for row in &CHIPS {
        assert_eq!(row.id.value & row.id.mask, row.id.value);
        assert!(row.in_package.bit < 32);
        assert!(row.id.fits(row.id.value | 1), "a revision: {}", row.name);
        assert_eq!(
            row.in_package.size.is_some(),
            row.flash_pins[0].dqs.is_none()
        );
    }
    assert_eq!(Chip::id_registers().count(), 1);
}

#[test]
fn names_of_other_tools_are_those_of_the_row() {
    let spsdk = |name| chip(name).tools.spsdk;
    assert_eq!(spsdk("rt1020"), "mimxrt1020");
    assert_eq!(spsdk("rt1021"), "mimxrt1020");
    assert_eq!(spsdk("rt1024"), "mimxrt1024");
}

#[test]
fn a_shared_id_leaves_the_choice_to_the_user() {
    for name in Chip::names() {
        let told = id(0x006B_0001).identify(Some(chip(name)));
        assert_eq!(told.map(|identity| identity.chip), Ok(chip(name)));
    }
    let shown = |told: Told, named: Option<&'static Chip>| {
        let identity = told.identify(named).expect("a chip of the table");
        std::format!("{identity}")
    };
    let package = |word| Told {
        package_word: Some(word),
        ..id(0x006B_0000)
    };
    assert_eq!(
        shown(id(0x006B_0000), None),
        "RT1015/RT1020/RT1021/RT1024 (chip id 0x006b0000)"
    );
    assert_eq!(
        shown(package(0), None),
        "RT1015/RT1020/RT1021 (chip id 0x006b0000)"
    );
    assert_eq!(shown(package(1 << 20), None), "RT1024 (chip id 0x006b0000)");
    assert_eq!(
        shown(package(0), Some(chip("rt1024"))),
        "RT1024 (chip id 0x006b0000)"
    );
    assert_eq!(
        shown(Told::default(), Some(chip("rt1020"))),
        "RT1020 (as named)"
    );
    let own = Told {
        own_loader: true,
        ..Told::default()
    };
    assert_eq!(
        shown(own, None),
        "RT1020/RT1021 (rtboot's own loader runs on it)"
    );
    assert_eq!(shown(own, Some(chip("rt1020"))), "RT1020 (as named)");
}

#[test]
fn the_package_bit_chooses_a_row_and_excludes_none() {
    let in_package = Told {
        package_word: Some(1 << 20),
        ..id(0x006B_0000)
    };
    let found = |told: Told, named| told.identify(named).map(|identity| identity.chip.name);
    assert_eq!(found(in_package, None), Ok("RT1024"));
    assert_eq!(found(in_package, Some(chip("rt1021"))), Ok("RT1021"));
    assert!(in_package.doubts(chip("rt1021")) && !in_package.doubts(chip("rt1024")));
    assert_eq!(found(id(0x006B_0000), None), Ok("RT1021"));
    assert_eq!(found(Told::default(), None), Ok("RT1021"));
}

#[test]
fn an_id_outside_the_table_is_a_contradiction() {
    for (read, name) in [
        (0x006A_0001, "RT1050/RT1051/RT1052"),
        (0x006C_0001, "RT1040/RT1060/RT1061/RT1062/RT1064"),
        (0x006D_0000, "RT1010/RT1011"),
        (0x1234_5600, "an unknown chip"),
    ] {
        for named in [None, Some(chip("rt1021"))] {
            let error = id(read).identify(named).expect_err("another chip");
            assert_eq!(
                std::format!("{error}"),
                std::format!("{name} (chip id {read:#010x})")
            );
        }
    }
    let rt1064 = Told {
        package_word: Some(1 << 20),
        ..id(0x006C_0000)
    };
    assert_eq!(std::format!("{rt1064}"), "RT1064 (chip id 0x006c0000)");
}

#[test]
fn file_is_for_the_chips_and_families_it_names() {
    let meant = |chip: &Chip, names: &[&str]| {
        let names: std::vec::Vec<ChipName> =
            names.iter().filter_map(|name| name.parse().ok()).collect();
        chip.is_meant_by(&names)
    };
    let (rt1021, rt1024) = (chip("rt1021"), chip("rt1024"));
    assert!(meant(rt1021, &[]) && meant(rt1021, &["rt1062", "rt102x"]));
    assert!(meant(rt1021, &["MIMXRT1020"]) && !meant(rt1021, &["rt1024"]));
    assert!(meant(rt1024, &["rt1024"]) && meant(rt1024, &["rt10xx"]));
    assert!(!meant(rt1021, &["rt1062"]) && !meant(rt1021, &["rt117x", "rt105x"]));
    assert!("mimx".parse::<ChipName>().is_err() && "é".parse::<ChipName>().is_err());
}

#[test]
fn boot_config_fields_come_from_their_bits() {
    let chip = chip("rt1021");
    let config = chip.boot_config(0xFFFF_FF2F);
    assert_eq!(
        (config.encrypted, config.flash_type, config.device),
        (true, 7, 2)
    );
    assert_eq!(config.device_name(), "an SD card or SEMC NAND");
    assert!(config.moves_flashloader());
    let plain = chip.boot_config(0);
    assert_eq!(
        (plain.encrypted, plain.device_name()),
        (false, "FlexSPI NOR")
    );
    assert_eq!(chip.boot_config(0xB0).device_name(), "eMMC");
    assert_eq!(chip.boot_config(0xC0).device_name(), "FlexSPI NAND");
    for row in &CHIPS {
        assert_eq!(row.boot.devices.last().map(|code| code.last), Some(15));
    }
}

#[test]
fn reset_causes_and_boot_mode_come_from_their_bits() {
    let boot = &chip("rt1021").boot;
    assert!(
        boot.reset_causes(0x11)
            .eq(["power-on or the reset pin", "the watchdog"])
    );
    assert_eq!(boot.boot_mode(0x0200_0000), BootMode::Internal);
    assert!(boot.by_fuses(0x10) && !boot.by_fuses(0xEF));
}

#[test]
fn usb_ids_of_a_rom_name_all_chips_that_share_them() {
    let owners = rom_by_usb(0x1FC9, 0x0130).expect("a ROM");
    assert!(owners.has_row());
    assert_eq!(
        std::format!("{owners}"),
        "RT1020/RT1021/RT1024/RT1015/RT1050/RT1051/RT1052"
    );
    assert!(rom_by_usb(0x1FC9, 0x0145).is_some_and(|owners| !owners.has_row()));
    assert_eq!(rom_by_usb(0x15A2, 0x0073), None);
    assert_eq!(RomOwners::all().count(), 4);
    assert_eq!(RomOwners::all().filter(RomOwners::speak_sdp).count(), 3);
}

#[test]
fn the_alias_is_normalised_at_both_edges() {
    let map = chip("rt1021").map;
    assert_eq!(map.normalised(0x0800_2001), 0x6000_2001);
    assert_eq!(map.normalised(0x0FFF_FFFF), 0x67FF_FFFF);
    assert_eq!(map.normalised(0x07FF_FFFF), 0x07FF_FFFF);
    assert_eq!(map.normalised(0x1000_0000), 0x1000_0000);
}

#[test]
fn a_stack_may_start_at_the_end_of_its_ram() {
    let map = chip("rt1021").map;
    assert_eq!(map.stack_ram(0x2001_0000).map(|ram| ram.name), Some("DTCM"));
    assert_eq!(map.stack_ram(0x2000_0000), None);
    assert_eq!(map.stack_ram(0), None);
    assert_eq!(
        map.stack_ram(0x2024_0000).map(|ram| ram.name),
        Some("OCRAM")
    );
    assert_eq!(map.stack_ram(0x2024_0004), None);
}

#[test]
fn the_flash_window_ends_at_0x7f800000() {
    let map = chip("rt1024").map;
    assert!(map.in_flash(0x7F7F_FFFF) && !map.in_flash(0x7F80_0000));
    assert_eq!(
        std::format!("{}", map.name_of(0x7F80_0000)),
        "no memory of the RT1024"
    );
    assert_eq!(map.name_of(0x0800_0000), Place::Named("the flash alias"));
}

#[test]
fn every_flexram_split_uses_no_more_than_its_banks() {
    for chip in &CHIPS {
        for field in 0..16 {
            let split = chip.flexram_by_fuse(field << 16);
            assert!(split.itcm + split.dtcm + split.ocram <= 256, "{field}");
            assert!(split.ocram >= 64, "the ROM keeps its data there: {field}");
        }
        let usual = chip.flexram_of_the_factory();
        for ram in chip.map.ram {
            assert_eq!(
                usual.bytes_of(ram.name),
                Some(u64::from(ram.len)),
                "{}",
                ram.name
            );
        }
    }
}

#[test]
fn gpr17_gives_two_bits_to_each_bank() {
    let split = FlexRam::from_gpr17(0x5555);
    assert_eq!((split.itcm, split.dtcm, split.ocram), (0, 0, 256));
    let split = FlexRam::from_gpr17(0x0000_55AF);
    assert_eq!((split.itcm, split.dtcm, split.ocram), (64, 64, 128));
    assert_eq!(FlexRam::from_gpr17(0), FlexRam::default());
}
