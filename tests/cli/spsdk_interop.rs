//! SPSDK's nxpimage reads what rtboot builds, and rtboot reads what nxpimage builds.
//!
//! `RTBOOT_NXPIMAGE` names the program (`pip install spsdk==3.12.0` brings it). Without it the test prints so and passes: one in
//! PATH could be of any version. SPSDK takes seconds to start, so everything is asked of one process.

use std::path::PathBuf;
use std::process::Command;

use crate::kit::app_bytes;
use crate::kit::cli::Cli;
use serde_json::json;

/// Runs the program once for each list of arguments in the file, in one interpreter.
const DRIVER: &str = "\
import json, runpy, sys
program, todo = sys.argv[1], json.load(open(sys.argv[2]))
for argv in todo:
    sys.argv = [program, *argv]
    try:
        runpy.run_path(program, run_name='__main__')
    except SystemExit as end:
        if end.code:
            sys.exit(f'failed: {argv}')
";

/// The program, when it is named.
fn nxpimage() -> Option<PathBuf> {
    let program = std::env::var_os("RTBOOT_NXPIMAGE").map(PathBuf::from);
    if program.is_none() {
        println!("skipped: RTBOOT_NXPIMAGE=PROGRAM names no nxpimage of SPSDK");
    }
    program
}

/// What is asked of nxpimage, all at once.
struct Spsdk {
    program: PathBuf,
    cli: Cli,
    todo: Vec<Vec<String>>,
}

impl Spsdk {
    fn path(&self, name: &str) -> String {
        self.cli.path(name).display().to_string()
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.cli.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// One more command for [`Spsdk::run`].
    fn ask(&mut self, args: &[&str]) {
        self.todo
            .push(args.iter().map(ToString::to_string).collect());
    }

    /// The interpreter that the program's first line names.
    fn interpreter(&self) -> String {
        let bytes = std::fs::read(&self.program).unwrap_or_default();
        let first = bytes
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let first = String::from_utf8_lossy(first);
        let named = first.strip_prefix("#!").map(str::trim);
        named.unwrap_or("python3").to_owned()
    }

    #[track_caller]
    fn run(&mut self) {
        let todo = json!(std::mem::take(&mut self.todo)).to_string();
        let todo = self.cli.file("todo.json", todo);
        let mut command = Command::new(self.interpreter());
        // settings and cache of its own; without any cache 3.12.0 knows no chip
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SPSDK_") {
                command.env_remove(name);
            }
        }
        for name in ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            command.env(name, self.cli.path("home"));
        }
        let output = command
            .args(["-c", DRIVER])
            .arg(&self.program)
            .arg(todo)
            .output()
            .expect("an interpreter");
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// Equal bytes; else where they differ first.
#[track_caller]
fn same(name: &str, theirs: &[u8], ours: &[u8]) {
    let first = theirs.iter().zip(ours).position(|(a, b)| a != b);
    assert!(
        theirs == ours,
        "{name}: {} and {} bytes, first difference at {first:x?}",
        theirs.len(),
        ours.len()
    );
}

const PARTS: [&str; 3] = ["IS25LP064A", "MT25QL128ABA", "W25Q256JV"];
/// Name, address of the vector table, and whether a DCD sets its RAM up.
const APPS: [(&str, u32, bool); 3] = [
    ("flash", 0x6000_2000, false),
    ("dtcm", 0x2000_2000, false),
    ("sdram", 0x8000_2000, true),
];

#[test]
fn nxpimage_and_rtboot_read_each_other() {
    let Some(program) = nxpimage() else { return };
    let mut spsdk = Spsdk {
        program,
        cli: Cli::without_board(),
        todo: Vec::new(),
    };
    for part in PARTS {
        ask_for_block(&mut spsdk, part);
    }
    let templates = spsdk.path("templates");
    spsdk.ask(&[
        "bootable-image",
        "fcb",
        "get-templates",
        "-f",
        "mimxrt1020",
        "-o",
        &templates,
    ]);
    for (name, table, dcd) in APPS {
        ask_for_container(&mut spsdk, name, table, dcd);
    }
    ask_for_whole(&mut spsdk);
    spsdk.run();

    for part in PARTS {
        let [ours, yaml] = ["bin", "theirs.yaml"].map(|end| spsdk.path(&format!("{part}.{end}")));
        let diff = spsdk.cli.run_bare(&["fcb", "diff", &yaml, &ours]);
        diff.says(0, &["they are equal"]);
        same(
            part,
            &spsdk.bytes(&format!("{part}.theirs.bin")),
            &spsdk.bytes(&format!("{part}.bin")),
        );
    }
    let template = spsdk.path("templates/fcb_mimxrt1020_flexspi_nor.yaml");
    spsdk
        .cli
        .run_bare(&["fcb", "show", &template])
        .says(0, &["SPSDK's YAML", "V1.4.0"]);
    for (name, _, dcd) in APPS {
        container_is_the_same(&spsdk, name, dcd);
    }
    whole_is_the_same(&spsdk);
}

/// Our 512 bytes as their YAML, our YAML as their 512 bytes.
fn ask_for_block(spsdk: &mut Spsdk, part: &str) {
    let [ours, own, yaml, theirs] = ["bin", "yaml", "theirs.yaml", "theirs.bin"]
        .map(|end| spsdk.path(&format!("{part}.{end}")));
    for file in [&ours, &own] {
        spsdk
            .cli
            .run_bare(&["fcb", "build", part, "-o", file])
            .says(0, &[]);
    }
    let parse = [
        "bootable-image",
        "fcb",
        "parse",
        "-f",
        "mimxrt1020",
        "-m",
        "flexspi_nor",
    ];
    spsdk.ask(&[&parse[..], &["-b", &ours, "-o", &yaml]].concat());
    spsdk.ask(&["bootable-image", "fcb", "export", "-c", &own, "-o", &theirs]);
}

/// An application for that address: the example in flash, a made-up one in RAM.
fn application(table: u32) -> Vec<u8> {
    if table == 0x6000_2000 {
        return app_bytes("blinky.bin");
    }
    let mut bytes = [0x2001_0000, table + 0x101].map(u32::to_le_bytes).concat();
    bytes.extend((8..0x1234_u32).map(|at| (at * 7) as u8));
    bytes
}

/// A check and writes to a controller's registers.
const DCD: [u8; 36] = [
    0xD2, 0x00, 0x24, 0x41, // header
    0xCC, 0x00, 0x14, 0x04, 0x40, 0x2F, 0x00, 0x00, 0x10, 0x00, 0x00, 0x04, 0x40, 0x2F, 0x00, 0x08,
    0x00, 0x03, 0x05, 0x24, 0xCF, 0x00, 0x0C, 0x1C, 0x40, 0x2F, 0x00, 0x3C, 0x00, 0x00, 0x00, 0x01,
];

/// Our container taken apart by them, and theirs of the same application.
fn ask_for_container(spsdk: &mut Spsdk, name: &str, table: u32, dcd: bool) {
    let app = spsdk
        .cli
        .file(&format!("{name}.app.bin"), application(table));
    let table_file = spsdk.cli.file("dcd.bin", DCD);
    let [ours, theirs, parts] =
        ["ours.bin", "theirs.bin", "parts"].map(|end| spsdk.path(&format!("{name}.{end}")));
    let base = format!("{table:#x}");
    let mut build = vec![
        "image",
        "build",
        &app,
        "--base",
        &base,
        "--no-padding",
        "--fill",
        "0",
        "-o",
        &ours,
    ];
    if dcd {
        build.extend(["--dcd", &table_file]);
    }
    spsdk.cli.run_bare(&build).says(0, &[]);
    spsdk.ask(&[
        "hab",
        "parse",
        "-f",
        "mimxrt1020",
        "-b",
        &ours,
        "-o",
        &parts,
    ]);
    let shown = spsdk
        .cli
        .run_bare(&["--json", "image", "show", &ours])
        .last();
    let config = format!(
        "options:\n  flags: 0\n  family: mimxrt1020\n  startAddress: {:#x}\n  ivtOffset: 0x1000\n  initialLoadSize: 0x2000\n  \
         entryPointAddress: {}\n{}inputImageFile: {app}\nsections: []\n",
        table - 0x2000,
        shown["ivt"]["entry"],
        if dcd {
            format!("  DCDFilePath: {table_file}\n")
        } else {
            String::new()
        },
    );
    let config = spsdk.cli.file(&format!("{name}.yaml"), config);
    spsdk.ask(&["hab", "export", "-c", &config, "-o", &theirs]);
}

fn container_is_the_same(spsdk: &Spsdk, name: &str, dcd: bool) {
    let file = |end: &str| spsdk.bytes(&format!("{name}.{end}"));
    let ours = file("ours.bin");
    assert_eq!(file("parts/ivt.bin")[..32], ours[..32], "{name}");
    assert_eq!(file("parts/bdt.bin")[..12], ours[0x20..0x2C], "{name}");
    same(name, &file("parts/application.bin"), &file("app.bin"));
    if dcd {
        same(name, &file("parts/dcd.bin"), &DCD);
    }
    same(name, &file("theirs.bin"), &ours);
    let show = |end: &str| {
        spsdk
            .cli
            .run_bare(&[
                "--json",
                "image",
                "show",
                &spsdk.path(&format!("{name}.{end}")),
            ])
            .last()
    };
    let (theirs, ours) = (show("theirs.bin"), show("ours.bin"));
    for key in ["kind", "ivt", "boot_data", "dcd", "vectors"] {
        assert_eq!(theirs[key], ours[key], "{name}: {key}");
    }
}

/// Our whole image taken apart by them, and theirs of the same block and container.
fn ask_for_whole(spsdk: &mut Spsdk) {
    let [whole, app, parts, theirs] = [
        "whole.bin",
        "flash.app.bin",
        "whole.parts",
        "whole.theirs.bin",
    ]
    .map(|name| spsdk.path(name));
    let build = ["image", "build", &app, "--fcb", "IS25LP064A", "-o", &whole];
    spsdk.cli.run_bare(&build).says(0, &[]);
    let parse = [
        "bootable-image",
        "parse",
        "-f",
        "mimxrt1020",
        "-m",
        "flexspi_nor",
    ];
    spsdk.ask(&[&parse[..], &["-b", &whole, "-o", &parts]].concat());
    let config = format!(
        "family: mimxrt1020\nrevision: latest\nmemory_type: flexspi_nor\nfcb: {}\nhab_container: {}\n",
        spsdk.path("IS25LP064A.bin"),
        spsdk.path("flash.ours.bin"),
    );
    let config = spsdk.cli.file("whole.yaml", config);
    spsdk.ask(&["bootable-image", "export", "-c", &config, "-o", &theirs]);
}

fn whole_is_the_same(spsdk: &Spsdk) {
    let ours = spsdk.bytes("whole.bin");
    same(
        "FCB",
        &spsdk.bytes("whole.parts/segment_fcb.bin"),
        &ours[..512],
    );
    same(
        "container",
        &spsdk.bytes("whole.parts/segment_hab_container.bin"),
        &ours[0x1000..],
    );
    let theirs = spsdk.bytes("whole.theirs.bin");
    same("FCB and gap", &theirs[..0x1000], &ours[..0x1000]);
    same("application", &theirs[0x2000..], &ours[0x2000..]);
}
