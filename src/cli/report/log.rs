//! `--log FILE`: everything that a run says, whatever the verbosity, each line with its time.

use std::fs::{File, OpenOptions};
use std::io::{LineWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rtboot::{Error, Result};

/// A log; clones write to the same file.
#[derive(Debug, Clone)]
pub struct Log(Arc<Mutex<LineWriter<File>>>);

impl Log {
    /// Opens a log; one that is there is continued.
    ///
    /// # Errors
    /// [`Error::WriteFile`].
    pub fn open(path: &Path) -> Result<Log> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|source| Error::WriteFile {
            path: path.to_owned(),
            source,
        })?;
        let log = Log(Arc::new(Mutex::new(LineWriter::new(file))));
        let words: Vec<String> = std::env::args().collect();
        let version = env!("CARGO_PKG_VERSION");
        log.write(&format!("rtboot {version}: {}", words.join(" ")));
        Ok(log)
    }

    /// Writes lines, without colours. A full disk does not stop the run that is logged.
    pub fn write(&self, text: &str) {
        let now = humantime::format_rfc3339_millis(SystemTime::now());
        let plain = anstream::adapter::strip_str(text).to_string();
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for line in plain.lines() {
            let _ = writeln!(file, "{now} {line}");
        }
    }
}
