//! One slot: in a frame, or in a row.

use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::BorderType;
use rtboot::line::{SlotPhase, SlotState};

use super::big;
use super::paint::{Paint, columns, wrapped};
use crate::cli::line::words::{self, one_line, seconds};

/// Columns that the longest word takes in large letters.
const LARGE: u16 = 37;

/// Lines that what to do next may take, at most.
const NEXT_LINES: usize = 3;

/// Colours of a phase; its word says the same.
pub fn colours(phase: &SlotPhase) -> Style {
    let on = |back, front| Style::new().bg(back).fg(front);
    let style = match phase {
        SlotPhase::Asking | SlotPhase::Working { .. } => on(Color::Blue, Color::White),
        SlotPhase::Passed { .. } => on(Color::Green, Color::Black),
        SlotPhase::Failed { .. } => on(Color::Red, Color::White),
        SlotPhase::Aborted { .. } => on(Color::Magenta, Color::White),
        SlotPhase::Refused { .. } | SlotPhase::NoBoard { .. } => on(Color::Yellow, Color::Black),
        SlotPhase::AwaitsLedger => on(Color::Cyan, Color::Black),
        SlotPhase::Out { .. } => on(Color::DarkGray, Color::White),
        // nothing to see: the terminal's own colours
        _ => Style::new(),
    };
    style.add_modifier(Modifier::BOLD)
}

/// The frame differs, too: double where something went wrong, thick where a unit is good.
fn border(phase: &SlotPhase) -> (BorderType, Style) {
    let line = |colour| Style::new().fg(colour);
    match phase {
        SlotPhase::Passed { .. } => (BorderType::Thick, line(Color::Green)),
        SlotPhase::Failed { .. } => (BorderType::Double, line(Color::Red)),
        SlotPhase::Aborted { .. } => (BorderType::Double, line(Color::Magenta)),
        SlotPhase::Refused { .. } | SlotPhase::NoBoard { .. } => {
            (BorderType::Double, line(Color::Yellow))
        }
        SlotPhase::Out { .. } => (BorderType::Double, Style::new()),
        _ => (BorderType::Plain, Style::new()),
    }
}

/// Draws the slot in a frame.
pub fn cell(paint: &mut Paint<'_>, slot: &SlotState, place: Rect) {
    let (kind, style) = border(&slot.phase);
    paint.frame(place, kind, style);
    names(paint, slot, place);
    let inner = Rect {
        x: place.x + 1,
        y: place.y + 1,
        width: place.width.saturating_sub(2),
        height: place.height.saturating_sub(2),
    };
    let below = word(paint, &slot.phase, inner);
    let (indent, width) = (u16::from(below.width > 24), below.width);
    let text = Rect {
        x: below.x + indent,
        width: width.saturating_sub(2 * indent),
        ..below
    };
    words(paint, slot, text);
}

/// The slot's name and where it is, in the frame's upper edge; its counts in the lower one.
fn names(paint: &mut Paint<'_>, slot: &SlotState, place: Rect) {
    let edge = |y: u16| Rect {
        x: place.x + 2,
        y,
        width: place.width.saturating_sub(4),
        height: 1,
    };
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let upper = edge(place.y);
    let name = format!(" {} ", one_line(&slot.name));
    let board = format!(" {} ", one_line(&slot.board));
    if columns(&name) + columns(&board) < upper.width {
        paint.right(upper, &board, Style::new());
    }
    paint.line(upper, &name, bold);
    let (counts, row) = (slot.counts, slot.failures_in_a_row);
    let text = match (counts.passed, counts.failed) {
        _ if row >= 2 => format!(" {row} failures in a row "),
        (0, 0) => return,
        (passed, failed) => format!(" {passed} passed, {failed} failed "),
    };
    let lower = edge(place.bottom().saturating_sub(1));
    if columns(&text) <= lower.width {
        paint.right(lower, &text, Style::new());
    }
}

/// The state in one word on its colours, large where there is room. Returns the place below it.
fn word(paint: &mut Paint<'_>, phase: &SlotPhase, inner: Rect) -> Rect {
    let style = colours(phase);
    let word = phase.word();
    // all words are large, or none
    let room = inner.height >= 8 && inner.width >= LARGE;
    let large = big::rows(word).filter(|_| room);
    let height = match (&large, inner.height) {
        (Some(_), _) => big::ROWS + 2,
        (None, 7..) => 3,
        (None, _) => 1,
    };
    let area = Rect { height, ..inner };
    paint.fill(area, style);
    match large {
        Some(rows) => {
            for (row, text) in area.rows().skip(1).zip(rows) {
                paint.centred(row, &text, style);
            }
        }
        None => {
            let text = match aside(phase) {
                Some(aside) if inner.width < 30 => format!("{word}  {aside}"),
                _ => word.to_owned(),
            };
            let row = Rect {
                y: area.y + height / 2,
                height: 1,
                ..area
            };
            paint.centred(row, &text, style);
        }
    }
    Rect {
        y: inner.y + height,
        height: inner.height.saturating_sub(height),
        ..inner
    }
}

/// What a small cell says beside the word.
fn aside(phase: &SlotPhase) -> Option<String> {
    match phase {
        SlotPhase::Working { percent, .. } => Some(format!("{percent} %")),
        SlotPhase::Passed { took_ms } => Some(seconds(*took_ms)),
        _ => None,
    }
}

/// The unit, how far it is or what happened, and what to do next.
fn words(paint: &mut Paint<'_>, slot: &SlotState, place: Rect) {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let (width, height) = (usize::from(place.width), usize::from(place.height));
    let (serial, more) = match &slot.unit {
        Some(unit) => words::unit(unit),
        None => Default::default(),
    };
    let mut lines: Vec<(String, Style)> = Vec::new();
    if !serial.is_empty() {
        lines.push((serial, bold));
    }
    if let SlotPhase::Working { percent, .. } = slot.phase {
        lines.push((bar(percent, width), Style::new()));
    }
    // what to do stands at the bottom; a cell that is too small shows the bar instead
    let next = next(slot.phase.next(), width, height.saturating_sub(lines.len()));
    for (row, text) in place.rows().skip(height - next.len()).zip(&next) {
        paint.line(row, text, bold);
    }
    let room = height.saturating_sub(lines.len() + next.len());
    let what = wrapped(&words::what(&slot.phase), width, room);
    // further numbers have what room is left
    let numbers = more.into_iter().take(room - what.len());
    let plain = |text| (text, Style::new());
    let under_serial = lines.len().min(1);
    lines.splice(under_serial..under_serial, numbers.map(plain));
    lines.extend(what.into_iter().map(plain));
    for (row, (text, style)) in place.rows().zip(&lines) {
        paint.line(row, text, *style);
    }
}

/// What to do next, in as many lines as there is room for beside one that tells what happened.
fn next(text: &str, width: usize, room: usize) -> Vec<String> {
    let most = match room {
        0 | 1 => room,
        _ => (room - 1).min(NEXT_LINES),
    };
    let text = one_line(text);
    let mark = "> ";
    let narrow = width.saturating_sub(mark.len());
    let mut lines = wrapped(&text, narrow, most);
    if most == 1 && columns(&text) > u16::try_from(narrow).unwrap_or(u16::MAX) {
        return wrapped(&text, width, 1);
    }
    for (number, line) in lines.iter_mut().enumerate() {
        line.insert_str(0, if number == 0 { mark } else { "  " });
    }
    lines
}

/// A bar with its percentage, so wide.
fn bar(percent: u8, width: usize) -> String {
    let percent = percent.min(100);
    let length = width.saturating_sub(6);
    let done = length * usize::from(percent) / 100;
    let (full, empty) = ("█".repeat(done), "░".repeat(length - done));
    format!("{full}{empty} {percent:>3} %")
}

/// Draws the slot as one row: name, word, unit, and what matters most.
pub fn row(paint: &mut Paint<'_>, slot: &SlotState, place: Rect, name_width: u16) {
    let style = colours(&slot.phase);
    let name = Rect {
        width: name_width.min(place.width),
        ..place
    };
    let bold = Style::new().add_modifier(Modifier::BOLD);
    paint.line(name, &one_line(&slot.name), bold);
    let rest = after(place, name_width + 1);
    let word = Rect {
        width: WORD_WIDTH.min(rest.width),
        ..rest
    };
    paint.fill(word, style);
    paint.line(word, slot.phase.word(), style);
    let unit = slot.unit.as_ref().map(|unit| words::unit(unit).0);
    let says = match &slot.phase {
        SlotPhase::Working { percent, stage, .. } => format!("{percent:>3} % {stage}"),
        SlotPhase::Asking => "asking".to_owned(),
        phase => match phase.told() {
            Some(told) if !told.code.is_empty() => {
                format!("{} ({})", phase.next(), told.code)
            }
            _ => phase.next().to_owned(),
        },
    };
    let text = match unit {
        Some(unit) => format!("{unit} {}", one_line(&says)),
        None => one_line(&says),
    };
    paint.line(after(rest, WORD_WIDTH + 1), &text, Style::new());
}

/// The longest word of a state.
const WORD_WIDTH: u16 = 8;

/// The place without its first columns.
fn after(place: Rect, columns: u16) -> Rect {
    let gone = columns.min(place.width);
    Rect {
        x: place.x + gone,
        width: place.width - gone,
        ..place
    }
}
