//! The whole screen: header, what holds up the line, slots, keys.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use rtboot::line::{LineState, SlotState};

use super::grid::{Grid, Kind};
use super::paint::{Paint, columns, cut, wrapped};
use super::{View, big, cell};
use crate::cli::line::words::{self, Notice, one_line};

/// Names of slots in rows take no more columns.
const LONGEST_NAME: u16 = 8;

/// Draws the line. Returns how many pages there are.
pub fn draw(state: &LineState, view: &View, colour: bool, buffer: &mut Buffer) -> usize {
    let area = buffer.area;
    let mut paint = Paint::new(buffer, colour);
    let mut left = area;
    let mut take = |height: u16| {
        let height = height.min(left.height);
        let taken = Rect { height, ..left };
        left.y += height;
        left.height -= height;
        taken
    };
    let small = area.height < 10;
    title(&mut paint, state, take(1));
    counts(&mut paint, state, take(u16::from(!small)));
    if let Some(letters) = words::letters(state) {
        let place = take(1);
        let style = strip(Color::Yellow);
        paint.fill(place, style);
        paint.line(place, &format!(" {letters}"), style);
    }
    for (kind, text) in words::notices(state) {
        let style = strip(match kind {
            Notice::NoDatabase => Color::Red,
            Notice::Stopping | Notice::Ended => Color::Yellow,
        });
        notice(&mut paint, kind.word(), &text, style, &mut take, area);
    }
    let footer = u16::from(area.height >= 4);
    let body = Rect {
        height: left.height.saturating_sub(footer),
        ..left
    };
    let grid = Grid::new(body, state.slots.len(), view.page);
    slots(&mut paint, &state.slots, &grid);
    let foot = Rect {
        y: body.bottom(),
        height: footer,
        ..left
    };
    match &view.operator {
        Some(entry) => {
            let name = one_line(&entry.text());
            let text = format!(" operator: {name}_  (Enter takes it, Esc does not)");
            paint.line(foot, &text, Style::new().add_modifier(Modifier::BOLD));
        }
        None => keys(&mut paint, state, &grid, foot),
    }
    if view.help {
        help(&mut paint, area);
    }
    grid.pages
}

fn strip(back: Color) -> Style {
    let front = match back {
        Color::Red => Color::White,
        _ => Color::Black,
    };
    let style = Style::new().bg(back).fg(front);
    style.add_modifier(Modifier::BOLD)
}

/// Product, job, station, operator.
fn title(paint: &mut Paint<'_>, state: &LineState, place: Rect) {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let facts = words::who(state).join("  ");
    let name = one_line(&state.job.name);
    // the product keeps at least a third of the line, facts are cut first
    let least = columns(&name).min(place.width / 3);
    let room = place.width.saturating_sub(least + 3);
    let facts = cut(&facts, usize::from(room));
    let name = cut(
        &name,
        usize::from(place.width.saturating_sub(columns(&facts) + 3)),
    );
    paint.line(place, &format!(" {name}"), bold);
    let place = Rect {
        width: place.width.saturating_sub(1),
        ..place
    };
    paint.right(place, &facts, Style::new());
}

/// What became of the units, and what is left of the numbers.
fn counts(paint: &mut Paint<'_>, state: &LineState, place: Rect) {
    let mut all = words::counts(state);
    all.extend(words::left(state));
    paint.line(place, &format!(" {}", all.join("  ")), Style::new());
}

/// A notice over the whole width: large where there is room.
fn notice(
    paint: &mut Paint<'_>,
    large: &str,
    text: &str,
    style: Style,
    take: &mut dyn FnMut(u16) -> Rect,
    area: Rect,
) {
    let rows =
        big::rows(large).filter(|rows| area.height >= 30 && area.width >= columns(&rows[0]) + 2);
    let Some(rows) = rows else {
        let most = match area.height {
            ..10 => 1,
            _ => 2,
        };
        let text = format!("{large}: {text}");
        let width = usize::from(area.width.saturating_sub(2));
        for line in wrapped(&text, width, most) {
            let row = take(1);
            paint.fill(row, style);
            paint.line(row, &format!(" {line}"), style);
        }
        return;
    };
    let place = take(big::ROWS + 3);
    paint.fill(place, style);
    for (row, line) in place.rows().skip(1).zip(rows) {
        paint.centred(row, &line, style);
    }
    if let Some(row) = place.rows().nth(usize::from(big::ROWS) + 1) {
        paint.centred(row, text, style);
    }
}

fn slots(paint: &mut Paint<'_>, slots: &[SlotState], grid: &Grid) {
    let shown = slots.iter().skip(grid.first).zip(&grid.places);
    match grid.kind {
        Kind::Cell => shown.for_each(|(slot, place)| cell::cell(paint, slot, *place)),
        Kind::Row => {
            let names = slots.iter().map(|slot| columns(&one_line(&slot.name)));
            let width = names.max().unwrap_or(0).clamp(1, LONGEST_NAME);
            shown.for_each(|(slot, place)| cell::row(paint, slot, *place, width));
        }
    }
}

/// The keys, and what other pages show.
fn keys(paint: &mut Paint<'_>, state: &LineState, grid: &Grid, place: Rect) {
    let mut text = " q stop  o operator  ? help".to_owned();
    if grid.pages > 1 {
        let page = grid.page + 1;
        text = format!("{text}  n p page {page} of {}", grid.pages);
        let here = grid.first..grid.first + grid.places.len();
        let others = state.slots.iter().enumerate();
        let others = others.filter(|(number, _)| !here.contains(number));
        let mut words: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, slot) in others {
            *words.entry(slot.phase.word()).or_default() += 1;
        }
        let words: Vec<String> = words
            .iter()
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        text = format!("{text}; other pages: {}", words.join(", "));
    }
    paint.line(place, &text, Style::new());
}

/// Keys and words, explained.
const HELP: &[&str] = &[
    "q          stop: boards that are busy are finished",
    "Ctrl-C     the same; a second time: end at once",
    "o          another operator: a name or a badge, then Enter",
    "n, p       next page, page before (or PgDn, PgUp)",
    "?          this help; any key closes it",
    "",
    "READY      put a board in",
    "BUSY       leave it in",
    "WAITING    leave it in: the database is away",
    "PASS       good and stored: take it out",
    "FAIL       bad: take it out, put it aside",
    "ABORTED    nothing is known of it: try it again",
    "REFUSED    it was not touched",
    "NO BOARD   something else is plugged in",
    "OUT        this slot is not used any more",
];

fn help(paint: &mut Paint<'_>, area: Rect) {
    let widest = HELP.iter().map(|line| columns(line)).max().unwrap_or(0);
    let width = (widest + 4).min(area.width);
    let height = u16::try_from(HELP.len() + 2).unwrap_or(u16::MAX);
    let height = height.min(area.height);
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    paint.fill(place, Style::new());
    paint.frame(place, ratatui::widgets::BorderType::Plain, Style::new());
    let inner = Rect {
        x: place.x + 2,
        y: place.y + 1,
        width: width.saturating_sub(4),
        height: height.saturating_sub(2),
    };
    for (row, line) in inner.rows().zip(HELP) {
        paint.line(row, line, Style::new());
    }
}
