//! The tables, as a list of migrations: the version of a database says how many it has had.
//!
//! Rules that must hold whatever a program does are constraints and triggers here. A migration that was released is never changed.

use crate::Error;
use crate::db::{Db, Dialect, Value};

/// SQLite's `application_id` of a ledger: "RTLG".
const APPLICATION: i64 = 0x5254_4C47;

/// What brings a database from one version to the next: for both databases, then what each needs of its own.
struct Migration {
    both: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

const MIGRATIONS: &[Migration] = &[Migration {
    both: "
CREATE TABLE meta (name TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE station (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, enrolled BIGINT NOT NULL);
CREATE TABLE job (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, sealed_by TEXT NOT NULL, unit_limit BIGINT CHECK (unit_limit > 0),
    manifest TEXT NOT NULL, added BIGINT NOT NULL);
CREATE TABLE unit (
    uid TEXT PRIMARY KEY CHECK (length(uid) = 16 AND uid <> '0000000000000000' AND uid <> 'ffffffffffffffff'),
    chip TEXT NOT NULL, first_seen BIGINT NOT NULL);
CREATE TABLE attempt (
    id TEXT PRIMARY KEY, uid TEXT REFERENCES unit, job TEXT NOT NULL REFERENCES job, station TEXT NOT NULL REFERENCES station,
    slot TEXT NOT NULL, operator TEXT NOT NULL, tool TEXT NOT NULL, started BIGINT NOT NULL, ended BIGINT,
    verdict TEXT NOT NULL CHECK (verdict IN ('open', 'pass', 'fail', 'aborted')),
    code TEXT, step TEXT, rework BIGINT NOT NULL CHECK (rework IN (0, 1)), detail TEXT NOT NULL,
    CHECK ((verdict = 'open') = (ended IS NULL)),
    CHECK (verdict <> 'fail' OR code IS NOT NULL),
    CHECK (verdict <> 'pass' OR uid IS NOT NULL));
CREATE UNIQUE INDEX attempt_open_uid ON attempt (uid) WHERE verdict = 'open';
CREATE UNIQUE INDEX attempt_open_slot ON attempt (station, slot) WHERE verdict = 'open';
CREATE UNIQUE INDEX attempt_passed ON attempt (uid, job) WHERE verdict = 'pass' AND rework = 0;
CREATE INDEX attempt_of_unit ON attempt (uid, started);
CREATE INDEX attempt_of_job ON attempt (job, verdict);
CREATE TABLE pool (
    id TEXT PRIMARY KEY, space TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('range', 'list', 'given')),
    format TEXT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL, step BIGINT NOT NULL CHECK (step > 0),
    next BIGINT NOT NULL, digest TEXT NOT NULL,
    CHECK (first <= last AND next >= first AND next <= last + step AND (next - first) % step = 0));
CREATE TABLE pool_text (
    pool TEXT NOT NULL REFERENCES pool, value BIGINT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (pool, value), UNIQUE (pool, text));
CREATE TABLE assignment (
    pool TEXT NOT NULL REFERENCES pool, value BIGINT NOT NULL, text TEXT NOT NULL, uid TEXT NOT NULL REFERENCES unit,
    attempt TEXT NOT NULL REFERENCES attempt,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'written', 'void')),
    PRIMARY KEY (pool, value), UNIQUE (pool, uid), UNIQUE (pool, text));
CREATE INDEX assignment_of_unit ON assignment (uid);
CREATE TABLE outbox (
    attempt TEXT NOT NULL REFERENCES attempt, hook TEXT NOT NULL, body TEXT NOT NULL, done BIGINT,
    tries BIGINT NOT NULL, error TEXT, PRIMARY KEY (attempt, hook));
CREATE TABLE entry (
    station TEXT NOT NULL REFERENCES station, seq BIGINT NOT NULL, at BIGINT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
    prev TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (station, seq));
",
    sqlite: "
CREATE TRIGGER pool_next BEFORE UPDATE ON pool
WHEN NEW.next < OLD.next OR NEW.first <> OLD.first OR NEW.last <> OLD.last OR NEW.step <> OLD.step OR NEW.id <> OLD.id
  OR NEW.space <> OLD.space OR NEW.kind <> OLD.kind OR NEW.format <> OLD.format OR NEW.digest <> OLD.digest
BEGIN SELECT RAISE(ABORT, 'a pool only goes forward'); END;
CREATE TRIGGER pool_stays BEFORE DELETE ON pool BEGIN SELECT RAISE(ABORT, 'a pool is never deleted'); END;
CREATE TRIGGER pool_text_stays BEFORE DELETE ON pool_text BEGIN SELECT RAISE(ABORT, 'a list is never changed'); END;
CREATE TRIGGER pool_text_fixed BEFORE UPDATE ON pool_text BEGIN SELECT RAISE(ABORT, 'a list is never changed'); END;
CREATE TRIGGER assignment_stays BEFORE DELETE ON assignment
BEGIN SELECT RAISE(ABORT, 'a number is never taken back'); END;
CREATE TRIGGER assignment_fixed BEFORE UPDATE ON assignment
WHEN NEW.pool <> OLD.pool OR NEW.value <> OLD.value OR NEW.text <> OLD.text OR NEW.uid <> OLD.uid OR NEW.attempt <> OLD.attempt
  OR (OLD.state <> 'reserved' AND NEW.state = 'reserved') OR (OLD.state = 'void' AND NEW.state <> 'void')
BEGIN SELECT RAISE(ABORT, 'a number stays with its unit'); END;
CREATE TRIGGER attempt_stays BEFORE DELETE ON attempt BEGIN SELECT RAISE(ABORT, 'an attempt is never deleted'); END;
CREATE TRIGGER attempt_fixed BEFORE UPDATE ON attempt
WHEN OLD.verdict <> 'open' OR NEW.id <> OLD.id OR NEW.uid IS NOT OLD.uid OR NEW.job <> OLD.job OR NEW.station <> OLD.station
  OR NEW.started <> OLD.started OR NEW.slot <> OLD.slot
BEGIN SELECT RAISE(ABORT, 'an attempt that ended is not changed'); END;
CREATE TRIGGER unit_stays BEFORE DELETE ON unit BEGIN SELECT RAISE(ABORT, 'a unit is never deleted'); END;
CREATE TRIGGER entry_stays BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entries are only added'); END;
CREATE TRIGGER entry_fixed BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entries are only added'); END;
",
    postgres: "
CREATE FUNCTION rtboot_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;
CREATE TRIGGER pool_next BEFORE UPDATE ON pool FOR EACH ROW
WHEN (NEW.next < OLD.next OR NEW.first <> OLD.first OR NEW.last <> OLD.last OR NEW.step <> OLD.step OR NEW.id <> OLD.id
  OR NEW.space <> OLD.space OR NEW.kind <> OLD.kind OR NEW.format <> OLD.format OR NEW.digest <> OLD.digest)
EXECUTE FUNCTION rtboot_refuse('a pool only goes forward');
CREATE TRIGGER pool_stays BEFORE DELETE OR TRUNCATE ON pool EXECUTE FUNCTION rtboot_refuse('a pool is never deleted');
CREATE TRIGGER pool_text_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON pool_text
EXECUTE FUNCTION rtboot_refuse('a list is never changed');
CREATE TRIGGER assignment_stays BEFORE DELETE OR TRUNCATE ON assignment
EXECUTE FUNCTION rtboot_refuse('a number is never taken back');
CREATE TRIGGER assignment_fixed BEFORE UPDATE ON assignment FOR EACH ROW
WHEN (NEW.pool <> OLD.pool OR NEW.value <> OLD.value OR NEW.text <> OLD.text OR NEW.uid <> OLD.uid OR NEW.attempt <> OLD.attempt
  OR (OLD.state <> 'reserved' AND NEW.state = 'reserved') OR (OLD.state = 'void' AND NEW.state <> 'void'))
EXECUTE FUNCTION rtboot_refuse('a number stays with its unit');
CREATE TRIGGER attempt_stays BEFORE DELETE OR TRUNCATE ON attempt EXECUTE FUNCTION rtboot_refuse('an attempt is never deleted');
CREATE TRIGGER attempt_fixed BEFORE UPDATE ON attempt FOR EACH ROW
WHEN (OLD.verdict <> 'open' OR NEW.id <> OLD.id OR NEW.uid IS DISTINCT FROM OLD.uid OR NEW.job <> OLD.job
  OR NEW.station <> OLD.station OR NEW.started <> OLD.started OR NEW.slot <> OLD.slot)
EXECUTE FUNCTION rtboot_refuse('an attempt that ended is not changed');
CREATE TRIGGER unit_stays BEFORE DELETE OR TRUNCATE ON unit EXECUTE FUNCTION rtboot_refuse('a unit is never deleted');
CREATE TRIGGER entry_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON entry
EXECUTE FUNCTION rtboot_refuse('entries are only added');
",
}];

/// Brings a database to this version; an empty one gets all.
///
/// # Errors
/// [`Error::NotALedger`] for a database of something else and for one of a later version.
pub(crate) fn migrate(db: &mut dyn Db, now: i64) -> Result<(), Error> {
    db.begin()?;
    let migrated = up(db, now);
    match migrated {
        Ok(()) => Ok(db.commit()?),
        Err(error) => {
            db.rollback();
            Err(error)
        }
    }
}

fn up(db: &mut dyn Db, now: i64) -> Result<(), Error> {
    let version = match db.dialect() {
        Dialect::Sqlite => version_of_file(db)?,
        Dialect::Postgres => version_of_server(db)?,
    };
    let known = MIGRATIONS.len() as i64;
    if version > known {
        return Err(Error::NotALedger(format!(
            "the ledger has version {version}, and this program knows versions up to {known}: use a newer rtboot"
        )));
    }
    for migration in &MIGRATIONS[usize::try_from(version).unwrap_or_default()..] {
        db.batch(migration.both)?;
        db.batch(match db.dialect() {
            Dialect::Sqlite => migration.sqlite,
            Dialect::Postgres => migration.postgres,
        })?;
    }
    if version == 0 {
        let id = uuid::Uuid::now_v7().to_string();
        for (name, text) in [("ledger", id), ("made", now.to_string())] {
            db.execute(
                "INSERT INTO meta (name, text) VALUES (?1, ?2)",
                &[name.into(), text.into()],
            )?;
        }
    }
    if version < known {
        match db.dialect() {
            Dialect::Sqlite => db.batch(&format!(
                "PRAGMA application_id={APPLICATION}; PRAGMA user_version={known};"
            ))?,
            Dialect::Postgres => {
                db.execute(
                    "INSERT INTO meta (name, text) VALUES ('version', ?1)
                     ON CONFLICT (name) DO UPDATE SET text = excluded.text",
                    &[Value::Text(known.to_string())],
                )?;
            }
        }
    }
    Ok(())
}

fn version_of_file(db: &mut dyn Db) -> Result<i64, Error> {
    let pragma = |db: &mut dyn Db, name: &str| -> Result<i64, Error> {
        let rows = db.query(&format!("PRAGMA {name}"), &[])?;
        Ok(rows.first().map_or(Ok(0), |row| row.int(0))?)
    };
    let (application, version) = (pragma(db, "application_id")?, pragma(db, "user_version")?);
    let tables = db.query("SELECT count(*) FROM sqlite_schema", &[])?;
    let empty = tables.first().map_or(Ok(0), |row| row.int(0))? == 0;
    match (application, empty) {
        (APPLICATION, _) => Ok(version),
        (0, true) => Ok(0),
        _ => Err(Error::NotALedger(
            "the file is a database of another program, not a ledger".into(),
        )),
    }
}

fn version_of_server(db: &mut dyn Db) -> Result<i64, Error> {
    // two stations that start on an empty database at once: the second waits here
    db.batch("SELECT pg_advisory_xact_lock(x'52544C47'::bigint)")?;
    let there = db.query("SELECT to_regclass('meta')::text", &[])?;
    if there
        .first()
        .map(|row| row.maybe_text(0))
        .transpose()?
        .flatten()
        .is_none()
    {
        return Ok(0);
    }
    let rows = db.query("SELECT text FROM meta WHERE name = 'version'", &[])?;
    let text = rows.first().map(|row| row.text(0)).transpose()?;
    text.and_then(|text| text.parse().ok()).ok_or_else(|| {
        Error::NotALedger("the database has a table meta that is not a ledger's".into())
    })
}
