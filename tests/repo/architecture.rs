//! Holds ARCHITECTURE.md's rules about crates against what cargo says: who depends on whom, and what the library needs.

use std::collections::{BTreeMap, BTreeSet};

/// Crates of this workspace, each with those that it may depend on.
const LAYERS: &[(&str, &[&str])] = &[
    ("rtboot-finding", &[]),
    ("rtboot-chip", &[]),
    ("rtboot-wire", &[]),
    ("rtboot-ledger", &[]),
    ("rtboot-sealed", &["rtboot-wire", "rtboot-ledger"]),
    ("rtboot-loader-image", &[]),
    ("rtboot-sim", &[]),
    ("rtboot-fcb", &["rtboot-finding", "rtboot-chip"]),
    (
        "rtboot-bootable",
        &["rtboot-finding", "rtboot-chip", "rtboot-fcb"],
    ),
    (
        "rtboot",
        &[
            "rtboot-finding",
            "rtboot-chip",
            "rtboot-wire",
            "rtboot-loader-image",
            "rtboot-sim",
            "rtboot-fcb",
            "rtboot-bootable",
            "rtboot-ledger",
            "rtboot-sealed",
        ],
    ),
];

/// Outside crates that exactly one crate of ours may use.
const ONE_USER: &[(&str, &str)] = &[
    ("hidapi", "rtboot"),
    ("nusb", "rtboot"),
    ("serialport", "rtboot"),
    ("clap", "rtboot"),
    ("indicatif", "rtboot"),
    ("ratatui", "rtboot"),
    ("signal-hook", "rtboot"),
    ("crc", "rtboot-wire rtboot-sim"), // the virtual board shares no code
    ("lz4_flex", "rtboot rtboot-sim"),
    ("object", "rtboot-bootable"),
    ("rusqlite", "rtboot-ledger"),
    ("postgres", "rtboot-ledger"),
    ("csv", "rtboot-ledger rtboot-sealed"),
    ("zip", "rtboot-sealed"),
    ("ed25519-dalek", "rtboot-sealed"),
    ("x25519-dalek", "rtboot-sealed"),
    ("chacha20poly1305", "rtboot-sealed"),
    ("bech32", "rtboot-sealed"),
    ("form_urlencoded", "rtboot"),
    ("http-body-util", "rtboot"),
    ("hyper", "rtboot"),
    ("hyper-util", "rtboot"),
    ("jiff", "rtboot"),
    ("maud", "rtboot"),
    ("tokio", "rtboot"),
    ("toml", "rtboot-fcb rtboot rtboot-sealed"),
];

/// The normal dependencies of each crate of the workspace.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = crate::kit::cargo::metadata();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let members: BTreeSet<String> = metadata["workspace_members"]
        .as_array()
        .expect("members")
        .iter()
        .map(text)
        .collect();
    let packages = metadata["packages"].as_array().expect("packages").iter();
    packages
        .filter(|package| members.contains(&text(&package["id"])))
        .map(|package| {
            let all = package["dependencies"].as_array().expect("dependencies");
            let normal = all.iter().filter(|dependency| dependency["kind"].is_null());
            let names = normal.map(|dependency| text(&dependency["name"])).collect();
            (text(&package["name"]), names)
        })
        .collect()
}

#[test]
fn crates_depend_on_lower_layers_only() {
    let found = dependencies();
    let known: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    let names: BTreeSet<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(names, known, "every crate has a row in LAYERS");
    for (name, allowed) in LAYERS {
        let ours = found[*name]
            .iter()
            .filter(|dependency| known.contains(dependency.as_str()));
        for dependency in ours {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{name} depends on {dependency}"
            );
        }
    }
}

#[test]
fn outside_crates_have_one_user_each() {
    for (name, dependencies) in dependencies() {
        for (outside, users) in ONE_USER {
            let allowed = users.split(' ').any(|user| user == name);
            assert!(
                allowed || !dependencies.contains(*outside),
                "{name} depends on {outside}"
            );
        }
    }
}

#[test]
fn library_alone_needs_few_crates() {
    let tree = crate::kit::cargo::cargo(&[
        "tree",
        "--package",
        "rtboot",
        "--no-default-features",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    let name = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let crates: BTreeSet<String> = tree.lines().filter_map(name).collect();
    assert!(crates.contains("rtboot-bootable"), "{crates:?}");
    for unwanted in [
        "clap",
        "indicatif",
        "ratatui",
        "toml",
        "rtboot-sim",
        "hidapi",
        "nusb",
        "serialport",
    ] {
        assert!(!crates.contains(unwanted), "{unwanted} in {crates:?}");
    }
    assert!(crates.len() < 40, "{} crates: {crates:?}", crates.len());
}

#[test]
fn every_crate_takes_the_workspace_lints() {
    let folders = [
        ".",
        "finding",
        "chip",
        "wire",
        "fcb",
        "bootable",
        "sim",
        "loader/image",
        "ledger",
        "sealed",
    ];
    for folder in folders {
        let path = crate::kit::root().join(folder).join("Cargo.toml");
        let text = std::fs::read_to_string(&path).expect("a manifest");
        assert!(text.contains("[lints]\nworkspace = true"), "{folder}");
    }
}
