//! PostgreSQL: one server, for several stations.

use std::time::Duration;

use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, NoTls};

use crate::Error;
use crate::db::{Db, DbError, Dialect, Row, Value};

/// How long a server may take to answer a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a statement may take, and how long a lock is waited for.
const STATEMENT: &str = "30s";

const READ_ONLY: &str = "; SET default_transaction_read_only=on";

pub(crate) struct Postgres {
    config: Config,
    client: Option<Client>,
    in_transaction: bool,
    read_only: bool,
}

impl Postgres {
    /// Connects.
    ///
    /// # Errors
    /// [`Error::Database`] for an address of another machine, for the connection is not encrypted; [`Error::Away`];
    /// [`Error::NotDurable`].
    pub(crate) fn connect(address: &str) -> Result<Postgres, Error> {
        // without the address: it may hold a password
        let wrong = |error: postgres::Error| Error::Database(format!("its address: {error}"));
        let mut config: Config = address.parse().map_err(wrong)?;
        let local = |host: &postgres::config::Host| match host {
            postgres::config::Host::Tcp(name) => {
                matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1")
            }
            #[cfg(unix)]
            postgres::config::Host::Unix(_) => true,
        };
        if !config.get_hosts().iter().all(local) {
            return Err(Error::Database(
                "a server on another machine would be talked to in clear text: use a tunnel, as ssh -L 5432:localhost:5432 \
                 gives, and the address of its end here"
                    .into(),
            ));
        }
        config.connect_timeout(CONNECT);
        config.application_name("rtboot");
        let mut postgres = Postgres {
            config,
            client: None,
            in_transaction: false,
            read_only: false,
        };
        postgres.check_durable()?;
        Ok(postgres)
    }

    fn client(&mut self) -> Result<&mut Client, DbError> {
        if self.client.as_ref().is_none_or(Client::is_closed) {
            self.client = None;
            if self.in_transaction {
                // a new connection would carry out the rest without the beginning
                return Err(DbError::Away(
                    "the connection broke in a transaction".into(),
                ));
            }
            let mut client = self.config.connect(NoTls).map_err(of)?;
            let set_up = format!(
                "SET statement_timeout='{STATEMENT}'; SET lock_timeout='{STATEMENT}'; SET client_min_messages=warning{}",
                if self.read_only { READ_ONLY } else { "" }
            );
            client.batch_execute(&set_up).map_err(of)?;
            self.client = Some(client);
        }
        self.client
            .as_mut()
            .ok_or_else(|| DbError::Away("no connection".into()))
    }

    /// A server that answers before it has synced loses the last commits when power fails.
    fn check_durable(&mut self) -> Result<(), Error> {
        for setting in ["synchronous_commit", "fsync", "full_page_writes"] {
            let rows = self.query(&format!("SHOW {setting}"), &[])?;
            let value = rows.first().map(|row| row.text(0)).transpose()?;
            let value = value.unwrap_or_default();
            let good = match setting {
                "synchronous_commit" => !matches!(value.as_str(), "off"),
                _ => value == "on",
            };
            if !good {
                return Err(Error::NotDurable {
                    setting: setting.into(),
                    value,
                    needed: "on",
                });
            }
        }
        Ok(())
    }
}

fn of(error: postgres::Error) -> DbError {
    let text = match error.as_db_error() {
        Some(said) => match said.constraint() {
            Some(constraint) => format!("{} ({constraint})", said.message()),
            None => said.message().to_owned(),
        },
        None => {
            // the outer text says only that it is about a connection
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            cause.map_or(error.to_string(), |cause| format!("{error}: {cause}"))
        }
    };
    let Some(code) = error.code() else {
        return DbError::Away(text);
    };
    match code.code() {
        "23505" => DbError::Unique(text),
        // a query that waited too long for a lock, a deadlock, two transactions that cannot be put in order
        "55P03" | "40P01" | "40001" | "57014" => DbError::Busy(text),
        "53100" | "25006" => DbError::Unwritable(text),
        code if code.starts_with("08") || code.starts_with("57P") || code.starts_with("53") => {
            DbError::Away(text)
        }
        _ => DbError::Other(text),
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(value) => match *kind {
                Type::INT4 => i32::try_from(*value)?.to_sql(kind, out),
                _ => value.to_sql(kind, out),
            },
            Value::Text(value) => value.as_str().to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(
            *kind,
            Type::INT8 | Type::INT4 | Type::TEXT | Type::VARCHAR | Type::UNKNOWN
        )
    }

    to_sql_checked!();
}

/// PostgreSQL counts its values with `$1`.
fn own_words(sql: &str) -> String {
    sql.replace('?', "$")
}

impl Db for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn read_only(&mut self) -> Result<(), DbError> {
        // holds for connections that are made later, too
        self.read_only = true;
        self.batch(READ_ONLY.trim_start_matches(';'))
    }

    fn begin(&mut self) -> Result<(), DbError> {
        self.in_transaction = false;
        self.batch("BEGIN")?;
        self.in_transaction = true;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), DbError> {
        let committed = self.batch("COMMIT");
        self.in_transaction = false;
        committed
    }

    fn rollback(&mut self) {
        if self.batch("ROLLBACK").is_err() {
            self.client = None;
        }
        self.in_transaction = false;
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, DbError> {
        let values: Vec<&(dyn ToSql + Sync)> = values
            .iter()
            .map(|value| value as &(dyn ToSql + Sync))
            .collect();
        self.client()?.execute(&own_words(sql), &values).map_err(of)
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, DbError> {
        let values: Vec<&(dyn ToSql + Sync)> = values
            .iter()
            .map(|value| value as &(dyn ToSql + Sync))
            .collect();
        let rows = self.client()?.query(&own_words(sql), &values).map_err(of)?;
        rows.iter().map(row).collect()
    }

    fn batch(&mut self, sql: &str) -> Result<(), DbError> {
        self.client()?.batch_execute(sql).map_err(of)
    }
}

fn row(row: &postgres::Row) -> Result<Row, DbError> {
    let values = (0..row.len()).map(|column| match *row.columns()[column].type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(column).map(Value::from),
        Type::INT4 => row
            .try_get::<_, Option<i32>>(column)
            .map(|value| Value::from(value.map(i64::from))),
        _ => row.try_get::<_, Option<String>>(column).map(Value::from),
    });
    values.collect::<Result<_, _>>().map(Row).map_err(of)
}
