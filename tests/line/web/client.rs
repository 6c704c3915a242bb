//! A client of a few lines, that can ask what no browser asks.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Ends what would hang; nothing is measured against it.
const PATIENCE: Duration = Duration::from_secs(90);

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(found, _)| found == name);
        found.next().map(|(_, value)| value.as_str())
    }
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream.set_write_timeout(Some(PATIENCE)).expect("a limit");
    stream
}

/// Sends these bytes and reads until the other side ends.
pub fn ask(address: SocketAddr, request: &str) -> Answer {
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).expect("sent");
    read(stream).expect("an answer")
}

/// Reads an answer to its end, if there is one.
pub fn read(stream: TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    // what a server that refused said stands before the reset
    let _ = BufReader::new(stream).read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).expect("UTF-8");
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(": "));
    Some(Answer {
        status,
        headers: headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
        body: body.to_owned(),
    })
}

/// A stream of events.
pub struct Stream(BufReader<TcpStream>);

impl Stream {
    /// Begins one; the status where there is none.
    pub fn begin(address: SocketAddr, path: &str) -> Result<Stream, u16> {
        let mut stream = connect(address);
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut reader = BufReader::new(stream);
        let mut status = String::new();
        reader.read_line(&mut status).expect("a status");
        let mut line = String::new();
        while reader.read_line(&mut line).expect("a header") > 2 {
            line.clear();
        }
        match status.split(' ').nth(1).and_then(|code| code.parse().ok()) {
            Some(200) => Ok(Stream(reader)),
            other => Err(other.unwrap_or(0)),
        }
    }

    /// The next event of this name: its data. `None` when the stream has ended.
    pub fn next(&mut self, name: &str) -> Option<String> {
        let (mut found, mut data) = (false, Vec::new());
        loop {
            let mut line = String::new();
            // chunk sizes of the transfer stand on lines of their own and look like no field
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end_matches(['\r', '\n']);
            if let Some(event) = line.strip_prefix("event: ") {
                (found, data) = (event == name, Vec::new());
            } else if let Some(text) = line.strip_prefix("data: ") {
                data.push(text.to_owned());
            } else if line.is_empty() && found && !data.is_empty() {
                return Some(data.join("\n"));
            }
        }
    }

    /// Reads to the end.
    pub fn rest(mut self) {
        let _ = std::io::copy(&mut self.0, &mut std::io::sink());
    }
}
