//! SPSDK's nxpimage reads what rtboot builds, and rtboot reads what nxpimage builds.
//!
//! `RTBOOT_NXPIMAGE` names the program, else it is looked for in PATH (`pip install spsdk`). Without it the tests say so and pass.

mod cli_rig;

use std::path::PathBuf;
use std::process::Command;

use cli_rig::{Cli, app_bytes};

/// The program, when it is there and runs.
fn nxpimage() -> Option<PathBuf> {
    let program =
        std::env::var_os("RTBOOT_NXPIMAGE").map_or_else(|| "nxpimage".into(), PathBuf::from);
    match Command::new(&program).arg("--version").output() {
        Ok(output) if output.status.success() => Some(program),
        _ => {
            println!(
                "skipped: SPSDK's nxpimage is not here (pip install spsdk, or RTBOOT_NXPIMAGE=PROGRAM)"
            );
            None
        }
    }
}

struct Spsdk {
    program: PathBuf,
    cli: Cli,
}

impl Spsdk {
    fn here() -> Option<Spsdk> {
        Some(Spsdk {
            program: nxpimage()?,
            cli: Cli::without_board(),
        })
    }

    fn path(&self, name: &str) -> String {
        self.cli.path(name).display().to_string()
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.cli.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    #[track_caller]
    fn run(&self, args: &[&str]) {
        let output = Command::new(&self.program)
            .args(args)
            .output()
            .expect("it ran before");
        assert!(
            output.status.success(),
            "nxpimage {args:?}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// Equal bytes; else where they differ first.
#[track_caller]
fn same(theirs: &[u8], ours: &[u8]) {
    let first = theirs.iter().zip(ours).position(|(a, b)| a != b);
    assert!(
        theirs == ours,
        "{} and {} bytes, first difference at {first:x?}",
        theirs.len(),
        ours.len()
    );
}

#[test]
fn blocks_go_both_ways() {
    let Some(spsdk) = Spsdk::here() else { return };
    for part in ["IS25LP064A", "MT25QL128", "W25Q256JV"] {
        let (ours, yaml, theirs) = (
            spsdk.path("ours.bin"),
            spsdk.path("theirs.yaml"),
            spsdk.path("theirs.bin"),
        );
        spsdk
            .cli
            .run_bare(&["fcb", "build", part, "-o", &ours])
            .says(0, &[]);
        let fcb = ["bootable-image", "fcb"];
        spsdk.run(
            &[
                &fcb[..],
                &[
                    "parse",
                    "-f",
                    "mimxrt1020",
                    "-m",
                    "flexspi_nor",
                    "-b",
                    &ours,
                    "-o",
                    &yaml,
                ],
            ]
            .concat(),
        );
        spsdk
            .cli
            .run_bare(&["fcb", "diff", &yaml, &ours])
            .says(0, &["they are equal"]);

        let own = spsdk.path("ours.yaml");
        spsdk
            .cli
            .run_bare(&["fcb", "build", part, "-o", &own])
            .says(0, &[]);
        spsdk.run(&[&fcb[..], &["export", "-c", &own, "-o", &theirs]].concat());
        same(&spsdk.bytes("theirs.bin"), &spsdk.bytes("ours.bin"));
    }
}

#[test]
fn images_go_both_ways() {
    let Some(spsdk) = Spsdk::here() else { return };
    let app = spsdk.cli.file("app.bin", app_bytes("blinky.bin"));
    let (whole, container) = (spsdk.path("whole.bin"), spsdk.path("container.bin"));
    spsdk
        .cli
        .run_bare(&["image", "build", &app, "--fcb", "IS25LP064A", "-o", &whole])
        .says(0, &[]);
    spsdk
        .cli
        .run_bare(&[
            "image",
            "build",
            &app,
            "--no-padding",
            "--fill",
            "0",
            "-o",
            &container,
        ])
        .says(0, &[]);

    // it finds our FCB and our container
    let parts = spsdk.path("parts");
    spsdk.run(&[
        "bootable-image",
        "parse",
        "-f",
        "mimxrt1020",
        "-m",
        "flexspi_nor",
        "-b",
        &whole,
        "-o",
        &parts,
    ]);
    assert_eq!(
        spsdk.bytes("parts/segment_fcb.bin"),
        spsdk.bytes("whole.bin")[..512]
    );
    same(
        &spsdk.bytes("parts/segment_hab_container.bin"),
        &spsdk.bytes("whole.bin")[0x1000..],
    );

    // it finds our IVT and our application
    let hab = spsdk.path("hab");
    spsdk.run(&[
        "hab",
        "parse",
        "-f",
        "mimxrt1020",
        "-b",
        &container,
        "-o",
        &hab,
    ]);
    let ours = spsdk.bytes("container.bin");
    assert_eq!(spsdk.bytes("hab/ivt.bin")[..32], ours[..32]);
    assert_eq!(spsdk.bytes("hab/bdt.bin")[..12], ours[0x20..0x2C]);
    same(
        &spsdk.bytes("hab/application.bin"),
        &app_bytes("blinky.bin"),
    );

    // it builds the same container of the same application, and we take that for what it is
    let shown = spsdk
        .cli
        .run_bare(&["--json", "image", "show", &whole])
        .last();
    let config = format!(
        "options:\n  flags: 0\n  family: mimxrt1020\n  startAddress: 0x60000000\n  ivtOffset: 0x1000\n  initialLoadSize: 0x2000\n  \
         entryPointAddress: {}\ninputImageFile: {app}\nsections: []\n",
        shown["ivt"]["entry"]
    );
    let (config, theirs) = (spsdk.cli.file("hab.yaml", config), spsdk.path("theirs.bin"));
    spsdk.run(&["hab", "export", "-c", &config, "-o", &theirs]);
    same(&spsdk.bytes("theirs.bin"), &ours);
    let seen = spsdk
        .cli
        .run_bare(&["--json", "image", "show", &theirs])
        .last();
    assert_eq!(
        (&seen["ivt"], &seen["boot_data"]),
        (&shown["ivt"], &shown["boot_data"]),
        "{seen}"
    );
}
