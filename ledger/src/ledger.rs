//! The ledger itself: what a station does with it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use crate::chain::{Entry, FIRST};
use crate::db::{Db, DbError, Dialect, Row, Value};
use crate::error::{Error, Refused, Result};
use crate::format::Format;
use crate::high_water::{HighWater, Marks};
use crate::model::{Attempt, AttemptId, NumberState, Uid, Verdict, shown};
use crate::schema;
use crate::sqlite::Sqlite;

/// A station: a PC with slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// Its id, which it keeps for ever: a UUID.
    pub id: String,
    /// What people call it.
    pub name: String,
}

impl Station {
    /// A new station.
    pub fn new(name: impl Into<String>) -> Station {
        Station {
            id: uuid::Uuid::now_v7().to_string(),
            name: name.into(),
        }
    }
}

/// A source of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolSpec {
    /// Its name.
    pub id: String,
    /// Pools of one space never share a number.
    pub space: String,
    /// Where its numbers come from.
    kind: Kind,
    /// How a number becomes text.
    pub format: String,
    /// The first number.
    pub first: i64,
    /// The last number that may be given.
    pub last: i64,
    /// From one number to the next.
    pub step: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Range,
    List { texts: Vec<String>, digest: String },
    Given,
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Kind::Range => "range",
            Kind::List { .. } => "list",
            Kind::Given => "given",
        }
    }
}

impl PoolSpec {
    /// Serial numbers of a range, both ends included.
    pub fn serial(
        id: impl Into<String>,
        format: impl Into<String>,
        first: i64,
        last: i64,
    ) -> PoolSpec {
        let format = format.into();
        PoolSpec {
            id: id.into(),
            space: format!("serial {format}"),
            kind: Kind::Range,
            format,
            first,
            last,
            step: 1,
        }
    }

    /// MAC addresses of a bought block, as 48-bit numbers; `step` of them belong to one unit.
    pub fn mac(id: impl Into<String>, first: i64, last: i64, step: i64) -> PoolSpec {
        PoolSpec {
            id: id.into(),
            space: "mac".into(),
            kind: Kind::Range,
            format: "{mac}".into(),
            first,
            last,
            step,
        }
    }

    /// The rows of a list, each for one unit; their digest tells an edited file from the imported one.
    pub fn list(id: impl Into<String>, texts: Vec<String>) -> PoolSpec {
        let id = id.into();
        let mut hash = hmac_sha256::Hash::new();
        for text in &texts {
            hash.update(text.as_bytes());
            hash.update(b"\n");
        }
        PoolSpec {
            space: format!("list {id}"),
            id,
            format: String::new(),
            first: 1,
            last: i64::try_from(texts.len()).unwrap_or(i64::MAX).max(1),
            step: 1,
            kind: Kind::List {
                texts,
                digest: crate::chain::hex(&hash.finalize()),
            },
        }
    }

    /// Texts that come from outside, one for each unit: a program, the chip itself.
    pub fn given(id: impl Into<String>) -> PoolSpec {
        let id = id.into();
        PoolSpec {
            space: format!("given {id}"),
            id,
            kind: Kind::Given,
            format: String::new(),
            first: 1,
            last: i64::MAX >> 1,
            step: 1,
        }
    }

    /// With another step.
    #[must_use]
    pub fn step(mut self, step: i64) -> PoolSpec {
        self.step = step;
        self
    }

    fn digest(&self) -> &str {
        match &self.kind {
            Kind::List { digest, .. } => digest,
            Kind::Range | Kind::Given => "",
        }
    }

    fn check(&self) -> Result<()> {
        let bad = |reason: String| {
            let pool = self.id.clone();
            Err(Refused::BadPool { pool, reason }.into())
        };
        if self.id.is_empty() || self.id.len() > 60 || self.id.chars().any(char::is_control) {
            return bad("its name has 1 to 60 characters, none of them a control character".into());
        }
        if self.step < 1 {
            return bad(format!("its step is {}, and must be 1 or more", self.step));
        }
        if self.first < 0 || self.first > self.last {
            return bad(format!("{} to {} is no range", self.first, self.last));
        }
        if self.last > i64::MAX - self.step {
            return bad(format!("its last number, {}, is too large", self.last));
        }
        match &self.kind {
            Kind::Range => {
                let format = Format::parse(&self.format)?;
                // what fits at both ends fits between
                format.of(self.first)?;
                format.of(self.last)?;
                let whole = (self.last - self.first + 1) % self.step == 0;
                if self.space == "mac" && !whole {
                    return bad(format!(
                        "the last unit of {} addresses each would get fewer",
                        self.step
                    ));
                }
            }
            Kind::List { texts, .. } => {
                if texts.is_empty() {
                    return bad("its list is empty".into());
                }
                let mut sorted: Vec<&String> = texts.iter().collect();
                sorted.sort_unstable();
                if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
                    return bad(format!("its list has \"{}\" twice", shown(pair[0])));
                }
                if let Some(row) = texts.iter().position(String::is_empty) {
                    return bad(format!("row {} of its list is empty", row + 1));
                }
            }
            Kind::Given => {}
        }
        Ok(())
    }
}

/// How far a pool is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct PoolState {
    /// Its name.
    pub id: String,
    /// `range`, `list` or `given`.
    pub kind: String,
    /// The first number.
    pub first: i64,
    /// The last number that may be given.
    pub last: i64,
    /// From one number to the next.
    pub step: i64,
    /// The number that the next unit gets.
    pub next: i64,
    /// The same as units get it, of a range: `RT000018`, `02:00:5e:10:00:02`. Nothing where none is left.
    pub next_text: Option<String>,
    /// How many numbers are left.
    pub left: i64,
    /// How many are bound to units that have not passed.
    pub reserved: i64,
    /// How many are in units that passed.
    pub written: i64,
    /// How many are given up.
    pub void: i64,
}

/// A job, as the ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// SHA-256 of its sealed file, in hex.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who sealed it: the key, in hex.
    pub sealed_by: String,
    /// How many units may pass.
    pub unit_limit: Option<i64>,
    /// What is in it.
    pub manifest: String,
}

impl JobRow {
    /// A job without a limit.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> JobRow {
        JobRow {
            id: id.into(),
            name: name.into(),
            sealed_by: String::new(),
            unit_limit: None,
            manifest: String::new(),
        }
    }
}

/// A number that an attempt wants for its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    pool: String,
    given: Option<String>,
}

impl Want {
    /// The unit's number of this pool: the one it has, else the next.
    pub fn next(pool: impl Into<String>) -> Want {
        Want {
            pool: pool.into(),
            given: None,
        }
    }

    /// A text from outside, for a pool made by [`PoolSpec::given`]. A unit that has one keeps it.
    pub fn given(pool: impl Into<String>, text: impl Into<String>) -> Want {
        Want {
            pool: pool.into(),
            given: Some(text.into()),
        }
    }
}

/// The beginning of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its id. To call [`Ledger::open`] again with the same one changes nothing.
    pub attempt: AttemptId,
    /// The job's id.
    pub job: String,
    /// The slot.
    pub slot: String,
    /// The unit.
    pub uid: Option<Uid>,
    /// The chip's name.
    pub chip: String,
    /// Who is there.
    pub operator: String,
    /// The program and its version.
    pub tool: String,
    /// Whether a unit that passed may be done again.
    pub rework: bool,
    /// The numbers.
    pub wants: Vec<Want>,
}

impl Open {
    /// An attempt on a unit.
    pub fn new(job: impl Into<String>, slot: impl Into<String>, uid: Uid) -> Open {
        Open {
            uid: Some(uid),
            ..Open::unknown(job, slot)
        }
    }

    /// An attempt on a unit that could not even be asked for its id. It gets no number and cannot pass.
    pub fn unknown(job: impl Into<String>, slot: impl Into<String>) -> Open {
        Open {
            attempt: AttemptId::new(),
            job: job.into(),
            slot: slot.into(),
            uid: None,
            chip: String::new(),
            operator: String::new(),
            tool: String::new(),
            rework: false,
            wants: Vec::new(),
        }
    }

    /// With one more number.
    #[must_use]
    pub fn want(mut self, want: Want) -> Open {
        self.wants.push(want);
        self
    }
}

/// A unit's number.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Number {
    /// The pool.
    pub pool: String,
    /// The number; of a list, the row.
    pub value: i64,
    /// As text; of a secret the encrypted text, which [`shown`] makes a mark of.
    pub text: String,
    /// How it stands.
    pub state: NumberState,
    /// Whether the unit had it before this attempt.
    pub had: bool,
}

/// An attempt that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opened {
    /// Its id.
    pub attempt: AttemptId,
    /// The unit's numbers, in the order of the wants.
    pub numbers: Vec<Number>,
    /// An attempt that its station never ended, in this slot, and that was ended as aborted now.
    pub closed: Option<String>,
}

/// The end of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    verdict: Verdict,
    code: Option<String>,
    step: Option<String>,
    detail: Json,
    letters: Vec<(String, Json)>,
}

impl Finish {
    /// With this verdict.
    pub fn new(verdict: Verdict) -> Finish {
        Finish {
            verdict,
            code: None,
            step: None,
            detail: json!({}),
            letters: Vec::new(),
        }
    }

    /// With the code of what went wrong, and the step.
    #[must_use]
    pub fn because(mut self, code: impl Into<String>, step: impl Into<String>) -> Finish {
        self.code = Some(code.into());
        self.step = Some(step.into());
        self
    }

    /// With what was measured.
    #[must_use]
    pub fn detail(mut self, detail: Json) -> Finish {
        self.detail = detail;
        self
    }

    /// With a letter for a hook, which is stored in the same commit as the verdict: a label is printed after it, or never.
    #[must_use]
    pub fn letter(mut self, hook: impl Into<String>, body: Json) -> Finish {
        self.letters.push((hook.into(), body));
        self
    }
}

/// What a hook has still to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Letter {
    /// The attempt.
    pub attempt: String,
    /// The hook.
    pub hook: String,
    /// The record, as JSON.
    pub body: String,
    /// How often it was tried.
    pub tries: i64,
    /// What went wrong the last time.
    pub error: Option<String>,
}

/// A ledger, as one station uses it.
pub struct Ledger {
    pub(crate) db: Box<dyn Db>,
    pub(crate) station: Station,
    id: String,
    high_water: Option<HighWater>,
    clock: fn() -> i64,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (id, station) = (&self.id, &self.station.name);
        write!(f, "Ledger {{ id: {id}, station: {station} }}")
    }
}

/// Milliseconds since 1970.
fn wall() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl Ledger {
    /// Opens a ledger in a file, which is made when it is not there, and enrols the station.
    ///
    /// # Errors
    /// [`Error::Unwritable`], [`Error::Busy`]; [`Error::NotALedger`]; [`Refused::NameTaken`].
    pub fn sqlite(file: &Path, station: &Station) -> Result<Ledger> {
        Ledger::on(Box::new(Sqlite::open(file)?), station)
    }

    /// Opens a ledger on a server: `postgres://user@localhost/line`, or words as `host=/run/postgresql dbname=line`.
    ///
    /// # Errors
    /// As [`Ledger::sqlite`]; [`Error::Away`]; [`Error::NotDurable`].
    #[cfg(feature = "postgres")]
    pub fn postgres(address: &str, station: &Station) -> Result<Ledger> {
        Ledger::on(Box::new(crate::pg::Postgres::connect(address)?), station)
    }

    fn on(mut db: Box<dyn Db>, station: &Station) -> Result<Ledger> {
        schema::migrate(db.as_mut(), wall())?;
        let id = id_in(db.as_mut())?;
        let mut ledger = Ledger {
            db,
            station: station.clone(),
            id,
            high_water: None,
            clock: wall,
        };
        ledger.enrol()?;
        Ok(ledger)
    }

    /// Remembers in this file how far the ledger was, from now on, and compares at each write.
    ///
    /// # Errors
    /// [`Error::WentBack`] and [`Error::OtherLedger`] when the file knows more than the database.
    pub fn watched_by(mut self, high_water: HighWater) -> Result<Ledger> {
        self.high_water = Some(high_water);
        self.db.begin()?;
        let compared = self.compare().and_then(|()| self.marks());
        self.db.rollback();
        let marks = compared?;
        self.remember(marks)?;
        Ok(self)
    }

    /// Holds the database against what this station has seen of it.
    fn compare(&mut self) -> Result<()> {
        let Some(high_water) = &self.high_water else {
            return Ok(());
        };
        let (file, seen) = (high_water.file().to_owned(), high_water.marks().clone());
        let found = id_in(self.db.as_mut())?;
        let known = if seen.ledger.is_empty() {
            self.id.clone()
        } else {
            seen.ledger
        };
        if found != known {
            return Err(Error::OtherLedger { file, known, found });
        }
        let back =
            |what: String, seen: String, found: String| Err(Error::WentBack { what, seen, found });
        if seen.seq > 0 {
            let there = self.hash_of(seen.seq)?;
            if there.as_deref() != Some(seen.hash.as_str()) {
                let (head, hash) = self.head()?;
                let name = &self.station.name;
                return match there {
                    Some(there) => back(
                        format!("entry {} of station {name}", seen.seq),
                        short(&seen.hash).into(),
                        short(&there).into(),
                    ),
                    None if head < seen.seq => back(
                        format!("the last entry of station {name}"),
                        format!("number {}", seen.seq),
                        format!("number {head}"),
                    ),
                    // entries behind it, and not itself
                    None => back(
                        format!("entry {} of station {name}", seen.seq),
                        short(&seen.hash).into(),
                        short(&hash).into(),
                    ),
                };
            }
        }
        if seen.pools.is_empty() {
            return Ok(());
        }
        let now = self.pools_next()?;
        for (pool, next) in &seen.pools {
            let found = now.get(pool);
            if found.is_none_or(|found| found < next) {
                return back(
                    format!("the next number of pool {pool}"),
                    next.to_string(),
                    found.map_or("gone".into(), ToString::to_string),
                );
            }
        }
        Ok(())
    }

    /// With a clock that gives milliseconds since 1970, instead of the system's: for rehearsals and tests.
    #[must_use]
    pub fn with_clock(mut self, clock: fn() -> i64) -> Ledger {
        self.clock = clock;
        self
    }

    /// The ledger's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The station that uses it.
    pub fn station(&self) -> &Station {
        &self.station
    }

    fn enrol(&mut self) -> Result<()> {
        let station = self.station.clone();
        self.write(|ledger| {
            let rows = ledger.db.query(
                "SELECT id, name FROM station WHERE id = ?1 OR name = ?2",
                &[(&station.id).into(), (&station.name).into()],
            )?;
            for row in &rows {
                if row.text(0)? != station.id {
                    return Err(Refused::NameTaken(station.name.clone()).into());
                }
            }
            if !rows.is_empty() {
                return Ok(());
            }
            let now = (ledger.clock)();
            ledger.db.execute(
                "INSERT INTO station (id, name, enrolled) VALUES (?1, ?2, ?3)",
                &[(&station.id).into(), (&station.name).into(), now.into()],
            )?;
            ledger.append("station", &json!({ "name": station.name }))
        })
    }

    /// One transaction: all of it lasts when this returns `Ok`, or nothing of it happened. It begins with a look whether the database
    /// is older than this station has seen it, for a server can be restored while a line runs; and the high-water marks follow it.
    fn write<T>(&mut self, work: impl FnOnce(&mut Ledger) -> Result<T>) -> Result<T> {
        self.db.begin()?;
        let done = self.compare().and_then(|()| work(self));
        match done.and_then(|value| Ok((value, self.marks()?))) {
            Ok((value, marks)) => {
                if let Err(error) = self.db.commit() {
                    self.db.rollback();
                    return Err(error.into());
                }
                self.remember(marks)?;
                Ok(value)
            }
            Err(error) => {
                self.db.rollback();
                Err(error)
            }
        }
    }

    /// How far the database is, where somebody keeps that.
    fn marks(&mut self) -> Result<Option<Marks>> {
        if self.high_water.is_none() {
            return Ok(None);
        }
        let (seq, hash) = self.head()?;
        Ok(Some(Marks {
            ledger: self.id.clone(),
            seq,
            hash,
            pools: self.pools_next()?,
        }))
    }

    fn remember(&mut self, marks: Option<Marks>) -> Result<()> {
        match (&mut self.high_water, marks) {
            (Some(high_water), Some(marks)) => high_water.store(marks),
            _ => Ok(()),
        }
    }

    /// The number and the hash of this station's last entry.
    pub(crate) fn head(&mut self) -> Result<(i64, String)> {
        let rows = self.db.query(
            "SELECT seq, hash FROM entry WHERE station = ?1 ORDER BY seq DESC LIMIT 1",
            &[(&self.station.id).into()],
        )?;
        match rows.first() {
            Some(row) => Ok((row.int(0)?, row.text(1)?)),
            None => Ok((0, FIRST.into())),
        }
    }

    fn hash_of(&mut self, seq: i64) -> Result<Option<String>> {
        let rows = self.db.query(
            "SELECT hash FROM entry WHERE station = ?1 AND seq = ?2",
            &[(&self.station.id).into(), seq.into()],
        )?;
        Ok(rows.first().map(|row| row.text(0)).transpose()?)
    }

    /// The next number of each pool.
    fn pools_next(&mut self) -> Result<BTreeMap<String, i64>> {
        let rows = self.db.query("SELECT id, next FROM pool", &[])?;
        let pools = rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?)));
        pools.collect()
    }

    fn append(&mut self, kind: &str, body: &Json) -> Result<()> {
        let (seq, prev) = self.head()?;
        let entry = Entry {
            station: self.station.id.clone(),
            seq: seq + 1,
            at: (self.clock)(),
            kind: kind.to_owned(),
            // serde_json sorts the keys of an object
            body: body.to_string(),
            prev,
        };
        let hash = entry.hash();
        self.db.execute(
            "INSERT INTO entry (station, seq, at, kind, body, prev, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            &[
                entry.station.into(),
                entry.seq.into(),
                entry.at.into(),
                entry.kind.into(),
                entry.body.into(),
                entry.prev.into(),
                hash.into(),
            ],
        )?;
        Ok(())
    }

    /// Makes a job known; one that is known is left as it is.
    ///
    /// # Errors
    /// As any write.
    pub fn add_job(&mut self, job: &JobRow) -> Result<()> {
        self.write(|ledger| {
            let now = (ledger.clock)();
            let added = ledger.db.execute(
                "INSERT INTO job (id, name, sealed_by, unit_limit, manifest, added) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (id) DO NOTHING",
                &[
                    (&job.id).into(),
                    (&job.name).into(),
                    (&job.sealed_by).into(),
                    job.unit_limit.into(),
                    (&job.manifest).into(),
                    now.into(),
                ],
            )?;
            match added {
                0 => Ok(()),
                _ => ledger.append(
                    "job",
                    &json!({ "job": job.id, "name": job.name, "limit": job.unit_limit, "sealed_by": job.sealed_by }),
                ),
            }
        })
    }

    /// Makes a pool; one that is there must be the same.
    ///
    /// # Errors
    /// [`Refused::BadPool`], [`Refused::OtherPool`], [`Refused::PoolsOverlap`].
    pub fn add_pool(&mut self, pool: &PoolSpec) -> Result<()> {
        pool.check()?;
        self.write(|ledger| {
            ledger.lock_pools()?;
            let rows = ledger.db.query(
                "SELECT id, space, kind, format, first, last, step, digest FROM pool ORDER BY id",
                &[],
            )?;
            for row in &rows {
                if row.text(0)? == pool.id {
                    return same_pool(row, pool);
                }
            }
            for row in &rows {
                apart(row, pool)?;
            }
            ledger.db.execute(
                "INSERT INTO pool (id, space, kind, format, first, last, step, next, digest)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5, ?8)",
                &[
                    (&pool.id).into(),
                    (&pool.space).into(),
                    pool.kind.name().into(),
                    (&pool.format).into(),
                    pool.first.into(),
                    pool.last.into(),
                    pool.step.into(),
                    pool.digest().into(),
                ],
            )?;
            if let Kind::List { texts, .. } = &pool.kind {
                for (row, text) in (1_i64..).zip(texts) {
                    ledger.db.execute(
                        "INSERT INTO pool_text (pool, value, text) VALUES (?1, ?2, ?3)",
                        &[(&pool.id).into(), row.into(), text.into()],
                    )?;
                }
            }
            ledger.append(
                "pool",
                &json!({ "pool": pool.id, "kind": pool.kind.name(), "format": pool.format, "first": pool.first,
                         "last": pool.last, "step": pool.step, "digest": pool.digest() }),
            )
        })
    }

    /// Two stations that make pools at once: the second waits here, so that it sees the first one's.
    fn lock_pools(&mut self) -> Result<()> {
        if self.db.dialect() == Dialect::Postgres {
            self.db
                .batch("SELECT pg_advisory_xact_lock(x'52544C47'::bigint)")?;
        }
        Ok(())
    }

    /// How far each pool is.
    ///
    /// # Errors
    /// As any read.
    pub fn pools(&mut self) -> Result<Vec<PoolState>> {
        let rows = self.db.query(
            "SELECT pool.id, kind, first, last, step, next, format,
                    (SELECT count(*) FROM assignment WHERE assignment.pool = pool.id AND state = 'reserved'),
                    (SELECT count(*) FROM assignment WHERE assignment.pool = pool.id AND state = 'written'),
                    (SELECT count(*) FROM assignment WHERE assignment.pool = pool.id AND state = 'void')
             FROM pool ORDER BY pool.id",
            &[],
        )?;
        let state = |row: &Row| {
            let (last, step, next) = (row.int(3)?, row.int(4)?, row.int(5)?);
            let kind = row.text(1)?;
            let next_text = match kind == Kind::Range.name() && next <= last {
                true => Some(Format::parse(&row.text(6)?)?.of(next)?),
                false => None,
            };
            Ok(PoolState {
                id: row.text(0)?,
                kind,
                next_text,
                first: row.int(2)?,
                last,
                step,
                next,
                left: left(last, step, next),
                reserved: row.int(7)?,
                written: row.int(8)?,
                void: row.int(9)?,
            })
        };
        rows.iter().map(state).collect()
    }

    /// How many numbers are left of each pool that has an end. Unlike [`Ledger::pools`] it counts no rows, and takes as long for the
    /// last unit as for the first.
    ///
    /// # Errors
    /// As any read.
    pub fn pools_left(&mut self) -> Result<Vec<(String, i64)>> {
        let rows = self.db.query(
            "SELECT id, last, step, next FROM pool WHERE kind <> 'given' ORDER BY id",
            &[],
        )?;
        let left = |row: &Row| Ok((row.text(0)?, left(row.int(1)?, row.int(2)?, row.int(3)?)));
        rows.iter().map(left).collect()
    }

    /// Begins an attempt: binds the unit's numbers to it, and holds the unit against other stations. When this returns, all of it
    /// outlasts a power cut; nothing must be sent to the unit before.
    ///
    /// # Errors
    /// [`Refused`]; [`Error::Away`], after which the same call finds out whether it had effect.
    pub fn open(&mut self, open: &Open) -> Result<Opened> {
        let opened = self.write(|ledger| ledger.open_inside(open));
        match opened {
            // another station was faster by an instant
            Err(Error::Database(text)) if text.contains("attempt_open_uid") => {
                Err(Refused::HeldElsewhere {
                    station: "another".into(),
                    slot: "unknown".into(),
                }
                .into())
            }
            other => other,
        }
    }

    fn open_inside(&mut self, open: &Open) -> Result<Opened> {
        let now = (self.clock)();
        if let Some(row) = self.attempt_row(&open.attempt)? {
            return self.opened_already(open, &row);
        }
        self.check_job(open)?;
        let closed = self.close_old(&open.slot)?;
        if let Some(uid) = open.uid {
            self.check_unit(open, uid)?;
            self.db.execute(
                "INSERT INTO unit (uid, chip, first_seen) VALUES (?1, ?2, ?3) ON CONFLICT (uid) DO NOTHING",
                &[uid.to_string().into(), (&open.chip).into(), now.into()],
            )?;
        }
        let uid = open.uid.map(|uid| uid.to_string());
        self.db.execute(
            "INSERT INTO attempt (id, uid, job, station, slot, operator, tool, started, verdict, rework, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'open', ?9, '{}')",
            &[
                open.attempt.as_str().into(),
                uid.clone().into(),
                (&open.job).into(),
                (&self.station.id).into(),
                (&open.slot).into(),
                (&open.operator).into(),
                (&open.tool).into(),
                now.into(),
                open.rework.into(),
            ],
        )?;
        let mut numbers = Vec::new();
        if let Some(uid) = &uid {
            for want in &open.wants {
                numbers.push(self.number_for(uid, want, &open.attempt)?);
            }
        }
        let given: Vec<Json> = numbers.iter().map(|number| {
            json!({ "pool": number.pool, "value": number.value, "text": number.text, "had": number.had })
        }).collect();
        self.append(
            "open",
            &json!({ "attempt": open.attempt.as_str(), "uid": uid, "job": open.job, "slot": open.slot,
                     "operator": open.operator, "tool": open.tool, "rework": open.rework, "numbers": given,
                     "started": now }),
        )?;
        Ok(Opened {
            attempt: open.attempt.clone(),
            numbers,
            closed,
        })
    }

    /// The answer got lost, or the caller asks again.
    fn opened_already(&mut self, open: &Open, row: &AttemptRow) -> Result<Opened> {
        if row.verdict != Verdict::Open {
            return Err(Refused::Ended {
                attempt: open.attempt.to_string(),
                ended: row.verdict.to_string(),
            }
            .into());
        }
        let mut numbers = Vec::new();
        for want in &open.wants {
            let uid = row.uid.clone().unwrap_or_default();
            numbers.extend(self.number_of(&uid, &want.pool)?);
        }
        Ok(Opened {
            attempt: open.attempt.clone(),
            numbers,
            closed: None,
        })
    }

    fn check_job(&mut self, open: &Open) -> Result<()> {
        // on a server two stations must not both take the last place
        let lock = match self.db.dialect() {
            Dialect::Postgres => " FOR UPDATE",
            Dialect::Sqlite => "",
        };
        let sql = format!("SELECT unit_limit FROM job WHERE id = ?1{lock}");
        let rows = self.db.query(&sql, &[(&open.job).into()])?;
        let Some(row) = rows.first() else {
            return Err(Refused::NoJob(open.job.clone()).into());
        };
        let Some(limit) = row.maybe_int(0)? else {
            return Ok(());
        };
        // a unit that failed or that is done again takes no second place
        let uid = open.uid.map(|uid| uid.to_string());
        let rows = self.db.query(
            "SELECT count(DISTINCT uid) FROM attempt
             WHERE job = ?1 AND verdict IN ('pass', 'open') AND uid IS NOT NULL AND uid <> ?2",
            &[(&open.job).into(), uid.unwrap_or_default().into()],
        )?;
        let taken = rows.first().map_or(Ok(0), |row| row.int(0))?;
        match taken >= limit {
            true => Err(Refused::LimitReached { limit }.into()),
            false => Ok(()),
        }
    }

    /// An attempt that is open in this slot of this station cannot run any more: its station died.
    fn close_old(&mut self, slot: &str) -> Result<Option<String>> {
        let rows = self.db.query(
            "SELECT id FROM attempt WHERE station = ?1 AND slot = ?2 AND verdict = 'open'",
            &[(&self.station.id).into(), slot.into()],
        )?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let id = row.text(0)?;
        self.end(&id, &station_died())?;
        Ok(Some(id))
    }

    fn check_unit(&mut self, open: &Open, uid: Uid) -> Result<()> {
        let rows = self.db.query(
            "SELECT station.name, attempt.slot FROM attempt JOIN station ON station.id = attempt.station
             WHERE uid = ?1 AND verdict = 'open'",
            &[uid.to_string().into()],
        )?;
        if let Some(row) = rows.first() {
            return Err(Refused::HeldElsewhere {
                station: row.text(0)?,
                slot: row.text(1)?,
            }
            .into());
        }
        if open.rework {
            return Ok(());
        }
        let rows = self.db.query(
            "SELECT count(*) FROM attempt WHERE uid = ?1 AND job = ?2 AND verdict = 'pass'",
            &[uid.to_string().into(), (&open.job).into()],
        )?;
        match rows.first().map_or(Ok(0), |row| row.int(0))? {
            0 => Ok(()),
            _ => {
                let numbers = self.texts_of(&uid.to_string())?;
                Err(Refused::AlreadyPassed { numbers }.into())
            }
        }
    }

    fn texts_of(&mut self, uid: &str) -> Result<Vec<String>> {
        let rows = self.db.query(
            "SELECT text FROM assignment WHERE uid = ?1 ORDER BY pool",
            &[uid.into()],
        )?;
        Ok(rows
            .iter()
            .map(|row| Ok(shown(&row.text(0)?)))
            .collect::<std::result::Result<_, DbError>>()?)
    }

    /// The number of this pool that a unit has.
    fn number_of(&mut self, uid: &str, pool: &str) -> Result<Option<Number>> {
        let rows = self.db.query(
            "SELECT pool, value, text, state FROM assignment WHERE uid = ?1 AND pool = ?2",
            &[uid.into(), pool.into()],
        )?;
        rows.first().map(|row| number(row, true)).transpose()
    }

    fn number_for(&mut self, uid: &str, want: &Want, attempt: &AttemptId) -> Result<Number> {
        if let Some(number) = self.number_of(uid, &want.pool)? {
            return Ok(number);
        }
        let text = want.given.clone();
        // the row is locked from here to the commit: nobody else takes this number
        let moved = self.db.execute(
            "UPDATE pool SET next = next + step WHERE id = ?1 AND next <= last",
            &[(&want.pool).into()],
        )?;
        let rows = self.db.query(
            "SELECT next - step, last, kind, format FROM pool WHERE id = ?1",
            &[(&want.pool).into()],
        )?;
        let Some(row) = rows.first() else {
            return Err(Refused::NoPool(want.pool.clone()).into());
        };
        let (value, last, kind) = (row.int(0)?, row.int(1)?, row.text(2)?);
        if moved == 0 {
            let pool = want.pool.clone();
            return Err(Refused::PoolEmpty { pool, last }.into());
        }
        let text = match (kind.as_str(), text) {
            ("range", None) => Format::parse(&row.text(3)?)?.of(value)?,
            ("list", None) => {
                let rows = self.db.query(
                    "SELECT text FROM pool_text WHERE pool = ?1 AND value = ?2",
                    &[(&want.pool).into(), value.into()],
                )?;
                let missing =
                    || Error::Database(format!("row {value} of pool {} is gone", want.pool));
                rows.first().ok_or_else(missing)?.text(0)?
            }
            ("given", Some(text)) => {
                let rows = self.db.query(
                    "SELECT uid FROM assignment WHERE pool = ?1 AND text = ?2",
                    &[(&want.pool).into(), (&text).into()],
                )?;
                if let Some(row) = rows.first() {
                    return Err(Refused::TextTaken {
                        pool: want.pool.clone(),
                        text: shown(&text),
                        uid: row.text(0)?,
                    }
                    .into());
                }
                text
            }
            (kind, _) => {
                return Err(Refused::BadPool {
                    pool: want.pool.clone(),
                    reason: match kind {
                        "given" => "its texts come from outside, and none came".into(),
                        _ => "it gives its own numbers, and takes none from outside".into(),
                    },
                }
                .into());
            }
        };
        self.db.execute(
            "INSERT INTO assignment (pool, value, text, uid, attempt, state) VALUES (?1, ?2, ?3, ?4, ?5, 'reserved')",
            &[
                (&want.pool).into(),
                value.into(),
                (&text).into(),
                uid.into(),
                attempt.as_str().into(),
            ],
        )?;
        Ok(Number {
            pool: want.pool.clone(),
            value,
            text,
            state: NumberState::Reserved,
            had: false,
        })
    }

    /// The numbers that a unit has, in the order of the pools' names.
    ///
    /// # Errors
    /// As any read.
    pub fn numbers_of(&mut self, uid: Uid) -> Result<Vec<Number>> {
        let rows = self.db.query(
            "SELECT pool, value, text, state FROM assignment WHERE uid = ?1 ORDER BY pool",
            &[uid.to_string().into()],
        )?;
        rows.iter().map(|row| number(row, true)).collect()
    }

    /// Ends an attempt. When this returns, the verdict outlasts a power cut: only then may it be shown. A pass makes the unit's
    /// reserved numbers written.
    ///
    /// # Errors
    /// [`Refused::NoAttempt`]; [`Refused::Ended`] where it ended with another verdict; [`Error::Away`], after which the same call
    /// finds out whether it had effect.
    pub fn finish(&mut self, attempt: &AttemptId, finish: &Finish) -> Result<()> {
        self.write(|ledger| {
            let Some(row) = ledger.attempt_row(attempt)? else {
                return Err(Refused::NoAttempt(attempt.to_string()).into());
            };
            if row.verdict != Verdict::Open {
                return match row.verdict == finish.verdict {
                    true => Ok(()),
                    false => Err(Refused::Ended {
                        attempt: attempt.to_string(),
                        ended: row.verdict.to_string(),
                    }
                    .into()),
                };
            }
            ledger.end(attempt.as_str(), finish)?;
            if let (Verdict::Pass, Some(uid)) = (finish.verdict, &row.uid) {
                ledger.db.execute(
                    "UPDATE assignment SET state = 'written' WHERE uid = ?1 AND state = 'reserved'",
                    &[uid.into()],
                )?;
            }
            Ok(())
        })
    }

    fn end(&mut self, attempt: &str, finish: &Finish) -> Result<()> {
        let now = (self.clock)();
        let detail = finish.detail.to_string();
        self.db.execute(
            "UPDATE attempt SET verdict = ?2, ended = ?3, code = ?4, step = ?5, detail = ?6 WHERE id = ?1",
            &[
                attempt.into(),
                finish.verdict.name().into(),
                now.into(),
                finish.code.clone().into(),
                finish.step.clone().into(),
                (&detail).into(),
            ],
        )?;
        for (hook, body) in &finish.letters {
            self.db.execute(
                "INSERT INTO outbox (attempt, hook, body, tries) VALUES (?1, ?2, ?3, 0)",
                &[attempt.into(), hook.into(), body.to_string().into()],
            )?;
        }
        self.append(
            "end",
            &json!({ "attempt": attempt, "verdict": finish.verdict.name(), "code": finish.code, "step": finish.step,
                     "ended": now, "detail": finish.detail }),
        )
    }

    fn attempt_row(&mut self, attempt: &AttemptId) -> Result<Option<AttemptRow>> {
        let rows = self.db.query(
            "SELECT uid, verdict FROM attempt WHERE id = ?1",
            &[attempt.as_str().into()],
        )?;
        let row = |row: &Row| {
            let verdict = row.text(1)?;
            Ok(AttemptRow {
                uid: row.maybe_text(0)?,
                verdict: Verdict::of(&verdict)
                    .ok_or_else(|| Error::Database(format!("verdict \"{verdict}\"")))?,
            })
        };
        rows.first().map(row).transpose()
    }

    /// How an attempt stands; `None` when it never reached the ledger.
    ///
    /// # Errors
    /// As any read.
    pub fn verdict_of(&mut self, attempt: &AttemptId) -> Result<Option<Verdict>> {
        Ok(self.attempt_row(attempt)?.map(|row| row.verdict))
    }

    /// Ends what this station left open when it died: to be called at its start, before any slot is armed. Returns the attempts.
    ///
    /// # Errors
    /// As any write.
    pub fn recover(&mut self) -> Result<Vec<String>> {
        self.write(|ledger| {
            let rows = ledger.db.query(
                "SELECT id FROM attempt WHERE station = ?1 AND verdict = 'open' ORDER BY started, id",
                &[(&ledger.station.id).into()],
            )?;
            let mut ended = Vec::new();
            for row in &rows {
                let id = row.text(0)?;
                ledger.end(&id, &station_died())?;
                ended.push(id);
            }
            Ok(ended)
        })
    }

    /// Gives a number up for ever: its unit is scrapped. A number that was never given is passed over when its turn comes.
    ///
    /// # Errors
    /// [`Refused::NotVoidable`] while an attempt on its unit is open, and for a number that no unit has.
    pub fn void(&mut self, pool: &str, value: i64, reason: &str) -> Result<()> {
        self.write(|ledger| {
            let refuse = |reason: &str| {
                Err(Refused::NotVoidable {
                    pool: pool.to_owned(),
                    value,
                    reason: reason.to_owned(),
                }
                .into())
            };
            let rows = ledger.db.query(
                "SELECT uid, state FROM assignment WHERE pool = ?1 AND value = ?2",
                &[pool.into(), value.into()],
            )?;
            let Some(row) = rows.first() else {
                return refuse("no unit has it");
            };
            let (uid, state) = (row.text(0)?, row.text(1)?);
            if state == NumberState::Void.name() {
                return Ok(());
            }
            let open = ledger.db.query(
                "SELECT count(*) FROM attempt WHERE uid = ?1 AND verdict = 'open'",
                &[uid.clone().into()],
            )?;
            if open.first().map_or(Ok(0), |row| row.int(0))? > 0 {
                return refuse("its unit is being worked on");
            }
            ledger.db.execute(
                "UPDATE assignment SET state = 'void' WHERE pool = ?1 AND value = ?2",
                &[pool.into(), value.into()],
            )?;
            ledger.append(
                "void",
                &json!({ "pool": pool, "value": value, "uid": uid, "reason": reason }),
            )
        })
    }

    /// What hooks have still to be told, oldest first.
    ///
    /// # Errors
    /// As any read.
    pub fn letters(&mut self) -> Result<Vec<Letter>> {
        let rows = self.db.query(
            "SELECT outbox.attempt, hook, body, tries, error FROM outbox JOIN attempt ON attempt.id = outbox.attempt
             WHERE outbox.done IS NULL AND attempt.station = ?1 ORDER BY outbox.attempt, hook LIMIT 1000",
            &[(&self.station.id).into()],
        )?;
        let letter = |row: &Row| {
            Ok(Letter {
                attempt: row.text(0)?,
                hook: row.text(1)?,
                body: row.text(2)?,
                tries: row.int(3)?,
                error: row.maybe_text(4)?,
            })
        };
        rows.iter().map(letter).collect()
    }

    /// Says that a hook was told, or what went wrong. Before a hook is called a second time, its letter says so by its tries.
    ///
    /// # Errors
    /// As any write.
    pub fn told(&mut self, letter: &Letter, error: Option<&str>) -> Result<()> {
        self.write(|ledger| {
            let now = (ledger.clock)();
            let done = error.is_none().then_some(now);
            ledger.db.execute(
                "UPDATE outbox SET tries = tries + 1, done = ?3, error = ?4 WHERE attempt = ?1 AND hook = ?2",
                &[(&letter.attempt).into(), (&letter.hook).into(), done.into(), error.into()],
            )?;
            ledger.append(
                "hook",
                &json!({ "attempt": letter.attempt, "hook": letter.hook, "error": error }),
            )
        })
    }

    /// The last attempts, newest first: of a unit by its id or by one of its numbers, or all.
    ///
    /// # Errors
    /// As any read.
    pub fn attempts(&mut self, of: Option<&str>, most: u32) -> Result<Vec<Attempt>> {
        let (which, values) = match of {
            Some(of) => (
                "WHERE attempt.uid = ?1 OR attempt.uid IN (SELECT uid FROM assignment WHERE text = ?2)",
                vec![Value::from(of.to_ascii_lowercase()), of.into()],
            ),
            None => ("", Vec::new()),
        };
        let sql = format!("{ATTEMPTS} {which} ORDER BY attempt.id DESC LIMIT {most}");
        let rows = self.db.query(&sql, &values)?;
        rows.iter().map(|row| self.attempt(row)).collect()
    }

    pub(crate) fn attempt(&mut self, row: &Row) -> Result<Attempt> {
        let uid = row.maybe_text(1)?;
        let numbers = match &uid {
            Some(uid) => self.texts_of(uid)?,
            None => Vec::new(),
        };
        let verdict = row.text(10)?;
        Ok(Attempt {
            id: row.text(0)?,
            uid,
            job: row.text(2)?,
            job_name: row.text(3)?,
            station: row.text(4)?,
            slot: row.text(5)?,
            operator: row.text(6)?,
            tool: row.text(7)?,
            started: row.int(8)?,
            ended: row.maybe_int(9)?,
            verdict: Verdict::of(&verdict)
                .ok_or_else(|| Error::Database(format!("verdict \"{verdict}\"")))?,
            code: row.maybe_text(11)?,
            step: row.maybe_text(12)?,
            rework: row.int(13)? != 0,
            detail: row.text(14)?,
            numbers,
        })
    }
}

/// What [`Ledger::attempt`] takes, up to its conditions.
pub(crate) const ATTEMPTS: &str =
    "SELECT attempt.id, attempt.uid, attempt.job, job.name, station.name, slot, operator, tool, started, ended, verdict, code, step,
            rework, detail
     FROM attempt JOIN job ON job.id = attempt.job JOIN station ON station.id = attempt.station";

/// The end of an attempt whose station cannot end it any more.
fn station_died() -> Finish {
    Finish::new(Verdict::Aborted).because("station-died", "unknown")
}

/// How many numbers a pool has from `next` on.
fn left(last: i64, step: i64, next: i64) -> i64 {
    match next <= last {
        true => (last - next) / step.max(1) + 1,
        false => 0,
    }
}

/// The id of the ledger that is there.
fn id_in(db: &mut dyn Db) -> Result<String> {
    let rows = db.query("SELECT text FROM meta WHERE name = 'ledger'", &[])?;
    let id = rows.first().map(|row| row.text(0)).transpose()?;
    id.ok_or_else(|| Error::NotALedger("the ledger has no id".into()))
}

struct AttemptRow {
    uid: Option<String>,
    verdict: Verdict,
}

fn number(row: &Row, had: bool) -> Result<Number> {
    let state = row.text(3)?;
    Ok(Number {
        pool: row.text(0)?,
        value: row.int(1)?,
        text: row.text(2)?,
        state: NumberState::of(&state)
            .ok_or_else(|| Error::Database(format!("number state \"{state}\"")))?,
        had,
    })
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// That a pool that is there is the one that is asked for.
fn same_pool(row: &Row, pool: &PoolSpec) -> Result<()> {
    let fields = [
        ("kind", row.text(2)?, pool.kind.name().to_owned()),
        ("format", row.text(3)?, pool.format.clone()),
        (
            "first number",
            row.int(4)?.to_string(),
            pool.first.to_string(),
        ),
        (
            "last number",
            row.int(5)?.to_string(),
            pool.last.to_string(),
        ),
        ("step", row.int(6)?.to_string(), pool.step.to_string()),
        ("list of SHA-256", row.text(7)?, pool.digest().to_owned()),
    ];
    match fields.into_iter().find(|(_, found, asked)| found != asked) {
        None => Ok(()),
        Some((what, found, asked)) => Err(Refused::OtherPool {
            pool: pool.id.clone(),
            what,
            found,
            asked,
        }
        .into()),
    }
}

/// That two pools of one space share no number.
fn apart(row: &Row, pool: &PoolSpec) -> Result<()> {
    let (first, last) = (row.int(4)?.max(pool.first), row.int(5)?.min(pool.last));
    match row.text(1)? == pool.space && first <= last {
        true => Err(Refused::PoolsOverlap {
            pool: pool.id.clone(),
            other: row.text(0)?,
            first,
            last,
        }
        .into()),
        false => Ok(()),
    }
}
