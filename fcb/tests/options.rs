//! Option words against what the genuine flashloader takes and does (emulated), and against published ones.

use rtboot_fcb::{Chip, OptionWords, Options, SecondOptions};

fn chip(name: &str) -> &'static Chip {
    Chip::by_name(name).expect("a chip of the table")
}

fn words(text: &str) -> OptionWords {
    text.parse().unwrap()
}

#[test]
fn accepted_option_words_round_trip() {
    let taken = [
        "0xC0000000",
        "0xC0000007",
        "0xC000000F",
        "0xC0000017",
        "0xC0000107",
        "0xC0000207",
        "0xC0000307",
        "0xC0000407",
        "0xC0100003",
        "0xC0100007",
        "0xC0200003",
        "0xC0300003",
        "0xC0233007",
        "0xC0603008",
        "0xC0403037",
        "0xC0803007",
        "0xC1000000,0x00000000",
        "0xC1000007,0x00010000",
        "0xC1000007,0x0000000A",
        "0xC1503051,0x20000014",
    ];
    for text in taken {
        let words = words(text);
        assert_eq!(words.check(), Ok(()), "{text}");
        assert_eq!(
            OptionWords::encode(&words.decode().unwrap()).unwrap(),
            words,
            "{text}"
        );
        assert_eq!(words.to_string(), text);
    }
}

#[test]
fn option_words_with_status_4_are_refused_with_reason() {
    let refused = [
        ("0xC0001007", "one pad"),
        ("0xC0004007", "one pad"),
        ("0xC0010007", "one pad"),
        ("0xC0A00000", "device type"),
        ("0x00000000", "0xC"),
        ("0xA0000007", "0xC"),
        ("0xB0000000", "0xC"),
        ("0xD0000000", "0xC"),
        ("0xE0000000", "0xC"),
        ("0xFFFFFFFF", "0xC"),
        ("0xC1000007", "what lies in RAM"),
        ("0xC0000007,0x00000000", "one word only"),
        ("0xC2000007", "0 (one word) or 1"),
    ];
    for (text, reason) in refused {
        let error = words(text).check().unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("option words {text}: ")) && error.contains(reason),
            "{error}"
        );
        assert_eq!(words(text).explain(chip("rt1021")), [error]);
    }
}

#[test]
fn fields_lie_where_the_tools_put_them() {
    let options = Options {
        quad_mode: 2,
        clock: 6,
        ..Options::default()
    };
    assert_eq!(
        OptionWords::encode(&options).unwrap(),
        OptionWords::one(0xC000_0206)
    );
    let second = SecondOptions {
        pin_group: 2,
        ..SecondOptions::default()
    };
    let options = Options {
        quad_mode: 1,
        clock: 5,
        second: Some(second),
        ..Options::default()
    };
    let both = OptionWords::encode(&options).unwrap();
    assert_eq!(both, OptionWords::two(0xC100_0105, 0x0002_0000));
    assert_eq!(
        both.to_bytes(),
        [0x05, 0x01, 0x00, 0xC1, 0x00, 0x00, 0x02, 0x00]
    );
    let hyper = words("0xC0233007").decode().unwrap();
    assert_eq!(
        (
            hyper.device_type,
            hyper.query_pads,
            hyper.command_pads,
            hyper.clock
        ),
        (2, 3, 3, 7)
    );
}

#[test]
fn a_field_that_does_not_fit_is_refused() {
    let error = OptionWords::encode(&Options {
        clock: 16,
        ..Options::default()
    })
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "option words 0xC0000000: a field does not fit its 4 bits"
    );
    let second = SecondOptions {
        connection: 16,
        ..SecondOptions::default()
    };
    assert!(
        OptionWords::encode(&Options {
            second: Some(second),
            ..Options::default()
        })
        .is_err()
    );
}

#[test]
fn words_are_explained_with_their_effects() {
    assert_eq!(
        words("0xC0000206").explain(chip("rt1021")),
        [
            "device: quad SPI, single data rate, found by SFDP",
            "probing on 1 pad, commands on 1 pad",
            "quad enable: status register 2 bit 1; used only when the SFDP is too old to say",
            "misc mode: off",
            "clock while flashing: index 6, 102.9 MHz by the RT1021's flashloader",
            "clock when it starts: index 6, 102.9 MHz",
            "effect: sets the part's quad enable bit when it is clear, and thereby clears its block protection",
            "effect: with an old SFDP sends 35h, which puts ISSI and Macronix parts into QPI mode until power-off",
        ]
    );
    let ddr = words("0xC1100007,0x0301020A")
        .explain(chip("rt1052"))
        .join("\n");
    for said in [
        "flash offset 0x200",
        "dummy cycles: 10, doubled",
        "pin group: secondary",
        "drive strength 3",
        "takes 0x02",
    ] {
        assert!(ddr.contains(said), "{said}\n{ddr}");
    }
}

#[test]
fn the_clock_nibble_means_two_clocks_by_the_chip() {
    let said = |chip_name: &str, text: &str| -> Vec<String> {
        let mut lines = words(text).explain(chip(chip_name));
        lines.retain(|line| line.starts_with("clock"));
        lines
    };
    assert_eq!(
        said("rt1062", "0xC0000007"),
        [
            "clock while flashing: index 7, 120.0 MHz by the RT1062's flashloader",
            "clock when it starts: index 7, 120.0 MHz",
        ]
    );
    assert_eq!(
        said("rt1021", "0xC0000008"),
        [
            "clock while flashing: index 8, 166.2 MHz by the RT1021's flashloader",
            "clock when it starts: index 8, 166.2 MHz, above the RT1021's limit",
        ]
    );
    // programs faster than it starts
    assert_eq!(
        said("rt1011", "0xC0000007"),
        [
            "clock while flashing: index 7, 127.1 MHz by the RT1011's flashloader",
            "clock when it starts: index 7, 120.0 MHz",
        ]
    );
    assert_eq!(
        said("rt1024", "0xC0000007"),
        [
            "clock while flashing: index 7, 60.0 MHz by the RT1024's flashloader",
            "clock when it starts: index 7, stored as index 3, 60.0 MHz",
        ]
    );
    assert_eq!(
        said("rt1064", "0xC0000008"),
        [
            "clock while flashing: index 8 changes nothing; the RT1064 keeps the ROM's clock",
            "clock when it starts: index 8, 132.9 MHz",
        ]
    );
    assert_eq!(
        said("rt1052", "0xC000000F"),
        [
            "clock while flashing: index 15, 31.8 MHz by the RT1052's flashloader",
            "clock when it starts: index 15, no clock of the RT1052",
        ]
    );
}

#[test]
fn a_pin_group_is_told_where_it_moves_nothing() {
    let said = |chip_name: &str| {
        let lines = words("0xC1000007,0x00010000").explain(chip(chip_name));
        let about = lines.into_iter().filter(|line| line.contains("pin group"));
        about.skip(1).collect::<Vec<String>>()
    };
    for name in ["rt1052", "rt1042", "rt1062"] {
        assert_eq!(said(name), [""; 0], "{name}");
    }
    for name in ["rt1015", "rt1021", "rt1024", "rt1064"] {
        assert!(
            said(name)[0].contains("uses its own pins all the same"),
            "{name}"
        );
    }
    assert!(said("rt1010")[0].contains("not known"));
}

#[test]
fn words_that_do_not_suit_the_chip_say_so() {
    let said = |text: &str, chip_name| words(text).explain(chip(chip_name)).join("\n");
    assert!(said("0xC0000017", "rt1024").contains("10203"));
    assert!(!said("0xC0000017", "rt1021").contains("10203"));
    let hyper = said("0xC0233007", "rt1052");
    for part in [
        "HyperFlash 1.8 V",
        "probing on 8 pads, commands on 8 pads",
        "127.1 MHz",
        "132.9 MHz",
    ] {
        assert!(hyper.contains(part), "{part}\n{hyper}");
    }
    assert!(!hyper.contains("quad enable: as"), "{hyper}");
    assert!(said("0xC0233007", "rt1064").contains("in the package"));
    assert!(!hyper.contains("in the package"));
}

#[test]
fn text_that_is_no_option_word_is_refused() {
    for text in [
        "",
        "C0000007",
        "0xC0000007,",
        "0x1_0000_0000",
        "1,2,3",
        "0x",
    ] {
        assert!(text.parse::<OptionWords>().is_err(), "{text}");
    }
    assert_eq!(
        "0xC000_0007 , 0".parse::<OptionWords>().unwrap(),
        OptionWords::two(0xC000_0007, 0)
    );
}
