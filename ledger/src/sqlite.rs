//! SQLite: one file, for a station alone.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::db::{Db, DbError, Dialect, Row, Value};

/// How long another program's transaction is waited for.
const BUSY: Duration = Duration::from_secs(10);

pub(crate) struct Sqlite {
    file: PathBuf,
    connection: Connection,
    /// Which file the connection has open; a name can be given to another one.
    opened: Option<FileId>,
    read_only: bool,
}

impl Sqlite {
    pub(crate) fn open(file: &Path) -> Result<Sqlite, DbError> {
        let connection = set_up(Connection::open(file).map_err(of)?)?;
        let opened = id_of(file)?;
        Ok(Sqlite {
            file: file.to_owned(),
            connection,
            opened,
            read_only: false,
        })
    }

    /// The connection to the file that has the ledger's name now. SQLite goes on with a file that was renamed or removed: what it
    /// wrote there would be lost, and a backup that took its place would not be seen.
    fn connection(&mut self) -> Result<&Connection, DbError> {
        // a transaction ends where it began
        if !self.connection.is_autocommit() {
            return Ok(&self.connection);
        }
        let now = id_of(&self.file)?;
        if now != self.opened {
            let flags = OpenFlags::default() & !OpenFlags::SQLITE_OPEN_CREATE;
            let connection = Connection::open_with_flags(&self.file, flags).map_err(of)?;
            self.connection = set_up(connection)?;
            self.opened = now;
            if self.read_only {
                self.connection.execute_batch(READ_ONLY).map_err(of)?;
            }
        }
        Ok(&self.connection)
    }
}

const READ_ONLY: &str = "PRAGMA query_only=ON";

fn set_up(connection: Connection) -> Result<Connection, DbError> {
    connection.busy_timeout(BUSY).map_err(of)?;
    // WAL with FULL syncs at each commit; with NORMAL the last commits are lost when power fails. The two of macOS make fsync
    // reach the disk there; elsewhere they do nothing.
    connection
        .execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA fullfsync=ON; \
             PRAGMA checkpoint_fullfsync=ON; PRAGMA trusted_schema=OFF;",
        )
        .map_err(of)?;
    let mode: String = connection
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .map_err(of)?;
    match mode.as_str() {
        "wal" => Ok(connection),
        other => Err(DbError::Other(format!(
            "its journal mode is {other}, and this file system gives no other: a ledger needs a local disk"
        ))),
    }
}

/// A file whatever its name: device and inode.
type FileId = (u64, u64);

/// `None` where the system has no such number; there an open file cannot be replaced.
fn id_of(file: &Path) -> Result<Option<FileId>, DbError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        let found = std::fs::metadata(file);
        let found = found.map_err(|error| DbError::Away(format!("{}: {error}", file.display())))?;
        Ok(Some((found.dev(), found.ino())))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        Ok(None)
    }
}

fn of(error: rusqlite::Error) -> DbError {
    let text = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull | ErrorCode::ReadOnly | ErrorCode::SystemIoFailure) => {
            DbError::Unwritable(text)
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => DbError::Unwritable(text),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => DbError::Busy(text),
        Some(ErrorCode::ConstraintViolation) if text.contains("UNIQUE") => DbError::Unique(text),
        _ => DbError::Other(text),
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Value::Int(value) => ToSqlOutput::Borrowed(ValueRef::Integer(*value)),
            Value::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
        })
    }
}

fn value(value: ValueRef<'_>) -> Result<Value, DbError> {
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(value) => Ok(Value::Int(value)),
        ValueRef::Text(bytes) => Ok(Value::Text(String::from_utf8_lossy(bytes).into_owned())),
        ValueRef::Real(_) | ValueRef::Blob(_) => Err(DbError::Other(
            "a column holds neither number nor text".into(),
        )),
    }
}

impl Db for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn begin(&mut self) -> Result<(), DbError> {
        self.batch("BEGIN IMMEDIATE")
    }

    fn read_only(&mut self) -> Result<(), DbError> {
        self.read_only = true;
        self.batch(READ_ONLY)
    }

    fn commit(&mut self) -> Result<(), DbError> {
        self.batch("COMMIT")
    }

    fn rollback(&mut self) {
        // it fails where the error ended the transaction already
        let _ = self.batch("ROLLBACK");
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, DbError> {
        let mut statement = self.connection()?.prepare_cached(sql).map_err(of)?;
        let changed = statement
            .execute(rusqlite::params_from_iter(values))
            .map_err(of)?;
        Ok(changed as u64)
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, DbError> {
        let mut statement = self.connection()?.prepare_cached(sql).map_err(of)?;
        let columns = statement.column_count();
        let mut rows = statement
            .query(rusqlite::params_from_iter(values))
            .map_err(of)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(of)? {
            let values = (0..columns).map(|column| value(row.get_ref(column).map_err(of)?));
            all.push(Row(values.collect::<Result<_, _>>()?));
        }
        Ok(all)
    }

    fn batch(&mut self, sql: &str) -> Result<(), DbError> {
        self.connection()?.execute_batch(sql).map_err(of)
    }
}
