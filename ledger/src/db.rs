//! What the ledger asks of a database: the same statements for SQLite and PostgreSQL, with `?1`, `?2` for values.

use crate::Error;

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Int(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::Text(value)
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Value {
        Value::Text(value.clone())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

/// A row of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row(pub Vec<Value>);

impl Row {
    /// A column that holds a number.
    pub(crate) fn int(&self, column: usize) -> Result<i64, DbError> {
        match self.0.get(column) {
            Some(Value::Int(value)) => Ok(*value),
            other => Err(DbError::Other(format!(
                "column {column} holds {other:?}, not a number"
            ))),
        }
    }

    /// A column that holds a text.
    pub(crate) fn text(&self, column: usize) -> Result<String, DbError> {
        match self.0.get(column) {
            Some(Value::Text(value)) => Ok(value.clone()),
            other => Err(DbError::Other(format!(
                "column {column} holds {other:?}, not a text"
            ))),
        }
    }

    /// A column that may be empty.
    pub(crate) fn maybe_int(&self, column: usize) -> Result<Option<i64>, DbError> {
        match self.0.get(column) {
            Some(Value::Null) => Ok(None),
            _ => self.int(column).map(Some),
        }
    }

    /// A column that may be empty.
    pub(crate) fn maybe_text(&self, column: usize) -> Result<Option<String>, DbError> {
        match self.0.get(column) {
            Some(Value::Null) => Ok(None),
            _ => self.text(column).map(Some),
        }
    }
}

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    #[cfg_attr(not(feature = "postgres"), allow(dead_code))]
    Postgres,
}

/// What a database says no with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DbError {
    /// Not there, or gone in the middle.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code))]
    Away(String),
    /// Cannot store.
    Unwritable(String),
    /// Held by somebody else.
    Busy(String),
    /// A unique key is there already.
    Unique(String),
    /// Anything else.
    Other(String),
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Error {
        match error {
            DbError::Away(text) => Error::Away(text),
            DbError::Unwritable(text) => Error::Unwritable(text),
            DbError::Busy(text) => Error::Busy(text),
            DbError::Unique(text) | DbError::Other(text) => Error::Database(text),
        }
    }
}

/// A connection.
pub(crate) trait Db: Send {
    fn dialect(&self) -> Dialect;
    /// Begins a transaction that will write.
    fn begin(&mut self) -> Result<(), DbError>;
    /// Makes it last: returns after the database has synced.
    fn commit(&mut self) -> Result<(), DbError>;
    /// Drops it. Never fails: a connection that cannot roll back is dropped by its next use.
    fn rollback(&mut self);
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, DbError>;
    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, DbError>;
    /// Refuses every write from now on.
    fn read_only(&mut self) -> Result<(), DbError>;
    /// Several statements without values.
    fn batch(&mut self, sql: &str) -> Result<(), DbError>;
}
