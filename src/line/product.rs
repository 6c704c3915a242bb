//! What a sealed job makes: opened once, checked once, then given to each unit with its own bytes.

use std::collections::BTreeMap;
use std::path::Path;

use rtboot_fcb::Fcb;
use rtboot_ledger::{JobRow, PoolSpec};
use rtboot_sealed::{Before, Job, Pool, PublicKey, Sealed, UnitNumber};

use super::secrets::Secrets;
use super::station::Station;
use crate::chip::Chip;
use crate::digest::sha256;
use crate::file::{Limit, Source};
use crate::flash::{FcbChoice, LoaderSource};
use crate::job::{After, WriteJob, WriteOptions};
use crate::{LineError, Result};

/// What a field is called in messages.
const OWN: &str = "the unit's own bytes";

/// A sealed job, ready to be given to units.
#[derive(Debug)]
pub struct Product {
    sealed: Sealed,
    chip: &'static Chip,
    write: WriteJob,
    loader: LoaderSource,
    image_sha256: String,
    secrets: Option<Secrets>,
}

/// A number of each pool, as it would be given; what a station's command gives is not known before.
type Numbers = BTreeMap<String, UnitNumber>;

impl Product {
    /// Opens a sealed job. `trusted` are the keys whose jobs are taken; without any, every key is, as for looking at a job.
    ///
    /// # Errors
    /// As [`file::read`](crate::file::read); [`LineError::Job`], [`LineError::JobUnfit`]; whatever is wrong with its firmware, FCB or loader.
    pub fn open(file: &Path, trusted: &[PublicKey]) -> Result<Product> {
        let bytes = crate::file::read(file, Limit::SealedJob)?;
        let sealed = rtboot_sealed::open(&bytes, trusted).map_err(|source| LineError::Job {
            path: file.to_owned(),
            source,
        })?;
        Product::new(sealed)
    }

    /// Reads a `job.toml` and the files beside it, seals them, and checks that units could be made by the result. Returns the sealed
    /// file's bytes, and the product.
    ///
    /// # Errors
    /// As [`Product::open`].
    pub fn pack(job_file: &Path, key: &rtboot_sealed::SecretKey) -> Result<(Vec<u8>, Product)> {
        let of_file = |source| LineError::Job {
            path: job_file.to_owned(),
            source,
        };
        let bytes = rtboot_sealed::pack(job_file, key).map_err(of_file)?;
        let sealed = rtboot_sealed::open(&bytes, &[key.public()]).map_err(of_file)?;
        Ok((bytes, Product::new(sealed)?))
    }

    fn new(sealed: Sealed) -> Result<Product> {
        let job = &sealed.job;
        let unfit = |reason: String| LineError::JobUnfit {
            job: job.name.clone(),
            reason,
        };
        let chip = Chip::by_name(&job.chip).ok_or_else(|| {
            let known = Chip::names().collect::<Vec<_>>().join(", ");
            unfit(format!(
                "\"{}\" is no chip that rtboot knows; it knows {known}",
                job.chip
            ))
        })?;
        let member = |name: &String| {
            let bytes = sealed.members.get(name).cloned().unwrap_or_default();
            Source::bytes(name, bytes)
        };
        let (fcb, _) = match sealed.members.contains_key(&job.fcb) {
            true => FcbChoice::of_file(&member(&job.fcb), chip)?,
            // a name is never taken for a file that lies around at the station
            false => FcbChoice::of_database(&job.fcb)?,
        };
        let loader = match &job.loader {
            Some(name) => LoaderSource::File(member(name)),
            None => LoaderSource::Auto,
        };
        loader.check(Some(chip))?;
        let image = member(&job.image);
        let image_sha256 = sha256([image.load(Limit::Firmware)?]);
        let options = WriteOptions {
            fcb: fcb.for_chip(chip)?,
            after: After::Nothing,
            ..WriteOptions::default()
        };
        let write = WriteJob::prepare(&(&image).into(), options, chip)?;
        if let Some(act) = write.acts().first() {
            return Err(unfit(format!("{} is nothing for a line", act.what)).into());
        }
        if write.pieces().boot_piece().is_none() {
            return Err(unfit(format!("{} is nothing that the boot ROM starts", job.image)).into());
        }
        let product = Product {
            chip,
            write,
            loader,
            image_sha256,
            sealed,
            secrets: None,
        };
        product.check_places()?;
        Ok(product)
    }

    /// Every place of a unit's own bytes is in flash, and on no header. What is wrong shows here, and not at the first unit.
    fn check_places(&self) -> Result<()> {
        let job = &self.sealed.job;
        let map = &self.chip.map;
        let unfit = |reason: String| LineError::JobUnfit {
            job: job.name.clone(),
            reason,
        };
        let largest = rtboot_bootable::Memory::LIMIT as u64;
        let limit = self.flash_size().unwrap_or(largest).min(largest);
        let flash_end = u64::from(map.flash_base) + limit;
        for (at, size) in job.areas() {
            let end = u64::from(at) + u64::from(size);
            if at < map.flash_base || end > flash_end {
                return Err(unfit(format!(
                    "{at:#010x} to {end:#010x} is not in the flash, which is {:#010x} to {flash_end:#010x} by its FCB",
                    map.flash_base
                ))
                .into());
            }
        }
        self.unit_of("0123456789abcdef", &self.examples(false)?)
            .map(drop)?;
        self.unit_of("0123456789abcdef", &self.examples(true)?)
            .map(drop)
    }

    /// How large the flash is by the FCB that the boot ROM will read, where one says it.
    fn flash_size(&self) -> Option<u64> {
        let headers = self.write.pieces().memory();
        let fcb = headers.bytes(self.chip.map.fcb_address(), Fcb::LEN)?;
        let size = Fcb::parse(fcb).ok()?.total_size();
        (size > 0).then_some(size)
    }

    /// Lets it open the secrets of its units with this station's identity. A job without secrets needs none.
    ///
    /// # Errors
    /// [`LineError::BadStation`] for a station that cannot; [`LineError::JobUnfit`] for secrets that are not for this station.
    pub fn unlock(&mut self, station: &Station) -> Result<()> {
        if !self.sealed.job.has_secrets() {
            return Ok(());
        }
        let secrets = station.secrets()?;
        for pool in &self.sealed.job.pools {
            let first = self.sealed.job.first_secret(pool, &self.sealed.members);
            if let Some(cell) = first {
                let opened = secrets.open(pool.name(), &cell);
                opened.map_err(|reason| self.unfit(reason))?;
            }
        }
        self.secrets = Some(secrets);
        Ok(())
    }

    /// What its secrets are opened with.
    pub(super) fn secrets(&self) -> Result<&Secrets> {
        let none = || self.unfit("its secrets were not unlocked".into());
        self.secrets.as_ref().ok_or_else(none)
    }

    fn unfit(&self, reason: String) -> crate::Error {
        LineError::JobUnfit {
            job: self.sealed.job.name.clone(),
            reason,
        }
        .into()
    }

    /// The first or the last number of each pool.
    fn examples(&self, last: bool) -> Result<Numbers> {
        let job = &self.sealed.job;
        let examples = job.example_numbers(&self.sealed.members, last);
        examples.map_err(|error| {
            LineError::JobUnfit {
                job: job.name.clone(),
                reason: error.to_string(),
            }
            .into()
        })
    }

    /// The job, as its author wrote it and as it was sealed.
    pub fn sealed(&self) -> &Sealed {
        &self.sealed
    }

    /// The job.
    pub fn job(&self) -> &Job {
        &self.sealed.job
    }

    /// The chip.
    pub fn chip(&self) -> &'static Chip {
        self.chip
    }

    /// The loader.
    pub fn loader(&self) -> &LoaderSource {
        &self.loader
    }

    /// SHA-256 of the image's file, in hex.
    pub fn image_sha256(&self) -> &str {
        &self.image_sha256
    }

    /// The write that is the same for all units, but for their own bytes.
    pub fn write(&self) -> &WriteJob {
        &self.write
    }

    /// What a unit's flash may hold that the ledger knows nothing of.
    pub fn before(&self) -> Before {
        self.sealed.job.before
    }

    /// The write of one unit: the image with the unit's own bytes. `numbers` are as the ledger gives them, secrets encrypted.
    ///
    /// # Errors
    /// [`LineError::JobUnfit`] for a number that is missing or does not fit, and for a secret that cannot be opened;
    /// [`crate::error::Error::Overlap`] over a boot header.
    pub fn unit(&self, uid: &str, numbers: &Numbers) -> Result<WriteJob> {
        if !self.sealed.job.has_secrets() {
            return self.unit_of(uid, numbers);
        }
        let secrets = self.secrets()?;
        let mut opened = Numbers::new();
        for (pool, number) in numbers {
            let mut number = number.clone();
            if self.sealed.job.has_secrets_in(pool) {
                let text = secrets.open(pool, &number.text);
                let mut text = text.map_err(|reason| self.unfit(reason))?;
                number.text = std::mem::take(&mut *text);
            }
            opened.insert(pool.clone(), number);
        }
        self.unit_of(uid, &opened)
    }

    fn unit_of(&self, uid: &str, numbers: &Numbers) -> Result<WriteJob> {
        let job = &self.sealed.job;
        let patches = job
            .patches(uid, numbers)
            .map_err(|error| LineError::JobUnfit {
                job: job.name.clone(),
                reason: error.to_string(),
            })?;
        let mut write = self.write.clone();
        for patch in &patches {
            write.patch(OWN, patch.at, &patch.bytes)?;
        }
        Ok(write)
    }

    /// The bytes of an example unit that are its own, with what they are made from: address, bytes, words.
    ///
    /// # Errors
    /// As [`Product::unit`].
    pub fn example(&self) -> Result<Vec<(u32, Vec<u8>, String)>> {
        let job = &self.sealed.job;
        let numbers = self.examples(false)?;
        let patches =
            job.patches("0123456789abcdef", &numbers)
                .map_err(|error| LineError::JobUnfit {
                    job: job.name.clone(),
                    reason: error.to_string(),
                })?;
        let words = |at: u32| job.words_at(at);
        Ok(patches
            .iter()
            .map(|it| (it.at, it.bytes.clone(), words(it.at)))
            .collect())
    }

    /// The job as a row of the ledger.
    pub fn row(&self) -> JobRow {
        let Sealed {
            id, key, job, text, ..
        } = &self.sealed;
        JobRow {
            id: id.clone(),
            name: job.name.clone(),
            sealed_by: key.to_string(),
            unit_limit: job.units.map(i64::from),
            manifest: text.clone(),
        }
    }

    /// Its pools, as the ledger takes them.
    ///
    /// # Errors
    /// [`LineError::JobUnfit`].
    pub fn pools(&self) -> Result<Vec<PoolSpec>> {
        let pools = self.sealed.job.pool_specs(&self.sealed.members);
        pools.map_err(|error| {
            LineError::JobUnfit {
                job: self.sealed.job.name.clone(),
                reason: error.to_string(),
            }
            .into()
        })
    }

    /// The station's command that gives the texts of this pool, where one does.
    pub fn command_of<'a>(&'a self, pool: &str) -> Option<&'a str> {
        let pools = self.sealed.job.pools.iter();
        pools
            .filter(|it| it.name() == pool)
            .find_map(|it| match it {
                Pool::Command { command, .. } => Some(command.as_str()),
                _ => None,
            })
    }
}
