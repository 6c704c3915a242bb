//! The public files by name: where they lie in a check-out, and what they must hold.

use std::path::PathBuf;

/// One public file.
pub struct Golden {
    /// Its name in `docs/dev/goldens.md` and in the tests.
    pub name: &'static str,
    /// Its place in the folder of check-outs.
    pub path: &'static str,
    /// SHA-256 of its bytes, as published.
    pub sha256: &'static str,
}

/// A file of the check-outs; `None`, and a sentence, when there are none.
pub fn public(path: &str) -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("RTBOOT_PUBLIC_FILES") else {
        println!("skipped: RTBOOT_PUBLIC_FILES names no folder with the public files");
        return None;
    };
    let path = PathBuf::from(folder).join(path);
    Some(std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// A file of the list, which must be the published one.
pub fn golden(name: &str) -> Option<Vec<u8>> {
    let golden = GOLDENS.iter().find(|golden| golden.name == name);
    let golden = golden.unwrap_or_else(|| panic!("{name} is not in the list"));
    let bytes = public(golden.path)?;
    assert_eq!(super::hash(&bytes), golden.sha256, "{}", golden.path);
    Some(bytes)
}

#[rustfmt::skip]
pub const GOLDENS: &[Golden] = &[
    Golden {
        name: "rt102x/flex_spi.fcb", sha256: "7dfbd0296742c2883b398eeca8a6eaabb40692ad4bcec689d7a94907c0e88c5d",
        path: "spsdk/tests/mcu_examples/data/rt102x/flex_spi.fcb",
    },
    Golden {
        name: "mimxrt1010/fcb.bin", sha256: "733669fd03e4b9411b4a2aceccb77f9b07743c50443ba8ee44e018f8e0765548",
        path: "spsdk/tests/nxpimage/data/bootable_image/mimxrt1010/flexspi_nor/fcb.bin",
    },
    Golden {
        name: "rt105x_flex_spi.fcb", sha256: "44aa9b3a07c0e511ca363e84b554be8ef4b7a7c56721bbbbbb7d553eeaf9cad3",
        path: "spsdk/tests/image/segments/data/rt105x_flex_spi.fcb",
    },
    Golden {
        name: "mimxrt1050/fcb.bin", sha256: "1d18d7754d290fb58d694f0543497f139d520b2426891edae30867663f5bff2a",
        path: "spsdk/tests/nxpimage/data/bootable_image/mimxrt1050/flexspi_nor/fcb_hab/fcb.bin",
    },
    Golden {
        name: "rt106x/fcb.bin", sha256: "1a061586330ae8ab3a7eee885c294f3513b1189b00ff2bef97dfbe17f604ce4d",
        path: "spsdk/tests/nxpimage/data/fcb/rt106x/fcb.bin",
    },
    Golden {
        name: "sip_flash_config.bin", sha256: "3bdcab20a09f0228e30cec303f010bf70fefc8f69fbafc69eeb8e434c3d63abd",
        path: "NXP-MCUBootUtility/src/targets/MIMXRT1064/sip_flash_config.bin",
    },
    Golden {
        name: "1bit_sdr_flashA.bin", sha256: "59c5ba3051bdeb8427388a45a807343a2e6d0b0810e3bd775ae8c312a40e28a8",
        path: "NXP-MCUBootUtility/src/targets/fdcb_model/cfg_fdcb_RTxxx_1bit_sdr_flashA.bin",
    },
    Golden {
        name: "1bit_sdr_flashB.bin", sha256: "ef5aebc26500366509b865b0ed704b92ec3230b179c8c345378fe6dc83671735",
        path: "NXP-MCUBootUtility/src/targets/fdcb_model/cfg_fdcb_RTxxx_1bit_sdr_flashB.bin",
    },
    Golden {
        name: "rt102x/ext_FLASH.bin", sha256: "26df245f182dd16f3f047d704930b5e3571d028bc489bbcd8d07015aca359e31",
        path: "spsdk/tests/mcu_examples/data/rt102x/evkmimxrt1020_iled_blinky_ext_FLASH.bin",
    },
    Golden {
        name: "rt102x/int_RAM.bin", sha256: "adc0123a4f831c999f74283505bf55afc7b9b7388f5347cec67152b8c00360f9",
        path: "spsdk/tests/mcu_examples/data/rt102x/evkmimxrt1020_iled_blinky_int_RAM.bin",
    },
    Golden {
        name: "rt102x/SDRAM.bin", sha256: "d447fbb261cb59a689281db5cf06a60a4ed9948f73db8b99cc36676adf051897",
        path: "spsdk/tests/mcu_examples/data/rt102x/evkmimxrt1020_iled_blinky_SDRAM.bin",
    },
    Golden {
        name: "dcd_SDRAM.bin", sha256: "ac88776c791d1f75f2a23430cecc5bb5be516e0d6948ce39d4ccbd9b557f1424",
        path: "spsdk/tests/mcu_examples/data/rt102x/dcd_SDRAM.bin",
    },
    Golden {
        name: "rt102x/ivt_flashloader.bin", sha256: "8d39a47e46ccb1e6916121e0eced7eb56303721243c3cfc8b90d3a4b6373cf75",
        path: "spsdk/tests/mcu_examples/data/rt102x/ivt_flashloader.bin",
    },
    Golden {
        name: "SDRAM_sdhc_encrypted.bin", sha256: "f546d5b2cce7841c045ddc9ac5f0def81f036baaee52a935e2a4edcfee2651f3",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_SDRAM_sdhc_encrypted.bin",
    },
    Golden {
        name: "SDRAM_sdhc_signed.bin", sha256: "f546d5b2cce7841c045ddc9ac5f0def81f036baaee52a935e2a4edcfee2651f3",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_SDRAM_sdhc_signed.bin",
    },
    Golden {
        name: "SDRAM_sdhc_unsigned.bin", sha256: "670f1dfb2c74c7b20d985001e03f813adb0f8557c86eb4108ffa088301dea8fd",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_SDRAM_sdhc_unsigned.bin",
    },
    Golden {
        name: "SDRAM_unsigned.bin", sha256: "ee66b88e2f7d384f16f4b349e23bbd84a24ce2db4b779bb32153be8eb7d69cd2",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_SDRAM_unsigned.bin",
    },
    Golden {
        name: "SDRAM_unsigned_nopadding.bin", sha256: "11231a2d55e29dc2de05a573f5c0b0aa1d2b044f11004bf4b944e022eec0830c",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_SDRAM_unsigned_nopadding.bin",
    },
    Golden {
        name: "ext_FLASH_bee_otmpk.bin", sha256: "95fe1a2f4270aba4f90bec1ff4636bb24112f54af0017f271b7f59e5a685d689",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_ext_FLASH_bee_otmpk.bin",
    },
    Golden {
        name: "ext_FLASH_bee_userkey_unsigned.bin", sha256: "e2618f1b1878fd574fa740b638194f6529ca9c8f1b5caf9921354b208b174787",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_ext_FLASH_bee_userkey_unsigned.bin",
    },
    Golden {
        name: "ext_FLASH_signed_key1.bin", sha256: "5e3383093592dd79d12b11e3076074c49bdaf9821c0d2e7321033df2fe25433e",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_ext_FLASH_signed_key1.bin",
    },
    Golden {
        name: "ext_FLASH_signed_key1_nopadding.bin", sha256: "95fe1a2f4270aba4f90bec1ff4636bb24112f54af0017f271b7f59e5a685d689",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_ext_FLASH_signed_key1_nopadding.bin",
    },
    Golden {
        name: "ext_FLASH_signed_key4.bin", sha256: "9799c18332ad6dd7a74cc35b38b2f7395f40952947b7759d7471904d2d9d5bf0",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_ext_FLASH_signed_key4.bin",
    },
    Golden {
        name: "ext_FLASH_signed_key4_nopadding.bin", sha256: "5946b38e9fa2772840032ccd09b1b1e75f68d90e95701778cb5ac72bbb93aef6",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_ext_FLASH_signed_key4_nopadding.bin",
    },
    Golden {
        name: "ext_FLASH_unsigned.bin", sha256: "a28de1b5fc6b943896b9a4d1ee7232222f4942fefcf4d187157ebbefc99eeac4",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_ext_FLASH_unsigned.bin",
    },
    Golden {
        name: "ext_FLASH_unsigned_nopadding.bin", sha256: "d877b6d959a00364145abf5ea5d9e9a886fb11d467016b77baf2a14cee8ebf3b",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_ext_FLASH_unsigned_nopadding.bin",
    },
    Golden {
        name: "ext_FLASH_unsigned_nopadding.sb", sha256: "3f16aebd2185b13121df60beffa92c548bab3ec12e2438a29ae93e7caf89e323",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_ext_FLASH_unsigned_nopadding.sb",
    },
    Golden {
        name: "int_RAM_encrypted_key1.bin", sha256: "ab15f11a529e8c6bf6e7559c07d8156a4aabdcbf9d805f274cbb00a8d359ea4b",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_int_RAM_encrypted_key1.bin",
    },
    Golden {
        name: "int_RAM_encrypted_key1_nopadding.bin", sha256: "250423b97785f7c19f2e2a7e8e38b8a29044031fb3fd8b15d460877fba5da6f1",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_int_RAM_encrypted_key1_nopadding.bin",
    },
    Golden {
        name: "int_RAM_sdhc_signed.bin", sha256: "428d9f73a3d26d0c8b0e67416e090fde3b6d848af20579b85ba9903371c526ee",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_int_RAM_sdhc_signed.bin",
    },
    Golden {
        name: "int_RAM_sdhc_unsigned.bin", sha256: "b364b12f662a644f5e54558aba9998a3dd2678744721f00f68e9306f8ae63437",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_int_RAM_sdhc_unsigned.bin",
    },
    Golden {
        name: "int_RAM_unsigned.bin", sha256: "c014dee39a369ab06b2721ab2fce341a276964d175b7bbd552b4a6b87da524de",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_int_RAM_unsigned.bin",
    },
    Golden {
        name: "int_RAM_unsigned_nopadding.bin", sha256: "ee4594bea8fe9a458ecc18efd17dabaa6fd22b3cbc556b08c96d7d1d33f0149f",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/evkmimxrt1020_iled_blinky_int_RAM_unsigned_nopadding.bin",
    },
    Golden {
        name: "ivt_flashloader_signed.bin", sha256: "0574610670c47befdfc7e85dcc9a3467dc637ec92837db512f351bca505319c8",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/ivt_flashloader_signed.bin",
    },
    Golden {
        name: "ivt_flashloader_signed_nopadding.bin", sha256: "7a09620b7f0e618a0f87f9f311b639d488645fb1b5e6719da2324476552ec945",
        path: "spsdk/tests/mcu_examples/data/rt102x/output/ivt_flashloader_signed_nopadding.bin",
    },
    Golden {
        name: "hab_dek.bin", sha256: "66c39362c1e2ecfc300ce77d320f087560e2a4db57b8a72a4028eeb587d225f7",
        path: "spsdk/tests/mcu_examples/data/rt10xx/hab_dek.bin",
    },
    Golden {
        name: "SRK_fuses.bin", sha256: "67dacd81be86a23c97ec3194550aeaa4ddbcf3b31870c8933c645b222695c2c7",
        path: "spsdk/tests/mcu_examples/data/rt10xx/srk/SRK_fuses.bin",
    },
    Golden {
        name: "SRK_hash_table.bin", sha256: "cebaad12258d99eacffedf837adcf44ae01ad80d40a64cf8d4c5ba5bf11dbc53",
        path: "spsdk/tests/mcu_examples/data/rt10xx/srk/SRK_hash_table.bin",
    },
    Golden {
        name: "mimxrt1024/merged_image.bin", sha256: "fd323afff0494fb065fea82a2ebe666faaaf1897ebbfdd526a373dc116fc8e77",
        path: "spsdk/tests/nxpimage/data/bootable_image/mimxrt1024/flexspi_nor/merged_image.bin",
    },
    Golden {
        name: "mimxrt1015/merged_image.bin", sha256: "49cc2db53efd68376b8d0f0d21d67499223f3c24d5f85f0f6c803f29a97d03af",
        path: "spsdk/tests/nxpimage/data/bootable_image/mimxrt1015/flexspi_nor/merged_image.bin",
    },
    Golden {
        name: "mimxrt1010/merged_image.bin", sha256: "5a05d5ad0bf35df4d3db300709575ff766e131537354ca8d19cd4ac43e787db9",
        path: "spsdk/tests/nxpimage/data/bootable_image/mimxrt1010/flexspi_nor/merged_image.bin",
    },
    Golden {
        name: "mimxrt1064/merged_image.bin", sha256: "37a5afb34ba2b6ac536fe267ff83d32309d309e74716724a3e2c9cb6ae739608",
        path: "spsdk/tests/nxpimage/data/bootable_image/mimxrt1064/flexspi_nor/merged_image.bin",
    },
    Golden {
        name: "mimxrt1050/fcb_hab/merged_image.bin", sha256: "8a131eee727c3c4d1d6591a7fba1bcef0449f2daca4a5e20501d63a5c57daaee",
        path: "spsdk/tests/nxpimage/data/bootable_image/mimxrt1050/flexspi_nor/fcb_hab/merged_image.bin",
    },
    Golden {
        name: "mimxrt1050/fcb_bee_hab/merged_image.bin", sha256: "02c1b05a3cf95f94825b2cb093d73bf15fcc1cc322d25c75c9af79b9ba044ab2",
        path: "spsdk/tests/nxpimage/data/bootable_image/mimxrt1050/flexspi_nor/fcb_bee_hab/merged_image.bin",
    },
    Golden {
        name: "rt1050_xip_image_iar_authenticated/output.bin", sha256: "198350cfb2a14620e31c24a607da79a60d8c233010fff16c51fe2795af81d2a5",
        path: "spsdk/tests/nxpimage/data/hab/export/rt1050_xip_image_iar_authenticated/output.bin",
    },
    Golden {
        name: "rt1060_flashloader_authenticated_nocak/output.bin", sha256: "069bc72563139964d9a11b86ada80f4fc1e0639865092ff7f6f5e917f38a1641",
        path: "spsdk/tests/nxpimage/data/hab/export/rt1060_flashloader_authenticated_nocak/output.bin",
    },
    Golden {
        name: "rt1040_srk_revoke_command/output.bin", sha256: "b30fe3362ddc41e6ddeab78e64a20341e84d7a43fbc7c58c69024a2b8703931d",
        path: "spsdk/tests/nxpimage/data/hab/export/rt1040_srk_revoke_command/output.bin",
    },
    Golden {
        name: "MIMXRT1021/ivt_flashloader.bin", sha256: "00e78626456dba1aa0317ff63a80df82f7aa92972bb710a7ecb5f0f2d4361591",
        path: "NXP-MCUBootUtility/src/targets/MIMXRT1021/ivt_flashloader.bin",
    },
    Golden {
        name: "dtcm/ivt_flashloader.bin", sha256: "c0c620699ebe094c31c0cfdab5f9779448485303a51d4f11bd5ce34721c545e8",
        path: "NXP-MCUBootUtility/src/targets/MIMXRT1021/flexram_loader/dtcm/ivt_flashloader.bin",
    },
    Golden {
        name: "itcm/ivt_flashloader.bin", sha256: "29546cd172cee26be0e24276a95ab7b083d516bdb20b0429632e8393901f79f5",
        path: "NXP-MCUBootUtility/src/targets/MIMXRT1021/flexram_loader/itcm/ivt_flashloader.bin",
    },
    Golden {
        name: "flashloader.srec", sha256: "76139f2c64ac4c5895b0eda0c98444f170434481bcc05332924791471aa6b0ee",
        path: "NXP-MCUBootUtility/src/targets/MIMXRT1021/flashloader.srec",
    },
    Golden {
        name: "rt1060_sdp.bin", sha256: "d77c4d0776007d2d64e66ce47a061a82c173f28de3ec2e0eecd4d387e4ef02f4",
        path: "NXP-MCUBootUtility/src/targets/boot_log/rt1060_sdp.bin",
    },
    Golden {
        name: "led_blinky_0x60002000.srec", sha256: "9bb69de8a645058fea23a7626b7fd90e66e074cb34503947d5b4fea77430afdc",
        path: "NXP-MCUBootUtility/apps/NXP_MIMXRT1020-EVK_Rev.A2/led_blinky_0x60002000.srec",
    },
    Golden {
        name: "led_blinky_0x60003000.srec", sha256: "befcb48ed3456a10ffa8cf0eb6f555de49beab3ddc36bf174b8a2d4a9144f930",
        path: "NXP-MCUBootUtility/apps/NXP_MIMXRT1020-EVK_Rev.A2/led_blinky_0x60003000.srec",
    },
    Golden {
        name: "led_blinky_0x6000a000.srec", sha256: "00bc486444bf65e47102c74c26efebc087934a2e68e1edff26229425756857a5",
        path: "NXP-MCUBootUtility/apps/NXP_MIMXRT1020-EVK_Rev.A2/led_blinky_0x6000a000.srec",
    },
    Golden {
        name: "led_blinky_0x00002000.srec", sha256: "b59e150e2a47192d6da86c511c30a5fac293ef28fccc323743e5b590f8d9d968",
        path: "NXP-MCUBootUtility/apps/NXP_MIMXRT1020-EVK_Rev.A2/led_blinky_0x00002000.srec",
    },
    Golden {
        name: "led_blinky_0x80002000.srec", sha256: "e02a39d825c8262cf4f4d879036eb046e37eb7d5a4185be31cc7691847435d2b",
        path: "NXP-MCUBootUtility/apps/NXP_MIMXRT1020-EVK_Rev.A2/led_blinky_0x80002000.srec",
    },
    Golden {
        name: "led_blinky_0x60002000_iar.elf", sha256: "6aa967c88a9489d7a5e5e1bfb78c0db0a9346bda93c6409bc81dd3b5811f1382",
        path: "NXP-MCUBootUtility/apps/NXP_MIMXRT1020-EVK_Rev.A2/led_blinky_0x60002000_iar.elf",
    },
    Golden {
        name: "EVK100/led_blinky_0x60002000.srec", sha256: "5d2386adcc6e87fea7b781a706120d52119bd595c21572cafc7b7ff9b635507b",
        path: "NXP-MCUBootUtility/apps/NXP_MIMXRT1020-EVK100_Rev.A2/led_blinky_0x60002000.srec",
    },
    Golden {
        name: "led_blinky_0x60002000_fdcb.bin", sha256: "1289a5e6bf8a0a5d90b0d2b1e1cfc9fe13e63f2234e13c10201ed29a8eacbb10",
        path: "NXP-MCUBootUtility/apps/NXP_MIMXRT1060-EVKB_Rev.B/led_blinky_0x60002000_fdcb.bin",
    },
    Golden {
        name: "led_blinky_0x60005000_fdcb_ivt.bin", sha256: "a99c7379459bb3278f449a3ecea8cc25b4fd27cbbd863ddf6a84ac3bb755adc1",
        path: "NXP-MCUBootUtility/apps/NXP_MIMXRT1060-EVK_Rev.A1/led_blinky_0x60005000_fdcb_ivt.bin",
    },
    Golden {
        name: "led_blinky_0x60005000_fdcb_ivt_dcd.bin", sha256: "1bb0b5f14171cb18f3b863c007490903c49af2ae4df6d34a334a9fa53d5d30ad",
        path: "NXP-MCUBootUtility/apps/NXP_MIMXRT1060-EVK_Rev.A1/led_blinky_0x60005000_fdcb_ivt_dcd.bin",
    },
];
