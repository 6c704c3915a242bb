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
    assert_eq!(Chip::by_name("rt1170"), None);
    assert_eq!(Chip::DEFAULT.name, "RT1021");
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
    assert_eq!(ClockTable::common(6).map(|clock| clock.mhz), Some(100));
    // 120 or 133 MHz
    assert_eq!((ClockTable::common(7), ClockTable::common(0)), (None, None));
    let clocks = chip("rt1021").clocks;
    assert_eq!(clocks.fastest_within(104), Some(6));
    assert_eq!(clocks.fastest_within(80), Some(5));
    assert_eq!(clocks.fastest_within(400), Some(7));
    assert_eq!(clocks.fastest_within(8), None);
    assert_eq!(chip("rt1024").clocks.fastest_within(104), Some(3));
    for name in ["rt1010", "rt1042", "rt1062", "rt1064"] {
        let clocks = chip(name).clocks;
        assert_eq!(clocks.row(7).map(|clock| clock.mhz), Some(120), "{name}");
        assert_eq!(clocks.fastest_within(133), Some(8), "{name}");
    }
    assert_eq!(chip("rt1052").clocks.fastest_within(133), Some(7));
}

#[test]
fn ids_fit_their_mask_and_the_package_bit_its_word() {
    for row in &CHIPS {
        assert_eq!(row.id.value & row.id.mask, row.id.value);
        assert!(row.in_package.bit < 32);
        assert!(row.id.fits(row.id.value | 1), "a revision: {}", row.name);
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
    for name in ["rt1015", "rt1020", "rt1021", "rt1024"] {
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
        "RT1015/RT1020/RT1021 (rtboot's own loader runs on it)"
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
fn an_id_that_does_not_fit_is_a_contradiction() {
    for (read, name) in [
        (0x006A_0001, "RT1050/RT1051/RT1052"),
        (0x006D_0000, "RT1010/RT1011"),
        (0x1234_5600, "an unknown chip"),
    ] {
        let named = Some(chip("rt1021"));
        let error = id(read).identify(named).expect_err("another chip");
        assert_eq!(
            std::format!("{error}"),
            std::format!("{name} (chip id {read:#010x})")
        );
    }
    assert!(id(0x1234_5600).identify(None).is_err());
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
        assert_eq!(row.boot_config(0).flash_kind(), FlashKind::Quad);
    }
    let kind = |name, sbmr1| self::chip(name).boot_config(sbmr1).flash_kind();
    assert_eq!(kind("rt1052", 7 << 8), FlashKind::SecondPins);
    assert_eq!(kind("rt1052", 7 << 1), FlashKind::Quad);
    // the type counts only where the ROM probes
    assert_eq!(kind("rt1062", 1 << 2), FlashKind::Quad);
    assert_eq!(kind("rt1062", 1 << 2 | 1), FlashKind::Other);
    assert!(self::chip("rt1062").boot_config(2).encrypted);
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
        "RT1015/RT1020/RT1021/RT1024/RT1050/RT1051/RT1052"
    );
    assert!(owners.read_registers());
    let rt1010 = rom_by_usb(0x1FC9, 0x0145).expect("a ROM");
    assert!(rt1010.has_row() && !rt1010.read_registers());
    assert!(rom_by_usb(0x1FC9, 0x013D).is_some_and(|owners| !owners.has_row()));
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
    let (rt1062, rt1064) = (chip("rt1062").map, chip("rt1064").map);
    assert_eq!(rt1064.name_of(0x7000_0000), Place::Named("flash"));
    for (map, address) in [(rt1062, 0x7000_0000), (rt1064, 0x6000_0000)] {
        assert!(map.is_other_flash(address) && !map.in_flash(address));
        assert_eq!(
            map.name_of(address),
            Place::Named("the flash of its other FlexSPI")
        );
    }
    assert_eq!(rt1062.name_of(0x0800_0000), Place::Nowhere("RT1062"));
}

#[test]
fn every_flexram_split_uses_no_more_than_its_banks() {
    for chip in &CHIPS {
        let layout = &chip.flexram;
        for field in 0..16 {
            let split = layout.by_fuse(field << 16);
            let all = u32::from(split.itcm + split.dtcm + split.ocram - layout.beside);
            assert!(all <= layout.banks * 32, "{}: {field}", chip.name);
            let rom = chip.map.rom_reserved.len / 1024;
            assert!(
                u32::from(split.ocram) >= rom,
                "the ROM keeps its data there: {field}"
            );
            for ram in chip.map.ram {
                let bytes = split.bytes_of(ram.name);
                assert!(
                    bytes <= Some(u64::from(ram.max_len)),
                    "{}: {}",
                    chip.name,
                    ram.name
                );
            }
        }
        let usual = chip.flexram_of_the_factory();
        for ram in chip.map.ram {
            assert_eq!(
                usual.bytes_of(ram.name),
                Some(u64::from(ram.len)),
                "{}: {}",
                chip.name,
                ram.name
            );
        }
    }
}

#[test]
fn gpr17_gives_two_bits_to_each_bank() {
    let split = |name, banks| {
        let split = chip(name).flexram.by_register(banks);
        (split.itcm, split.dtcm, split.ocram)
    };
    assert_eq!(split("rt1021", 0x5555), (0, 0, 256));
    assert_eq!(split("rt1021", 0x0000_55AF), (64, 64, 128));
    assert_eq!(split("rt1021", 0), (0, 0, 0));
    assert_eq!(split("rt1010", 0xFFFF_FF55), (0, 0, 128));
    assert_eq!(split("rt1052", 0x5555_AAFF), (128, 128, 256));
    // the OCRAM2 of the RT1060 is no bank
    assert_eq!(split("rt1062", 0x5555_AAFF), (128, 128, 768));
}

#[test]
fn a_rom_of_one_die_tells_the_chip_by_its_usb_ids() {
    let told = |pid| Told {
        rom: Some((0x1FC9, pid)),
        ..Told::default()
    };
    let rt1010 = told(0x0145);
    assert!(rt1010.tells_die());
    let identity = rt1010.identify(None).expect("a row");
    assert_eq!(
        std::format!("{identity}"),
        "RT1010/RT1011 (USB id 1fc9:0145)"
    );
    assert!(rt1010.identify(Some(chip("rt1021"))).is_err());
    // two dies, and one die with its flash in two places
    assert!(!told(0x0130).tells_die() && !told(0x0135).tells_die());
    assert!(!Told::default().tells_die());
}

#[test]
fn the_package_bit_decides_where_the_flash_is() {
    let word = |word| Told {
        package_word: Some(word),
        ..id(0x006C_0000)
    };
    let found = |told: Told, named: Option<&str>| {
        let named = named.map(chip);
        told.identify(named).map(|identity| identity.chip.name)
    };
    assert_eq!(found(word(1 << 20), None), Ok("RT1064"));
    assert_eq!(found(word(0), None), Ok("RT1060"));
    assert_eq!(found(word(0), Some("rt1042")), Ok("RT1042"));
    let error = found(word(1 << 20), Some("rt1062")).expect_err("another window");
    assert_eq!(std::format!("{error}"), "RT1064 (chip id 0x006c0000)");
    assert!(found(word(0), Some("rt1064")).is_err());
    // nothing was said of it: asked again through the flashloader
    assert!(id(0x006C_0000).needs_package_word() && !id(0x006B_0000).needs_package_word());
    assert_eq!(found(id(0x006C_0000), Some("rt1064")), Ok("RT1064"));
}

#[test]
fn a_flashloader_that_keeps_registers_leaves_the_chips_whose_build_does() {
    let told = Told {
        loader_keeps_registers: true,
        ..Told::default()
    };
    let names: std::vec::Vec<_> = told.candidates().map(|chip| chip.name).collect();
    assert_eq!(names, ["RT1015", "RT1020", "RT1021", "RT1024"]);
    assert_eq!(
        told.identify(None).map(|identity| identity.chip),
        Ok(Chip::DEFAULT)
    );
}
