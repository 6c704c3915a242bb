//! Reading for people: units by what is known of them, the attempts on one of them, a ledger that cannot be changed.

use crate::error::{Error, Result};
use crate::ledger::{ATTEMPTS, Ledger};
use crate::model::{Attempt, Uid};

/// A unit and its last attempt.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct UnitRow {
    /// The chip's unique id: 16 hex digits.
    pub uid: String,
    /// The chip's name.
    pub chip: String,
    /// How often it was tried.
    pub attempts: i64,
    /// The last attempt.
    pub last: Attempt,
}

impl Ledger {
    /// This ledger without a way to write: the database refuses every change, whatever is called.
    ///
    /// # Errors
    /// As any call.
    pub fn read_only(mut self) -> Result<Ledger> {
        self.db.read_only()?;
        Ok(self)
    }

    /// Units whose unique id or one of whose numbers has this text in it, in capitals or not; with an empty text all. The last that
    /// was tried is the first.
    ///
    /// # Errors
    /// As any read.
    pub fn units(&mut self, text: &str, most: u32) -> Result<Vec<UnitRow>> {
        let newest = "attempt.uid IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM attempt AS later WHERE later.uid = attempt.uid AND later.id > attempt.id)";
        let order = format!("ORDER BY attempt.id DESC LIMIT {most}");
        if text.contains('\0') {
            // it would end SQLite's pattern, and PostgreSQL has no such text
            return Ok(Vec::new());
        }
        let rows = match text {
            "" => self
                .db
                .query(&format!("{ATTEMPTS} WHERE {newest} {order}"), &[])?,
            _ => self.db.query(
                &format!(
                    "{ATTEMPTS} WHERE {newest} AND attempt.uid IN (
                         SELECT uid FROM unit WHERE uid LIKE lower(?1) ESCAPE '!'
                         UNION SELECT uid FROM assignment WHERE lower(text) LIKE lower(?1) ESCAPE '!') {order}"
                ),
                &[anywhere(text).into()],
            )?,
        };
        let rows = rows.iter().map(|row| self.attempt(row));
        let lasts = rows.collect::<Result<Vec<Attempt>>>()?;
        lasts.into_iter().map(|last| self.unit_of(last)).collect()
    }

    fn unit_of(&mut self, last: Attempt) -> Result<UnitRow> {
        let uid = last.uid.clone().unwrap_or_default();
        let rows = self.db.query(
            "SELECT chip, (SELECT count(*) FROM attempt WHERE attempt.uid = unit.uid) FROM unit WHERE uid = ?1",
            &[(&uid).into()],
        )?;
        let row = rows
            .first()
            .ok_or_else(|| Error::Database(format!("unit {uid} is gone")))?;
        Ok(UnitRow {
            uid,
            chip: row.text(0)?,
            attempts: row.int(1)?,
            last,
        })
    }

    /// The attempts on one unit, newest first.
    ///
    /// # Errors
    /// As any read.
    pub fn attempts_on(&mut self, uid: Uid, most: u32) -> Result<Vec<Attempt>> {
        let sql =
            format!("{ATTEMPTS} WHERE attempt.uid = ?1 ORDER BY attempt.id DESC LIMIT {most}");
        let rows = self.db.query(&sql, &[uid.to_string().into()])?;
        rows.iter().map(|row| self.attempt(row)).collect()
    }
}

/// A pattern of LIKE for a text anywhere, whose own `%` and `_` mean themselves.
fn anywhere(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
