//! Proof that nothing was removed or changed: the chains are computed again, and all tables are held against them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::chain::{Entry, FIRST};
use crate::error::Result;
use crate::ledger::Ledger;

/// The end of a station's chain: printed on each shift's report, it shows later that nothing before it was changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Head {
    /// The station's name.
    pub station: String,
    /// Number of its last entry.
    pub seq: i64,
    /// The last entry's hash.
    pub hash: String,
}

/// What an audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Audit {
    /// How many entries were looked at.
    pub entries: u64,
    /// How many attempts.
    pub attempts: u64,
    /// How many numbers.
    pub numbers: u64,
    /// The end of each station's chain.
    pub heads: Vec<Head>,
    /// What is wrong, the first of each kind of place first. Empty: the ledger is as it was written.
    pub wrong: Vec<String>,
}

impl Audit {
    /// Whether the ledger is as it was written.
    pub fn is_good(&self) -> bool {
        self.wrong.is_empty()
    }
}

/// What the entries say.
#[derive(Default)]
struct Told {
    /// By id: unit, job, slot, verdict, code.
    attempts: BTreeMap<String, [String; 5]>,
    /// By pool and number: text, unit, attempt.
    numbers: BTreeMap<(String, i64), [String; 3]>,
    void: BTreeSet<(String, i64)>,
    /// Units with a pass.
    passed: BTreeSet<String>,
    pools: BTreeSet<String>,
}

fn word(body: &Json, name: &str) -> String {
    match &body[name] {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

impl Told {
    fn take(&mut self, kind: &str, body: &Json) -> Option<String> {
        match kind {
            "open" => self.opened(body),
            "end" => {
                let attempt = word(body, "attempt");
                let Some(row) = self.attempts.get_mut(&attempt) else {
                    return Some(format!("ends attempt {attempt}, which never began"));
                };
                if row[3] != "open" {
                    return Some(format!("ends attempt {attempt} a second time"));
                }
                row[3] = word(body, "verdict");
                row[4] = word(body, "code");
                if row[3] == "pass" {
                    self.passed.insert(row[0].clone());
                }
                None
            }
            "void" => {
                let value = body["value"].as_i64().unwrap_or_default();
                self.void.insert((word(body, "pool"), value));
                None
            }
            "pool" => {
                self.pools.insert(word(body, "pool"));
                None
            }
            "station" | "job" | "hook" => None,
            other => Some(format!("has the unknown kind {other}")),
        }
    }

    fn opened(&mut self, body: &Json) -> Option<String> {
        let (attempt, uid) = (word(body, "attempt"), word(body, "uid"));
        for number in body["numbers"].as_array().into_iter().flatten() {
            let key = (
                word(number, "pool"),
                number["value"].as_i64().unwrap_or_default(),
            );
            let text = word(number, "text");
            match number["had"].as_bool() {
                Some(true) => match self.numbers.get(&key) {
                    Some(given) if given[1] == uid && given[0] == text => {}
                    // given at another station, whose entries may come later here: held against the table below
                    Some(given) if given[1] != uid => {
                        return Some(format!("gives {} {} to a second unit", key.0, key.1));
                    }
                    _ => {}
                },
                _ => {
                    let given = [text, uid.clone(), attempt.clone()];
                    if self.numbers.insert(key.clone(), given).is_some() {
                        return Some(format!("gives {} {} a second time", key.0, key.1));
                    }
                }
            }
        }
        let row = [
            uid,
            word(body, "job"),
            word(body, "slot"),
            "open".into(),
            String::new(),
        ];
        let before = self.attempts.insert(attempt.clone(), row);
        before.map(|_| format!("begins attempt {attempt} a second time"))
    }
}

impl Ledger {
    /// Computes every chain again and holds all tables against the entries. `heads` are ends of chains that somebody kept, of this
    /// ledger, as hashes by station name and number: a chain that was cut or written anew shows against them.
    ///
    /// # Errors
    /// As any read; what is wrong with the ledger is in the answer.
    pub fn audit(&mut self, heads: &[(String, i64, String)]) -> Result<Audit> {
        let mut audit = Audit::default();
        let mut told = Told::default();
        let stations = self
            .db
            .query("SELECT id, name FROM station ORDER BY enrolled, id", &[])?;
        for row in &stations {
            self.audit_station(&row.text(0)?, &row.text(1)?, heads, &mut told, &mut audit)?;
        }
        let strangers = self.db.query(
            "SELECT count(*) FROM entry WHERE station NOT IN (SELECT id FROM station)",
            &[],
        )?;
        if strangers.first().map_or(Ok(0), |row| row.int(0))? > 0 {
            audit.wrong.push("entries of a station that is gone".into());
        }
        self.audit_attempts(&told, &mut audit)?;
        self.audit_numbers(&told, &mut audit)?;
        for (station, seq, _) in heads {
            if !audit.heads.iter().any(|head| head.station == *station) {
                audit.wrong.push(format!(
                    "station {station} is gone, whose entry {seq} was kept"
                ));
            }
        }
        Ok(audit)
    }

    fn audit_station(
        &mut self,
        id: &str,
        name: &str,
        heads: &[(String, i64, String)],
        told: &mut Told,
        audit: &mut Audit,
    ) -> Result<()> {
        let (mut prev, mut seq) = (FIRST.to_owned(), 0);
        let kept: BTreeMap<i64, &str> = heads
            .iter()
            .filter(|(station, ..)| station == name)
            .map(|(_, seq, hash)| (*seq, hash.as_str()))
            .collect();
        loop {
            // in pieces, so that a ledger of years needs no memory
            let rows = self.db.query(
                "SELECT seq, at, kind, body, prev, hash FROM entry WHERE station = ?1 AND seq > ?2 ORDER BY seq LIMIT 1000",
                &[id.into(), seq.into()],
            )?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let entry = Entry {
                    station: id.to_owned(),
                    seq: row.int(0)?,
                    at: row.int(1)?,
                    kind: row.text(2)?,
                    body: row.text(3)?,
                    prev: row.text(4)?,
                };
                let hash = row.text(5)?;
                let place = format!("entry {} of station {name}", entry.seq);
                if entry.seq != seq + 1 {
                    audit.wrong.push(format!(
                        "{place} follows entry {seq}: what was between them is gone"
                    ));
                }
                if entry.prev != prev || entry.hash() != hash {
                    audit
                        .wrong
                        .push(format!("{place} was changed: its hash does not fit"));
                }
                if kept.get(&entry.seq).is_some_and(|kept| *kept != hash) {
                    audit.wrong.push(format!(
                        "{place} has another hash than the one that was kept"
                    ));
                }
                match serde_json::from_str(&entry.body) {
                    Ok(body) => {
                        if let Some(wrong) = told.take(&entry.kind, &body) {
                            audit.wrong.push(format!("{place} {wrong}"));
                        }
                    }
                    Err(_) => audit.wrong.push(format!("{place} is no JSON")),
                }
                (seq, prev) = (entry.seq, hash);
                audit.entries += 1;
            }
        }
        if let Some((last, _)) = kept.last_key_value().filter(|(last, _)| **last > seq) {
            audit.wrong.push(format!(
                "station {name} ends at entry {seq}, and entry {last} was kept: the end was cut off"
            ));
        }
        audit.heads.push(Head {
            station: name.to_owned(),
            seq,
            hash: prev,
        });
        Ok(())
    }

    fn audit_attempts(&mut self, told: &Told, audit: &mut Audit) -> Result<()> {
        let rows = self.db.query(
            "SELECT id, uid, job, slot, verdict, code FROM attempt ORDER BY id",
            &[],
        )?;
        let mut seen = BTreeSet::new();
        for row in &rows {
            let id = row.text(0)?;
            let found = [
                row.maybe_text(1)?.unwrap_or_default(),
                row.text(2)?,
                row.text(3)?,
                row.text(4)?,
                row.maybe_text(5)?.unwrap_or_default(),
            ];
            match told.attempts.get(&id) {
                None => audit.wrong.push(format!("attempt {id} has no entry")),
                Some(said) if *said != found => audit.wrong.push(format!(
                    "attempt {id} was changed: its entries say {}, the table says {}",
                    said.join(" "),
                    found.join(" ")
                )),
                Some(_) => {}
            }
            seen.insert(id);
        }
        for id in told.attempts.keys().filter(|id| !seen.contains(*id)) {
            audit.wrong.push(format!("attempt {id} is gone"));
        }
        audit.attempts = rows.len() as u64;
        Ok(())
    }

    fn audit_numbers(&mut self, told: &Told, audit: &mut Audit) -> Result<()> {
        let rows = self.db.query(
            "SELECT pool, value, text, uid, attempt, state FROM assignment ORDER BY pool, value",
            &[],
        )?;
        let mut seen = BTreeSet::new();
        for row in &rows {
            let key = (row.text(0)?, row.int(1)?);
            let name = format!("{} {}", key.0, key.1);
            let found = [row.text(2)?, row.text(3)?, row.text(4)?];
            let state = row.text(5)?;
            match told.numbers.get(&key) {
                None => audit.wrong.push(format!("number {name} has no entry")),
                Some(said) if *said != found => audit.wrong.push(format!(
                    "number {name} was changed: its entry says {}, the table says {}",
                    said.join(" "),
                    found.join(" ")
                )),
                Some(_) => {}
            }
            let should = match (told.void.contains(&key), told.passed.contains(&found[1])) {
                (true, _) => "void",
                (false, true) => "written",
                (false, false) => "reserved",
            };
            if state != should {
                audit.wrong.push(format!(
                    "number {name} is {state}, and its entries say {should}"
                ));
            }
            seen.insert(key);
        }
        for (pool, value) in told.numbers.keys().filter(|key| !seen.contains(*key)) {
            audit.wrong.push(format!("number {pool} {value} is gone"));
        }
        let pools = self
            .db
            .query("SELECT id, first, step, next FROM pool ORDER BY id", &[])?;
        for row in &pools {
            let (pool, first, step, next) = (row.text(0)?, row.int(1)?, row.int(2)?, row.int(3)?);
            let given = told.numbers.keys().filter(|key| key.0 == pool);
            let should = given
                .map(|key| key.1)
                .max()
                .map_or(first, |last| last + step);
            if next != should {
                audit.wrong.push(format!(
                    "pool {pool} goes on with {next}, and its entries say {should}"
                ));
            }
            if !told.pools.contains(&pool) {
                audit.wrong.push(format!("pool {pool} has no entry"));
            }
        }
        audit.numbers = rows.len() as u64;
        Ok(())
    }

    /// The end of this station's chain.
    ///
    /// # Errors
    /// As any read.
    pub fn head_of_chain(&mut self) -> Result<Head> {
        let (seq, hash) = self.head()?;
        Ok(Head {
            station: self.station.name.clone(),
            seq,
            hash,
        })
    }
}
