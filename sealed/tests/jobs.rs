//! Jobs are packed, opened, damaged, and turned into bytes.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use rtboot_sealed::{
    Error, Identity, Job, PublicKey, Recipient, SecretKey, UnitNumber, open, pack, seal_column,
};

/// A key of the tests, which seals nothing else.
fn key() -> SecretKey {
    let text = format!("rtboot secret key 1\n{}\n", "07".repeat(32));
    SecretKey::from_text(&text).expect("a key")
}

const JOB: &str = r#"
format = 1
name = "thermostat"
chip = "rt1021"
image = "app.bin"
fcb = "IS25LP064A"
units = 500

[[pool]]
name = "sn"
kind = "serial"
format = "RT{value:06}{check:luhn}"
first = 1
last = 999999

[[pool]]
name = "mac"
kind = "mac"
first = "00:1b:c5:00:00:00"
last = "00:1b:c5:00:00:ff"
step = 2

[[pool]]
name = "key"
kind = "list"
file = "keys.csv"
column = "key"

[[field]]
at = 0x60040000
size = 16
from = { pool = "sn" }
as = "c-string"

[[field]]
at = 0x60040010
size = 8
from = { pool = "mac" }
as = "mac"

[[table]]
at = 0x60041000
size = 64

[[table.record]]
tag = 1
from = { pool = "key" }
as = "hex"

[[table.record]]
tag = 2
from = "unique-id"
as = "hex"
"#;

fn files(folder: &Path, job: &str) -> std::path::PathBuf {
    std::fs::write(folder.join("app.bin"), [0x5A; 300]).expect("written");
    std::fs::write(
        folder.join("keys.csv"),
        "\u{FEFF}row, key\n1,00112233\n2,44556677\n",
    )
    .expect("written");
    let file = folder.join("job.toml");
    std::fs::write(&file, job).expect("written");
    file
}

fn packed() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    pack(&files(folder.path(), JOB), &key()).expect("packed")
}

fn numbers(sn: i64) -> BTreeMap<String, UnitNumber> {
    let number = |value: i64, text: &str| UnitNumber {
        value,
        text: text.to_owned(),
    };
    BTreeMap::from([
        ("sn".to_owned(), number(sn, "RT0000018")),
        (
            "mac".to_owned(),
            number(0x001B_C500_0002, "00:1b:c5:00:00:02"),
        ),
        ("key".to_owned(), number(1, "00112233")),
    ])
}

#[test]
fn a_unit_gets_its_bytes() {
    let sealed = open(&packed(), &[key().public()]).expect("opened");
    let patches = sealed
        .job
        .patches("0123456789abcdef", &numbers(1))
        .expect("patches");
    assert_eq!(patches.len(), 3);
    assert_eq!(
        (patches[0].at, &patches[0].bytes[..]),
        (0x6004_0000, &b"RT0000018\0\xFF\xFF\xFF\xFF\xFF\xFF"[..])
    );
    assert_eq!(patches[1].bytes, [0x00, 0x1B, 0xC5, 0, 0, 2, 0xFF, 0xFF]);
    let table = &patches[2].bytes;
    let records = [
        1, 0, 4, 0, 0x00, 0x11, 0x22, 0x33, 2, 0, 8, 0, 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD,
        0xEF, 0xFF, 0xFF,
    ];
    assert_eq!(table[..22], records);
    // python3 -c 'import zlib; print(hex(zlib.crc32(bytes([…]))))'
    assert_eq!(table[22..26], 0x1619_7836_u32.to_le_bytes());
    assert!(table[26..].iter().all(|byte| *byte == 0xFF));
    assert_eq!(table.len(), 64);
    let missing = sealed
        .job
        .patches("0123456789abcdef", &BTreeMap::new())
        .expect_err("no numbers");
    assert!(missing.to_string().contains("has no number"), "{missing}");
}

#[test]
fn the_same_files_give_the_same_job() {
    let (one, two) = (packed(), packed());
    assert_eq!(one, two);
    let sealed = open(&one, &[]).expect("opened");
    assert_eq!(sealed.members["app.bin"], [0x5A; 300]);
    assert_eq!(sealed.job.units, Some(500));
    // bytes behind the archive make no new job, whose units would be counted anew
    let longer = [&one[..], b"more"].concat();
    if let Ok(again) = open(&longer, &[]) {
        assert_eq!(again.id, sealed.id);
    }
}

#[test]
fn any_changed_byte_is_seen() {
    let bytes = packed();
    let whole = open(&bytes, &[key().public()]).expect("opened");
    let mut refused = 0;
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        match open(&changed, &[key().public()]) {
            // a byte of the archive's own that means nothing: dates, attributes
            Ok(sealed) => assert_eq!(sealed, whole, "byte {at}"),
            Err(_) => refused += 1,
        }
        let _ = open(&bytes[..at], &[]).expect_err("cut short");
    }
    assert!(refused > bytes.len() / 2, "{refused} of {}", bytes.len());
}

/// The members of an archive, in their order.
fn members(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let member = |at| {
        let mut member = archive.by_index(at).expect("a member");
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).expect("read");
        (member.name().expect("a name").into_owned(), bytes)
    };
    (0..4).map(member).collect()
}

/// An archive whose checksums are right.
fn archive(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in members {
        writer.start_file(name.as_str(), stored).expect("a member");
        writer.write_all(bytes).expect("written");
    }
    writer.finish().expect("finished").into_inner()
}

#[test]
fn somebody_who_knows_the_format_cannot_change_a_job() {
    let whole = members(&packed()[..]);
    assert_eq!(
        open(&archive(&whole), &[]).expect("opened").id,
        open(&packed(), &[]).expect("opened").id
    );
    let at = |name: &str| {
        whole
            .iter()
            .position(|(known, _)| known == name)
            .expect("a member")
    };
    let refused = |members: &[(String, Vec<u8>)], reason: &str| {
        let error = open(&archive(members), &[key().public()]).expect_err(reason);
        assert!(error.to_string().contains(reason), "{error}");
    };
    let mut changed = whole.clone();
    changed[at("app.bin")].1[7] = 0;
    refused(&changed, "app.bin was changed");
    // the seal told of the new contents, by somebody without the key
    let digest = |bytes: &[u8]| {
        hmac_sha256::Hash::hash(bytes)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect::<String>()
    };
    let seal = String::from_utf8(whole[at("seal")].1.clone()).expect("text");
    let forged = seal.replace(
        &digest(&whole[at("app.bin")].1),
        &digest(&changed[at("app.bin")].1),
    );
    assert_ne!(forged, seal);
    changed[at("seal")].1 = forged.into_bytes();
    refused(&changed, "its signature does not fit");
    let mut fewer = whole.clone();
    fewer.remove(at("keys.csv"));
    refused(&fewer, "keys.csv is missing");
    let mut more = whole.clone();
    more.push(("more.bin".into(), vec![1]));
    refused(&more, "more.bin was added");
    let mut unsealed = whole.clone();
    unsealed.remove(at("seal"));
    refused(&unsealed, "it has no seal");
    let mut outside = whole.clone();
    outside.push(("../evil".into(), vec![1]));
    refused(&outside, "no name of a member");
    let mut later = whole.clone();
    later[at("seal")].1 = seal.replace("rtboot-job 1", "rtboot-job 2").into_bytes();
    refused(&later, "use a newer one");
}

#[test]
fn a_job_of_a_stranger_is_refused_before_it_is_looked_at() {
    let other = SecretKey::new().expect("a key");
    match open(&packed(), &[other.public()]) {
        Err(Error::Stranger { found }) => assert_eq!(found, key().public().to_string()),
        other => panic!("{other:?}"),
    }
    open(&packed(), &[other.public(), key().public()]).expect("one of two");
    let text = key().public().to_string();
    assert_eq!(text.parse::<PublicKey>().expect("a key"), key().public());
    for wrong in ["", "00", &"0".repeat(64), &"g".repeat(64), &text[1..]] {
        assert!(wrong.parse::<PublicKey>().is_err(), "{wrong}");
    }
    assert!(SecretKey::from_text("07070707").is_err());
    assert!(
        !format!("{:?}", key()).contains("0707"),
        "a secret key is never printed"
    );
}

#[test]
fn jobs_that_cannot_work_are_refused_when_they_are_packed() {
    for (from, to, reason) in [
        ("format = 1\n", "format = 2\n", "reads formats up to 1"),
        ("format = 1\n", "", "no line `format = 1`"),
        ("units = 500", "units = 0", "at least one"),
        ("units = 500", "unit = 500", "unknown field"),
        (
            "size = 16",
            "size = 9",
            "takes 10 bytes, and the field has 9",
        ),
        ("size = 16", "size = 17", "reaches over 0x60040010"),
        ("size = 16", "size = 0", "size 0"),
        (
            "at = 0x60040000",
            "at = 0xfffffff8",
            "behind the address space",
        ),
        ("{ pool = \"mac\" }", "{ pool = \"macs\" }", "no pool macs"),
        ("as = \"mac\"", "as = \"u32-le\"", "more than four bytes"),
        ("as = \"mac\"", "as = \"u16\"", "unknown variant"),
        ("name = \"key\"", "name = \"sn\"", "two pools are called sn"),
        ("{value:06}", "{{value:06}", "without its {"),
        ("last = 999999", "last = 0", "no range"),
        ("00:1b:c5:00:00:ff", "00:1b:c5:00:00", "no MAC address"),
        ("tag = 2", "tag = 1", "each once"),
        ("tag = 2", "tag = 0xffff", "below 0xffff"),
        ("column = \"key\"", "column = \"keys\"", "no column"),
        ("keys.csv", "../keys.csv", "no name of a member"),
        ("app.bin", "/etc/passwd", "no name of a member"),
        ("app.bin", "seal", "no name of a member"),
        ("app.bin", "none.bin", "none.bin"),
        ("kind = \"list\"", "kind = \"dream\"", "unknown variant"),
        (
            "at = 0x60041000\nsize = 64",
            "at = 0x60041000\nsize = 20",
            "",
        ),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(JOB.contains(from), "{from}");
        let job = JOB.replacen(from, to, 1);
        match pack(&files(folder.path(), &job), &key()) {
            Err(error) => assert!(error.to_string().contains(reason), "{from} → {to}: {error}"),
            Ok(_) => panic!("{from} → {to} was packed"),
        }
    }
    let mut odd = Job::parse(JOB).expect("a job");
    odd.fields[0].size = 4;
    assert!(
        odd.patches("0123456789abcdef", &numbers(1)).is_err(),
        "a number that does not fit is never cut"
    );
}

/// A job that format 1's first version sealed. Every later version must open it. Never make it anew.
#[test]
fn jobs_of_earlier_versions_open() {
    let golden = include_bytes!("golden/format-1.rtjob");
    let sealed = open(golden, &[key().public()]).expect("opened");
    assert_eq!(sealed.id, include_str!("golden/format-1.id").trim());
    let patches = sealed
        .job
        .patches("0123456789abcdef", &numbers(1))
        .expect("patches");
    assert_eq!(patches[0].bytes[..9], *b"RT0000018");
}

/// The job with a list of keys that are secret, encrypted for these stations.
fn with_secrets(folder: &Path, job: &str, recipients: &[Recipient]) -> std::path::PathBuf {
    let secret = "column = \"key\"\nsecret = true";
    let file = files(folder, &job.replace("column = \"key\"", secret));
    let plain = std::fs::read(folder.join("keys.csv")).expect("read");
    let (sealed, rows) = seal_column(&plain, "key", recipients).expect("sealed");
    assert_eq!(rows, 2);
    std::fs::write(folder.join("keys.csv"), sealed).expect("written");
    file
}

#[test]
fn list_of_secrets_is_sealed_encrypted_and_read_by_its_station_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let station = Identity::new().expect("a key");
    let file = with_secrets(folder.path(), JOB, &[station.recipient()]);
    let bytes = pack(&file, &key()).expect("packed");
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(!holds("00112233") && !holds("44556677"));
    let sealed = open(&bytes, &[]).expect("opened");
    assert!(sealed.job.has_secrets_in("key") && !sealed.job.has_secrets_in("sn"));
    let areas: Vec<(u32, u32)> = sealed.job.secret_areas().collect();
    assert_eq!(areas.len(), 1);
    let csv = String::from_utf8(sealed.members["keys.csv"].clone()).expect("text");
    let cell = csv
        .lines()
        .nth(1)
        .expect("a row")
        .split_once(',')
        .expect("a cell")
        .1;
    assert_eq!(station.open(cell).expect("opened").as_str(), "00112233");
    // for a look at the job
    let shown = sealed
        .job
        .example_numbers(&sealed.members, false)
        .expect("numbers");
    assert_eq!(shown["key"].text, "00");
    // the secret becomes bytes as any text does, and an error quotes nothing of it
    let mut units = numbers(1);
    units.get_mut("key").expect("there").text = "0011223G".into();
    let error = sealed
        .job
        .patches("0123456789abcdef", &units)
        .expect_err("no hex");
    assert!(!error.to_string().contains("0011223G"), "{error}");
    assert!(!format!("{units:?}").contains("0011223G"));
}

#[test]
fn secrets_in_the_clear_and_those_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = JOB.replace("column = \"key\"", "column = \"key\"\nsecret = true");
    let file = files(folder.path(), &secret);
    let error = pack(&file, &key()).expect_err("in the clear").to_string();
    assert!(error.contains("row 1 is a secret in the clear"), "{error}");
    assert!(!error.contains("00112233"), "{error}");
    let station = Identity::new().expect("a key");
    let file = with_secrets(folder.path(), JOB, &[station.recipient()]);
    std::fs::write(&file, JOB).expect("written");
    let error = pack(&file, &key()).expect_err("not said").to_string();
    assert!(error.contains("does not say `secret = true`"), "{error}");
    // two keys of four bytes in a table, whose rest takes 22
    let small = JOB.replace("size = 64", "size = 25");
    let file = with_secrets(folder.path(), &small, &[station.recipient()]);
    let error = pack(&file, &key()).expect_err("too long").to_string();
    assert!(error.contains("records take up to 26 bytes"), "{error}");
    let again = std::fs::read(folder.path().join("keys.csv")).expect("read");
    let twice = seal_column(&again, "key", &[station.recipient()]);
    assert!(
        twice
            .expect_err("twice")
            .to_string()
            .contains("encrypted already")
    );
}
