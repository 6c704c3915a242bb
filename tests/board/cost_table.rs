//! What writes cost, held against `costs.txt`: a cell that gets 3 % worse fails. `RTBOOT_BLESS=1` writes the table anew.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::kit::cells::{Cell, Change, Figures, Loader, Wire};
use crate::kit::root;

/// Percent by which a figure may differ.
const SLACK: f64 = 3.0;

fn cells() -> Vec<Cell> {
    let cell = |loader, wire, size, change| Cell {
        loader,
        wire,
        size,
        change,
    };
    let mut cells = Vec::new();
    for change in Change::EVERY {
        for size in [0x4000, 0x1_0000, 0x10_0000] {
            cells.push(cell(Loader::Nxp, Wire::HighSpeed, size, change));
            cells.push(cell(Loader::Own, Wire::HighSpeed, size, change));
        }
    }
    for change in [Change::Blank, Change::Byte, Change::All] {
        for (loader, wire) in [
            (Loader::Nxp, Wire::Uart),
            (Loader::Own, Wire::Uart),
            (Loader::Own, Wire::FastUart),
        ] {
            cells.push(cell(loader, wire, 0x4000, change));
        }
    }
    cells
}

fn values(figures: &Figures) -> [f64; 4] {
    [
        figures.reports as f64,
        figures.bytes as f64,
        figures.operations as f64,
        figures.time.as_secs_f64() * 1e3,
    ]
}

#[test]
fn no_write_costs_3_percent_more() {
    let measured: Vec<(String, Figures)> = std::thread::scope(|scope| {
        let all = cells();
        let mut lanes: [Vec<Cell>; 2] = Default::default();
        for (i, cell) in all.iter().enumerate() {
            lanes[i % 2].push(*cell);
        }
        let lanes = lanes.map(|lane| {
            scope.spawn(move || {
                let one = |cell: &Cell| (cell.to_string(), cell.measure());
                lane.iter().map(one).collect::<Vec<_>>()
            })
        });
        let ended = lanes.map(|lane| lane.join().expect("measured"));
        ended.into_iter().flatten().collect()
    });
    let measured: BTreeMap<String, Figures> = measured.into_iter().collect();
    for (name, figures) in &measured {
        let (time, limit) = (figures.time, figures.limit);
        println!(
            "{:.2} {name}: {time:.3?}, at least {limit:.3?}",
            figures.ratio()
        );
    }
    let path = root().join("tests/board/costs.txt");
    if std::env::var_os("RTBOOT_BLESS").is_some() {
        let line = |(name, figures): (&String, &Figures)| {
            let [reports, bytes, operations, time] = values(figures);
            format!(
                "{name}: {reports} reports, {bytes} bytes, {operations} flash operations, {time:.3} ms\n"
            )
        };
        let text: String = measured.iter().map(line).collect();
        std::fs::write(&path, text).expect("the table");
        return;
    }
    let text = std::fs::read_to_string(&path).expect("the table");
    let mut said = Vec::new();
    for line in text.lines() {
        let (name, rest) = line.split_once(": ").expect("name and figures");
        let number = |part: &str| {
            part.split(' ')
                .next()
                .and_then(|word| word.parse::<f64>().ok())
        };
        let before: Vec<f64> = rest.split(", ").filter_map(number).collect();
        let Some(figures) = measured.get(name) else {
            said.push(format!("{name}: not measured any more"));
            continue;
        };
        let names = ["reports", "bytes", "flash operations", "ms"];
        for ((what, now), old) in names.iter().zip(values(figures)).zip(&before) {
            let percent = (now - old) / old.max(1.0) * 100.0;
            if percent.abs() > SLACK {
                let word = if percent > 0.0 { "worse" } else { "better" };
                said.push(format!(
                    "{name}: {old} to {now} {what}, {percent:+.1} %: {word}"
                ));
            }
        }
    }
    assert_eq!(text.lines().count(), measured.len(), "cells of the table");
    assert!(
        said.is_empty(),
        "RTBOOT_BLESS=1 writes the table anew:\n{}",
        said.join("\n")
    );
    assert!(measured.values().all(|it| it.limit > Duration::ZERO));
}
