//! The screen in states of a line, compared with `tests/screens`; `RTBOOT_BLESS=1` rewrites these files.

mod states;
mod svg;
#[cfg(target_os = "linux")]
mod terminal;

use std::path::Path;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use rtboot::line::{LineState, Told};

use super::terminal::Entry;
use super::{View, draw};

/// The line on a terminal of this size.
fn drawn(state: &LineState, view: View, colour: bool, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("it is only memory");
    terminal
        .draw(|frame| {
            draw::draw(state, &view, colour, frame.buffer_mut());
        })
        .expect("it is only memory");
    terminal.backend().buffer().clone()
}

/// What stands there, without colours.
fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for row in buffer.area.rows() {
        let mut line = String::new();
        let mut covered = 0;
        for x in row.left()..row.right() {
            let symbol = buffer[(x, row.y)].symbol();
            if covered == 0 {
                line.push_str(symbol);
                covered = super::paint::columns(symbol).max(1);
            }
            covered -= 1;
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Compares with a file of the sources.
fn same_as(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("RTBOOT_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("it can be written");
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(known.replace("\r\n", "\n"), text, "{file}");
}

fn snapshot(name: &str, state: &LineState, view: View, (width, height): (u16, u16)) {
    let text = text(&drawn(state, view.clone(), true, width, height));
    same_as(&format!("tests/screens/{name}.txt"), &text);
    let without = drawn(state, view, false, width, height);
    assert_eq!(
        self::text(&without),
        text,
        "{name} says the same without colours"
    );
    for cell in without.content() {
        assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{name}");
    }
}

const VIEW: View = View {
    page: 0,
    help: false,
    operator: None,
};

#[test]
fn slots_share_a_terminal_of_80_columns() {
    for slots in [1, 2, 4, 8, 16, 32] {
        let name = format!("80x24-{slots}");
        snapshot(&name, &states::busy(slots), VIEW, (80, 24));
    }
}

#[test]
fn larger_and_smaller_terminals() {
    snapshot("120x40-6", &states::busy(6), VIEW, (120, 40));
    snapshot("160x50-32", &states::busy(32), VIEW, (160, 50));
    snapshot("40x10-4", &states::busy(4), VIEW, (40, 10));
    snapshot("20x5-4", &states::busy(4), VIEW, (20, 5));
    let second = View { page: 1, ..VIEW };
    snapshot("60x12-32-page-2", &states::busy(32), second, (60, 12));
}

#[test]
fn every_phase_in_small_and_large_cells() {
    let state = states::every_phase();
    snapshot("phases-80x24", &state, VIEW, (80, 24));
    snapshot("phases-160x60", &state, VIEW, (160, 60));
    snapshot("phases-80x16", &state, VIEW, (80, 16));
    let words: Vec<&str> = state.slots.iter().map(|slot| slot.phase.word()).collect();
    for size in [(80, 24), (80, 16)] {
        let shown = text(&drawn(&state, VIEW, false, size.0, size.1));
        for word in &words {
            assert!(shown.contains(word), "{word} at {size:?}");
        }
    }
}

#[test]
fn what_holds_up_the_line_comes_first() {
    let mut state = states::busy(4);
    state.ledger_away = Some("connection to 10.0.0.7:5432 refused".to_owned());
    state.letters_waiting = 3;
    state.hook_error = Some("print-label: printer \"Zebra 2\" is offline".to_owned());
    state.stopping = true;
    snapshot("away-80x24", &state, VIEW, (80, 24));
    snapshot("away-100x40", &state, VIEW, (100, 40));
    state.ended = Some(
        Told::new(
            "low-yield",
            "31 of the last 50 units passed: the limit is 40",
        )
        .next("look for what the bad units have in common"),
    );
    snapshot("ended-80x24", &state, VIEW, (80, 24));
}

#[test]
fn help_covers_the_slots() {
    let help = View { help: true, ..VIEW };
    snapshot("help-80x24", &states::busy(4), help, (80, 24));
}

#[test]
fn another_operator_is_typed_at_the_foot() {
    let watch = rtboot::line::Watch::new();
    watch.change(|state| *state = states::busy(4));
    let mut view = VIEW;
    assert_eq!(view.typed(b"o", &watch), Some(super::Key::Operator));
    view.press(super::Key::Operator, 1);
    // q is a letter now
    assert_eq!(view.typed(b"Quentin", &watch), None);
    snapshot("operator-80x24", &watch.now().1, view.clone(), (80, 24));
    assert_eq!(view.typed(b"\r", &watch), None);
    assert_eq!(watch.now().1.operator, "Quentin");
    assert_eq!(view, VIEW);
}

#[test]
fn a_line_that_has_not_begun() {
    snapshot("empty-80x24", &LineState::default(), VIEW, (80, 24));
}

#[test]
fn text_of_others_stays_in_its_place() {
    let state = states::hostile();
    snapshot("hostile-80x24", &state, VIEW, (80, 24));
    snapshot("hostile-80x12", &state, VIEW, (80, 12));
    for (width, height) in [(80, 24), (80, 12), (33, 9)] {
        let buffer = drawn(&state, VIEW, true, width, height);
        for cell in buffer.content() {
            let obeyed = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}');
            assert!(!cell.symbol().contains(obeyed), "{:?}", cell.symbol());
        }
    }
}

#[test]
fn a_terminal_of_any_size_is_drawn() {
    let all = [
        states::every_phase(),
        states::hostile(),
        states::busy(32),
        LineState::default(),
    ];
    for state in &all {
        let mut state = state.clone();
        for away in [false, true] {
            state.ledger_away = away.then(|| "the server is away".to_owned());
            state.stopping = away;
            for width in (0..44).chain([79, 80, 81, 132]) {
                for height in (0..14).chain([24, 31]) {
                    for help in [false, true] {
                        let view = View {
                            page: 3,
                            help,
                            operator: help.then(Entry::default),
                        };
                        let mut buffer =
                            Buffer::empty(ratatui::layout::Rect::new(0, 0, width, height));
                        draw::draw(&state, &view, true, &mut buffer);
                    }
                }
            }
        }
    }
}

#[test]
fn without_colours_what_wants_a_hand_is_reversed() {
    let buffer = drawn(&states::every_phase(), VIEW, false, 80, 24);
    let reversed: String = buffer
        .content()
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::REVERSED))
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    for word in ["FAIL", "PASS", "REFUSED", "OUT"] {
        assert!(reversed.contains(word), "{word}: {reversed}");
    }
    assert!(!reversed.contains("READY"));
}

#[test]
fn the_picture_of_the_documentation() {
    let picture = svg::draw(&drawn(&states::picture(), VIEW, true, 80, 24));
    same_as("docs/pictures/line-screen.svg", &picture);
}

#[test]
fn bells_ring_for_slots_that_change() {
    use crate::cli::line::Bell;
    let (before, now) = (states::busy(8), states::every_phase());
    assert_eq!(super::bells(Bell::Never, &before, &now), "");
    assert_eq!(super::bells(Bell::Always, &now, &now), "");
    let bad = super::bells(Bell::Bad, &before, &now).len();
    let all = super::bells(Bell::Always, &before, &now).len();
    assert!(bad >= 1 && all >= bad, "{bad} {all}");
}
