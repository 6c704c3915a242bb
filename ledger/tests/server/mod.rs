//! A PostgreSQL server of the tests' own, when its programs are installed: a socket in its own folder, no port, no settings of the
//! machine.

#![allow(dead_code)] // each test program uses its part

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A running server.
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
}

/// Where Debian puts the programs of a version.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop()
}

/// A command as a user who may run a server: root may not.
fn as_postgres(program: &Path) -> Command {
    let root = std::fs::read_to_string("/proc/self/status")
        .is_ok_and(|status| status.lines().any(|line| line.starts_with("Uid:\t0\t")));
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
        .arg(program);
    command
}

fn run(command: &mut Command) -> bool {
    let done = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    done.is_ok_and(|status| status.success())
}

impl Server {
    /// Makes and starts one; `None`, with a word on stderr, where none is installed. One that is and does not start is a failure: a
    /// test that is skipped looks like one that passed.
    pub fn start() -> Option<Server> {
        let Some(programs) = programs() else {
            eprintln!(
                "SKIPPED: nothing on PostgreSQL: its server is not installed (Debian: postgresql)"
            );
            return None;
        };
        let name = format!("rtboot-pg-{}-{}", std::process::id(), next());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).expect("a new folder");
        // who is not root owns it already
        run(Command::new("chown").arg("postgres").arg(&folder));
        let made = run(as_postgres(&programs.join("initdb"))
            .args([
                "--auth=trust",
                "--username=postgres",
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C",
                "-D",
            ])
            .arg(folder.join("data"))
            .current_dir(&folder));
        let server = Server { programs, folder };
        server.watch();
        assert!(made, "initdb failed in {}", server.folder.display());
        assert!(
            server.up(),
            "the server does not start in {}",
            server.folder.display()
        );
        Some(server)
    }

    /// A server that tests share is never dropped, and a test that is killed drops nothing: a shell ends the server when this
    /// program is gone.
    fn watch(&self) {
        let script = "while kill -0 $1 2>/dev/null; do sleep 1; done; \
                      [ -f $2/data/postmaster.pid ] && kill -QUIT $(head -n 1 $2/data/postmaster.pid); sleep 1; rm -rf $2";
        let watching = Command::new("setsid")
            .args(["sh", "-c", script, "watch"])
            .arg(std::process::id().to_string())
            .arg(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        drop(watching);
    }

    /// Starts it (again).
    pub fn up(&self) -> bool {
        let options = format!(
            "-k {} -c listen_addresses= -c unix_socket_permissions=0777",
            self.folder.display()
        );
        run(as_postgres(&self.programs.join("pg_ctl"))
            .args(["-w", "-t", "60", "-l"])
            .arg(self.folder.join("log"))
            .args(["-o", &options, "-D"])
            .arg(self.folder.join("data"))
            .arg("start")
            .current_dir(&self.folder))
    }

    /// Stops it as a power cut would.
    pub fn kill(&self) -> bool {
        run(as_postgres(&self.programs.join("pg_ctl"))
            .args(["-m", "immediate", "-w", "-D"])
            .arg(self.folder.join("data"))
            .arg("stop")
            .current_dir(&self.folder))
    }

    /// The address of a new, empty database.
    pub fn database(&self) -> String {
        let name = format!("line{}", next());
        let made = run(as_postgres(&self.programs.join("createdb"))
            .args(["-U", "postgres", "-h"])
            .arg(&self.folder)
            .arg(&name)
            .current_dir(&self.folder));
        assert!(made, "createdb {name}");
        format!("host={} user=postgres dbname={name}", self.folder.display())
    }

    /// Does to a database what an administrator does, who knows of no ledger; `sql` names it as `{name}`.
    pub fn administrate(&self, address: &str, sql: &[&str]) {
        let name = address.rsplit_once("dbname=").expect("an address").1;
        for sql in sql {
            let done = run(as_postgres(&self.programs.join("psql"))
                .args(["-U", "postgres", "-d", "postgres", "-h"])
                .arg(&self.folder)
                .args(["-v", "ON_ERROR_STOP=1", "-c", &sql.replace("{name}", name)])
                .current_dir(&self.folder));
            assert!(done, "{sql}");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn next() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A server that all tests of this program share.
pub fn shared() -> Option<&'static Server> {
    static SHARED: OnceLock<Option<Server>> = OnceLock::new();
    SHARED.get_or_init(Server::start).as_ref()
}

/// A new database on that server.
pub fn database() -> Option<String> {
    shared().map(Server::database)
}
