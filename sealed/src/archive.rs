//! The sealed file: a zip archive, stored, whose last member says what the others are and is signed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Write};
use std::path::Path;

use hmac_sha256::Hash;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::job::Job;
use crate::key::{PublicKey, SecretKey, from_hex, hex};
use crate::{Error, FORMAT, Result};

/// The ending of a sealed job's name.
pub const EXTENSION: &str = "rtjob";

/// The author's file.
const JOB: &str = "job.toml";
/// The member that is signed.
const SEAL: &str = "seal";
/// First word of the seal.
const MAGIC: &str = "rtboot-job";
/// Most bytes of one member: a flash has 64 MiB at most.
const MEMBER_LIMIT: u64 = 64 << 20;
/// Most bytes of a sealed file.
pub const FILE_LIMIT: u64 = 256 << 20;
/// Most members.
const MEMBERS: usize = 64;

/// A job that was sealed, opened and found whole.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sealed {
    /// SHA-256 of what is signed, in hex: the job's name in every record. Bytes that are added to the file do not make it another
    /// job, whose units would be counted anew.
    pub id: String,
    /// Who sealed it.
    pub key: PublicKey,
    /// What it says.
    pub job: Job,
    /// Its `job.toml`, as the author wrote it.
    pub text: String,
    /// All other members, by name.
    pub members: BTreeMap<String, Vec<u8>>,
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Hash::hash(bytes))
}

/// A member's name is a plain file name: no folder, no control characters, none of ours.
fn check_name(name: &str) -> std::result::Result<(), String> {
    let plain = !name.is_empty()
        && name.len() <= 100
        && !name.starts_with('.')
        && !name
            .chars()
            .any(|c| c.is_control() || matches!(c, '/' | '\\' | ':'))
        && name.trim() == name;
    match plain && name != SEAL {
        true => Ok(()),
        false => Err(format!(
            "\"{}\" is no name of a member",
            name.escape_debug()
        )),
    }
}

/// Reads `job.toml` and the files that it names, from the folder that it is in, and seals them.
///
/// The same files and the same key give the same bytes.
///
/// # Errors
/// [`Error::File`], [`Error::TooLarge`], [`Error::Job`], [`Error::TooNew`].
pub fn pack(job_file: &Path, key: &SecretKey) -> Result<Vec<u8>> {
    let text = read(job_file)?;
    let text = String::from_utf8(text).map_err(|_| Error::Job("it is not UTF-8".into()))?;
    let job = Job::parse(&text)?;
    let folder = job_file.parent().unwrap_or(Path::new(""));
    let mut members = BTreeMap::new();
    for name in job.members() {
        check_name(name).map_err(|reason| {
            Error::Job(format!(
                "{reason}: files of a job are beside it, in one folder"
            ))
        })?;
        if name == JOB {
            return Err(Error::Job(format!("{JOB} cannot be a file of itself")));
        }
        members.insert(name.to_owned(), read(&folder.join(name))?);
    }
    // lists are read now, so that what is wrong with them is said to the author
    job.pool_specs(&members)?;
    let mut seal = format!("{MAGIC} {FORMAT}\n");
    let mut all = vec![(JOB, text.as_bytes())];
    all.extend(
        members
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice())),
    );
    for (name, bytes) in &all {
        seal.push_str(&format!("{} {} {name}\n", sha256(bytes), bytes.len()));
    }
    seal.push_str(&format!("key {}\n", key.public()));
    let signature = key.sign(seal.as_bytes());
    seal.push_str(&format!("signature {}\n", hex(&signature)));
    all.push((SEAL, seal.as_bytes()));
    zipped(&all).map_err(|error| Error::NotSealed(error.to_string()))
}

fn zipped(members: &[(&str, &[u8])]) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    // no times of files: the same contents give the same bytes
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (name, bytes) in members {
        writer.start_file(*name, options)?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let failed = |source| Error::File {
        file: file.to_owned(),
        source,
    };
    let open = std::fs::File::open(file).map_err(failed)?;
    let mut bytes = Vec::new();
    open.take(MEMBER_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    match bytes.len() as u64 > MEMBER_LIMIT {
        true => Err(Error::TooLarge {
            name: file.display().to_string(),
            size: bytes.len() as u64,
            limit: MEMBER_LIMIT,
        }),
        false => Ok(bytes),
    }
}

/// Opens a sealed job. `trusted` are the keys that this station takes jobs of; without any, every key is taken, as for looking at
/// a job.
///
/// # Errors
/// [`Error::NotSealed`], [`Error::Broken`], [`Error::Stranger`]; as [`Job::parse`].
pub fn open(bytes: &[u8], trusted: &[PublicKey]) -> Result<Sealed> {
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(Error::TooLarge {
            name: "the sealed job".into(),
            size: bytes.len() as u64,
            limit: FILE_LIMIT,
        });
    }
    let mut found = unzipped(bytes)?;
    let seal = found
        .remove(SEAL)
        .ok_or_else(|| Error::NotSealed("it has no seal".into()))?;
    let seal =
        String::from_utf8(seal).map_err(|_| Error::NotSealed("its seal is not text".into()))?;
    let Signed { listed, key, id } = check_seal(&seal)?;
    // before a byte of the job is looked at
    if !trusted.is_empty() && !trusted.contains(&key) {
        return Err(Error::Stranger {
            found: key.to_string(),
        });
    }
    let names: BTreeSet<&String> = found.keys().collect();
    if let Some(name) = listed.keys().find(|name| !names.contains(name)) {
        return Err(Error::Broken(format!("{name} is missing")));
    }
    for (name, bytes) in &found {
        match listed.get(name) {
            None => return Err(Error::Broken(format!("{name} was added"))),
            Some((digest, size)) if *size != bytes.len() as u64 || *digest != sha256(bytes) => {
                return Err(Error::Broken(format!("{name} was changed")));
            }
            Some(_) => {}
        }
    }
    let text = found
        .remove(JOB)
        .ok_or_else(|| Error::NotSealed(format!("it has no {JOB}")))?;
    let text = String::from_utf8(text).map_err(|_| Error::Job("it is not UTF-8".into()))?;
    let job = Job::parse(&text)?;
    if let Some(name) = job
        .members()
        .into_iter()
        .find(|name| !found.contains_key(*name))
    {
        return Err(Error::Job(format!("{name} is not in the sealed file")));
    }
    job.pool_specs(&found)?;
    Ok(Sealed {
        id,
        key,
        job,
        text,
        members: found,
    })
}

fn unzipped(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>> {
    let bad = |reason: String| Error::NotSealed(reason);
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|error| bad(error.to_string()))?;
    if archive.len() > MEMBERS {
        return Err(bad(format!("it has {} members", archive.len())));
    }
    let mut found = BTreeMap::new();
    for at in 0..archive.len() {
        let member = archive
            .by_index(at)
            .map_err(|error| bad(error.to_string()))?;
        let name = member
            .name()
            .map_err(|error| bad(error.to_string()))?
            .into_owned();
        if name != SEAL {
            check_name(&name).map_err(bad)?;
        }
        if member.compression() != CompressionMethod::Stored || member.encrypted() {
            return Err(bad(format!("{name} is compressed or encrypted")));
        }
        let mut contents = Vec::new();
        member
            .take(MEMBER_LIMIT + 1)
            .read_to_end(&mut contents)
            .map_err(|error| bad(format!("{name}: {error}")))?;
        if contents.len() as u64 > MEMBER_LIMIT {
            return Err(bad(format!("{name} is too large")));
        }
        if found.insert(name.clone(), contents).is_some() {
            return Err(bad(format!("{name} is there twice")));
        }
    }
    Ok(found)
}

/// What a seal says, after its signature was checked.
struct Signed {
    /// By member: SHA-256 in hex, and size.
    listed: BTreeMap<String, (String, u64)>,
    key: PublicKey,
    /// The job's id.
    id: String,
}

fn check_seal(seal: &str) -> Result<Signed> {
    let bad = |reason: &str| Error::NotSealed(format!("its seal {reason}"));
    let (signed, signature) = seal
        .rsplit_once("signature ")
        .ok_or_else(|| bad("has no signature"))?;
    let signature = signature.strip_suffix('\n').and_then(from_hex::<64>);
    let signature = signature.ok_or_else(|| bad("has no signature"))?;
    let mut lines = signed.lines();
    let first = lines.next().unwrap_or_default();
    let format = first
        .strip_prefix(MAGIC)
        .map(str::trim)
        .and_then(|format| format.parse::<i64>().ok());
    match format {
        Some(format) if format == i64::from(FORMAT) => {}
        Some(found) if found > i64::from(FORMAT) => {
            return Err(Error::TooNew {
                found,
                known: FORMAT,
            });
        }
        _ => return Err(bad("begins with other words")),
    }
    let (mut listed, mut key) = (BTreeMap::new(), None);
    for line in lines {
        if let Some(hex) = line.strip_prefix("key ") {
            key = Some(hex.parse::<PublicKey>().map_err(|_| bad("has no key"))?);
            continue;
        }
        let mut words = line.splitn(3, ' ');
        let (digest, size, name) = (words.next(), words.next(), words.next());
        let size = size.and_then(|size| size.parse().ok());
        match (digest, size, name) {
            (Some(digest), Some(size), Some(name)) if key.is_none() => {
                if listed
                    .insert(name.to_owned(), (digest.to_owned(), size))
                    .is_some()
                {
                    return Err(bad("has a member twice"));
                }
            }
            _ => return Err(bad("has a line that cannot be read")),
        }
    }
    let key = key.ok_or_else(|| bad("has no key"))?;
    match key.checks(signed.as_bytes(), &signature) {
        true => Ok(Signed {
            listed,
            key,
            id: sha256(signed.as_bytes()),
        }),
        false => Err(Error::Broken("its signature does not fit".into())),
    }
}
