//! The attempts as CSV, as JSON lines and as JUnit's XML.

use std::io::Write;

use crate::error::{Error, Result};
use crate::ledger::{ATTEMPTS, Ledger};
use crate::model::{Attempt, Verdict};

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// Comma-separated, with a heading; cells that a spreadsheet would take for a formula begin with a quote.
    Csv,
    /// One JSON object a line.
    Json,
    /// JUnit's XML: a test case for each attempt.
    Junit,
}

/// A cell that no spreadsheet takes for a formula: what begins like one gets a quote in front.
/// Source: OWASP, CSV injection.
pub fn safe_cell(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            format!("'{text}")
        }
        _ => text.to_owned(),
    }
}

/// A text for XML: what XML 1.0 cannot hold becomes U+FFFD.
fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{1_0000}'.. => {
                safe.push(c);
            }
            _ => safe.push('\u{FFFD}'),
        }
    }
    safe
}

const HEADING: [&str; 14] = [
    "attempt",
    "unit",
    "numbers",
    "verdict",
    "code",
    "step",
    "job",
    "station",
    "slot",
    "operator",
    "tool",
    "started_ms",
    "ended_ms",
    "rework",
];

impl Ledger {
    /// Writes all attempts that began in this span (milliseconds since 1970), oldest first.
    ///
    /// # Errors
    /// As any read; [`Error::Unwritable`] when the receiver takes no more.
    pub fn export(
        &mut self,
        form: Export,
        span: std::ops::Range<i64>,
        to: &mut dyn Write,
    ) -> Result<u64> {
        let failed = |error: std::io::Error| Error::Unwritable(error.to_string());
        match form {
            Export::Csv => self.export_csv(span, to),
            Export::Json => self.each(span, |attempt| {
                let line = serde_json::to_string(attempt).map_err(|error| failed(error.into()))?;
                writeln!(to, "{line}").map_err(failed)
            }),
            Export::Junit => {
                let mut cases = Vec::new();
                let (mut failures, mut skipped) = (0, 0);
                let count = self.each(span, |attempt| {
                    match attempt.verdict {
                        Verdict::Fail => failures += 1,
                        Verdict::Aborted | Verdict::Open => skipped += 1,
                        Verdict::Pass => {}
                    }
                    cases.push(case(attempt));
                    Ok(())
                })?;
                let text = format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"rtboot line\" tests=\"{count}\" \
                     failures=\"{failures}\" skipped=\"{skipped}\" errors=\"0\">\n{}</testsuite>\n",
                    cases.concat()
                );
                to.write_all(text.as_bytes()).map_err(failed)?;
                Ok(count)
            }
        }
    }

    fn export_csv(&mut self, span: std::ops::Range<i64>, to: &mut dyn Write) -> Result<u64> {
        let failed = |error: csv::Error| Error::Unwritable(error.to_string());
        let mut writer = csv::Writer::from_writer(to);
        writer.write_record(HEADING).map_err(failed)?;
        let count = self.each(span, |attempt| {
            let text = |text: &Option<String>| safe_cell(text.as_deref().unwrap_or_default());
            writer
                .write_record([
                    attempt.id.clone(),
                    text(&attempt.uid),
                    safe_cell(&attempt.numbers.join(" ")),
                    attempt.verdict.to_string(),
                    text(&attempt.code),
                    text(&attempt.step),
                    safe_cell(&attempt.job_name),
                    safe_cell(&attempt.station),
                    safe_cell(&attempt.slot),
                    safe_cell(&attempt.operator),
                    safe_cell(&attempt.tool),
                    attempt.started.to_string(),
                    attempt
                        .ended
                        .map(|ended| ended.to_string())
                        .unwrap_or_default(),
                    u8::from(attempt.rework).to_string(),
                ])
                .map_err(failed)
        })?;
        writer
            .flush()
            .map_err(|error| Error::Unwritable(error.to_string()))?;
        Ok(count)
    }

    /// Hands over each attempt that began in this span (milliseconds since 1970), oldest first. They are read in pieces: a span of
    /// years needs no memory.
    ///
    /// # Errors
    /// As any read; what `take` says.
    pub fn each(
        &mut self,
        span: std::ops::Range<i64>,
        mut take: impl FnMut(&Attempt) -> Result<()>,
    ) -> Result<u64> {
        let (mut last, mut count) = (String::new(), 0);
        loop {
            let rows = self.db.query(
                &format!("{ATTEMPTS} WHERE attempt.id > ?1 AND started >= ?2 AND started < ?3 ORDER BY attempt.id LIMIT 500"),
                &[(&last).into(), span.start.into(), span.end.into()],
            )?;
            for row in &rows {
                let attempt = self.attempt(row)?;
                take(&attempt)?;
                count += 1;
                last = attempt.id;
            }
            if rows.len() < 500 {
                return Ok(count);
            }
        }
    }
}

fn case(attempt: &Attempt) -> String {
    let name = match attempt.numbers.as_slice() {
        [] => attempt.uid.clone().unwrap_or_else(|| "unknown unit".into()),
        numbers => numbers.join(" "),
    };
    let seconds = attempt
        .ended
        .map_or(0, |ended| (ended - attempt.started).max(0));
    let open = format!(
        "<testcase classname=\"{}.{}\" name=\"{}\" time=\"{}.{:03}\"",
        xml(&attempt.station),
        xml(&attempt.slot),
        xml(&name),
        seconds / 1000,
        seconds % 1000
    );
    let code = xml(attempt.code.as_deref().unwrap_or("unknown"));
    let step = xml(attempt.step.as_deref().unwrap_or("unknown"));
    match attempt.verdict {
        Verdict::Pass => format!("{open}/>\n"),
        Verdict::Fail => {
            format!("{open}><failure type=\"{code}\" message=\"{code} at {step}\"/></testcase>\n")
        }
        Verdict::Aborted => format!("{open}><skipped message=\"{code}\"/></testcase>\n"),
        Verdict::Open => format!("{open}><skipped message=\"open\"/></testcase>\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_sees_no_formula() {
        for (text, safe) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2", "'-2"),
            ("\t=1", "'\t=1"),
            ("RT0001", "RT0001"),
            ("", ""),
        ] {
            assert_eq!(safe_cell(text), safe);
        }
    }

    #[test]
    fn xml_holds_any_text() {
        assert_eq!(
            xml("<a & \"b\">\u{0}"),
            "&lt;a &amp; &quot;b&quot;&gt;\u{FFFD}"
        );
    }
}
