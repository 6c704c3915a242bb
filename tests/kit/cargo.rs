//! What cargo says of this workspace: for the host's platform only, because nothing else was downloaded for the build of a test.

use std::process::Command;

use serde_json::Value;

use super::root;

/// The platform that tests are built for: rtboot's tests are never cross-compiled.
fn host() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let output = Command::new(rustc).arg("-vV").output().expect("rustc");
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

/// Output of a cargo command that must succeed offline.
pub fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(args)
        .args(["--locked", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {args:?}: {error}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// `cargo metadata`. `RTBOOT_ALL_PLATFORMS` asks for every platform; `cargo fetch --locked` must have run before.
pub fn metadata() -> Value {
    let host = host();
    let mut args = vec!["metadata", "--format-version", "1"];
    if std::env::var_os("RTBOOT_ALL_PLATFORMS").is_none() {
        args.extend(["--filter-platform", &host]);
    }
    serde_json::from_str(&cargo(&args)).expect("JSON")
}
