//! The client against scripted flashloaders.

use std::time::Duration;

use super::*;
use crate::port;
use crate::port::fake::{FakeHid, gone};

mod data;
mod drip;
mod evil;
mod own;
mod reads;
mod sync;
mod verbs;

/// A response report of 1021 bytes.
fn report(tag: Tag, parameters: &[u32]) -> Vec<u8> {
    let payload = Command::raw(tag, false, parameters).unwrap().to_bytes();
    padded(3, &payload)
}

/// Bytes in an IN report, stale ones behind them.
fn padded(id: u8, payload: &[u8]) -> Vec<u8> {
    let [low, high] = (payload.len() as u16).to_le_bytes();
    let mut report = [&[id, 0, low, high], payload].concat();
    report.resize(1021, 0x55);
    report
}

/// The generic response.
fn done(command: Tag, status: u32) -> Vec<u8> {
    report(Tag::GENERIC_RESPONSE, &[status, u32::from(command.0)])
}

/// The answer to GetProperty(1).
fn version() -> Vec<u8> {
    report(Tag::GET_PROPERTY_RESPONSE, &[0, 0x4B02_0100])
}

/// The device's announcement that a data phase is over.
fn end_of_write() -> Vec<u8> {
    padded(3, &[])
}

fn end_of_read() -> Vec<u8> {
    padded(4, &[])
}

/// A client in step with its device, which takes 1016 bytes a packet, and answers each write from the list.
fn client(script: &[&[Vec<u8>]]) -> Client<HidLink<FakeHid>> {
    let mut client = fresh(script);
    client.synced = true;
    client.payload = Some(1016);
    client
}

/// The same, knowing nothing of its device yet.
fn fresh(script: &[&[Vec<u8>]]) -> Client<HidLink<FakeHid>> {
    let script: Vec<Vec<&[u8]>> = script
        .iter()
        .map(|turn| turn.iter().map(Vec::as_slice).collect())
        .collect();
    let script: Vec<&[&[u8]]> = script.iter().map(Vec::as_slice).collect();
    Client::new(HidLink::new(FakeHid::script(&script)))
}

fn port_of(client: &mut Client<HidLink<FakeHid>>) -> &mut FakeHid {
    client.link_mut().port_mut()
}

/// The commands that went out, padding and reports of data left out.
fn commands(client: &mut Client<HidLink<FakeHid>>) -> Vec<Command> {
    let written = &port_of(client).written;
    written
        .iter()
        .filter(|r| r[0] == 1)
        .filter_map(|r| Command::parse(&r[4..]))
        .collect()
}

/// The data that went out, all in one.
fn data_sent(client: &mut Client<HidLink<FakeHid>>) -> Vec<u8> {
    let mut all = Vec::new();
    for r in port_of(client).written.iter().filter(|r| r[0] == 2) {
        all.extend(&r[4..][..usize::from(u16::from_le_bytes([r[2], r[3]]))]);
    }
    all
}

fn what(result: Result<impl std::fmt::Debug, Error>) -> &'static str {
    match result {
        Err(Error::Protocol { what, .. }) => what,
        other => panic!("not a protocol error: {other:?}"),
    }
}
