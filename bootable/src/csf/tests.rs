use super::*;

/// Header and commands of SPSDK's public ext_FLASH_signed_key1 image, without keys and signatures.
const SIGNED: &[u8] = &[
    0xD4, 0x00, 0x50, 0x42, // header, 0x50 bytes
    0xBE, 0x00, 0x0C, 0x00, 0x03, 0x17, 0x00, 0x00, 0x00, 0x00, 0x00, 0x50, // SRK table
    0xBE, 0x00, 0x0C, 0x02, 0x09, 0x00, 0x00, 0x01, 0x00, 0x00, 0x04, 0x90, // CSF key
    0xCA, 0x00, 0x0C, 0x00, 0x01, 0xC5, 0x1B, 0x00, 0x00, 0x00, 0x07,
    0xE4, // authenticate CSF
    0xBE, 0x00, 0x0C, 0x00, 0x09, 0x00, 0x00, 0x02, 0x00, 0x00, 0x09, 0xE8, // image key
    0xCA, 0x00, 0x1C, 0x00, 0x02, 0xC5, 0x1B, 0x00, 0x00, 0x00, 0x0D,
    0x3C, // authenticate data
    0x60, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x40, // IVT and boot data
    0x60, 0x00, 0x20, 0x00, 0x00, 0x00, 0x18, 0x30, // application
];

#[test]
fn a_signed_image_lists_its_blocks() {
    let csf = Csf::parse(SIGNED).unwrap();
    let block = |address, length| Block { address, length };
    assert_eq!(
        csf.blocks(),
        [block(0x6000_1000, 0x40), block(0x6000_2000, 0x1830)]
    );
    assert_eq!(
        (csf.srk_index(), csf.encrypted(), &csf.problem),
        (Some(0), false, &None)
    );
    let text = csf.to_string();
    assert!(text.starts_with("CSF version 4.2, 5 commands\ninstall super root key table (source 0, target 0) from 0x50\n"), "{text}");
    assert!(
        text.ends_with("signature at 0xd3c\n  0x60001000 0x40 bytes\n  0x60002000 0x1830 bytes"),
        "{text}"
    );
}

#[test]
fn engines_and_unlocks_are_told_by_name() {
    // the end of SPSDK's public rt1040_srk_revoke_command image
    let csf = Csf::parse(&[
        0xD4, 0, 0x14, 0x42, // header
        0xB1, 0, 8, 3, 0, 0x17, 0x1B, 0, // SHA-256 by the DCP
        0xB2, 0, 8, 0x21, 0, 0, 0, 2, // OCOTP: super root keys may be revoked
    ])
    .unwrap();
    assert_eq!(
        csf.commands,
        [
            CsfCommand::SetEngine {
                item: 3,
                hash: 0x17,
                engine: 0x1B,
                configuration: 0
            },
            CsfCommand::Unlock {
                engine: 0x21,
                features: 2,
                unique_id: None
            },
        ]
    );
    assert_eq!(
        csf.to_string(),
        "CSF version 4.2, 2 commands\nuse DCP for SHA-256 (configuration 0x0)\nleave OCOTP unlocked for super root key revocation (features 0x2)"
    );
    // with the unique id of one chip, and an unknown engine
    let one = Csf::parse(&[
        0xD4, 0, 0x14, 0x43, 0xB2, 0, 16, 0x77, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8,
    ])
    .unwrap();
    assert!(
        one.to_string().ends_with(
            "leave engine 77h unlocked (features 0x9), on the chip 0102030405060708 only"
        ),
        "{one}"
    );
}

#[test]
fn key_format_or_protocol_tell_an_encrypted_image() {
    let key = [
        0xD4, 0, 16, 0x42, 0xBE, 0, 12, 1, 0xBB, 0, 0, 0, 0x20, 0x00, 0x60, 0x00,
    ];
    let decrypt = [
        0xD4, 0, 16, 0x42, 0xCA, 0, 12, 0, 0x00, 0xA3, 0x1B, 0, 0, 0, 0x0F, 0x58,
    ];
    assert!(Csf::parse(&key).unwrap().encrypted() && Csf::parse(&decrypt).unwrap().encrypted());
}

#[test]
fn a_cut_csf_keeps_the_commands_before_the_cut() {
    for len in 0..SIGNED.len() {
        match Csf::parse(&SIGNED[..len]) {
            Ok(csf) => assert_eq!(
                csf.problem,
                Some(format!("its header says 80 bytes, but {len} are there"))
            ),
            Err(error) => assert!(
                len < 4 && error.to_string().starts_with("CSF: it begins with"),
                "{error}"
            ),
        }
    }
}

#[test]
fn a_command_of_length_0_ends_the_list() {
    let csf = Csf::parse(&[0xD4, 0, 12, 0x40, 0xC0, 0, 4, 0, 0xCC, 0, 0, 0]).unwrap();
    assert_eq!(
        csf.commands,
        [CsfCommand::Other {
            tag: 0xC0,
            length: 4
        }]
    );
    assert_eq!(
        csf.problem.unwrap(),
        "the command at offset 0x8 says 0 bytes, but 4 are left"
    );
}

#[test]
fn random_bytes_do_not_panic() {
    let mut seed = 3u32;
    for _ in 0..20_000 {
        let mut bytes = SIGNED.to_vec();
        for _ in 0..4 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            bytes[(seed >> 16) as usize % SIGNED.len()] = seed as u8;
        }
        let _ = Csf::parse(&bytes).map(|csf| (csf.to_string(), csf.encrypted(), csf.blocks()));
    }
}
