//! A terminal as a picture: each cell at its place, blocks and lines as shapes, so that it looks the same with every font.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// Size of a cell.
const CELL: (u16, u16) = (10, 20);
/// Room around the terminal.
const EDGE: u16 = 12;
/// The terminal's own colours.
const BACK: &str = "#10151b";
const FRONT: &str = "#d5dbe3";

fn colour(colour: Color, own: &'static str) -> &'static str {
    match colour {
        Color::Black => "#0b0f13",
        Color::Red => "#c8313a",
        Color::Green => "#3fb457",
        Color::Yellow => "#e2b13c",
        Color::Blue => "#2f6fd0",
        Color::Magenta => "#a348b5",
        Color::Cyan => "#2ba7b0",
        Color::DarkGray => "#76808c",
        Color::White => "#ffffff",
        _ => own,
    }
}

/// The buffer as SVG.
pub fn draw(buffer: &Buffer) -> String {
    let area = buffer.area;
    let (width, height) = (
        area.width * CELL.0 + 2 * EDGE,
        area.height * CELL.1 + 2 * EDGE,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"16\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{BACK}\"/>\n"
    );
    for row in area.rows() {
        let mut x = row.left();
        while x < row.right() {
            let first = &buffer[(x, row.y)];
            let mut text = String::new();
            let start = x;
            while x < row.right() && same_look(first, &buffer[(x, row.y)]) {
                text.push_str(buffer[(x, row.y)].symbol());
                x += 1;
            }
            run(&mut out, (start, row.y), x - start, first, &text);
        }
    }
    out.push_str("</svg>\n");
    out
}

fn same_look(a: &Cell, b: &Cell) -> bool {
    (a.fg, a.bg, a.modifier) == (b.fg, b.bg, b.modifier)
}

/// Cells that look the same.
fn run(out: &mut String, (column, row): (u16, u16), columns: u16, look: &Cell, text: &str) {
    let (x, y) = (EDGE + column * CELL.0, EDGE + row * CELL.1);
    if look.bg != Color::Reset {
        let (width, height) = (columns * CELL.0, CELL.1);
        let back = colour(look.bg, BACK);
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{back}\"/>"
        );
    }
    let front = colour(look.fg, FRONT);
    let mut shapes = String::new();
    let mut letters = String::new();
    for (number, symbol) in (0..).zip(text.chars()) {
        let x = x + number * CELL.0;
        if let Some(shape) = shape(symbol, x, y) {
            shapes.push_str(&shape);
        } else if symbol != ' ' {
            letters.push_str(&letter(symbol, x, y));
        }
    }
    if !shapes.is_empty() {
        let _ = writeln!(out, "<path d=\"{}\" fill=\"{front}\"/>", shapes.trim_end());
    }
    if !letters.is_empty() {
        let bold = match look.modifier.contains(Modifier::BOLD) {
            true => " font-weight=\"bold\"",
            false => "",
        };
        let _ = writeln!(out, "<g fill=\"{front}\"{bold}>{letters}</g>");
    }
}

fn letter(symbol: char, x: u16, y: u16) -> String {
    let shown = match symbol {
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '&' => "&amp;".to_owned(),
        other => other.to_string(),
    };
    format!("<text x=\"{x}\" y=\"{}\">{shown}</text>", y + 15)
}

/// Blocks and lines of frames as boxes of a path.
fn shape(symbol: char, x: u16, y: u16) -> Option<String> {
    let (width, height) = CELL;
    let (half_x, half_y) = (width / 2, height / 2);
    let block =
        |x: u16, y: u16, width: u16, height: u16| format!("M{x} {y}h{width}v{height}h-{width}z ");
    let thin = match symbol {
        '█' => return Some(block(x, y, width, height)),
        '▀' => return Some(block(x, y, width, half_y)),
        '▄' => return Some(block(x, y + half_y, width, half_y)),
        '░' => {
            // a thin line where the bar will come
            return Some(block(x, y + half_y - 1, width, 2));
        }
        '─' | '│' | '┌' | '┐' | '└' | '┘' => 1,
        '━' | '┃' | '┏' | '┓' | '┗' | '┛' => 3,
        '═' | '║' | '╔' | '╗' | '╚' | '╝' => 0,
        _ => return None,
    };
    let right = "─┌└━┏┗═╔╚".contains(symbol);
    let left = "─┐┘━┓┛═╗╝".contains(symbol);
    let down = "│┌┐┃┏┓║╔╗".contains(symbol);
    let up = "│└┘┃┗┛║╚╝".contains(symbol);
    // a double line is two thin ones
    let offsets: &[(i16, u16)] = match thin {
        0 => &[(-2, 1), (2, 1)],
        1 => &[(0, 1)],
        _ => &[(-1, 3)],
    };
    let mut path = String::new();
    for (offset, thick) in offsets {
        let (middle_x, middle_y) = (
            (x + half_x).saturating_add_signed(*offset),
            (y + half_y).saturating_add_signed(*offset),
        );
        if right {
            path += &block(middle_x, middle_y, x + width - middle_x, *thick);
        }
        if left {
            path += &block(x, middle_y, middle_x + thick - x, *thick);
        }
        if down {
            path += &block(middle_x, middle_y, *thick, y + height - middle_y);
        }
        if up {
            path += &block(middle_x, y, *thick, middle_y + thick - y);
        }
    }
    Some(path)
}
