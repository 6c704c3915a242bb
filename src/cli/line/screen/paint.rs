//! Text on the terminal's cells: never outside of them, never a character that the terminal obeys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

/// Draws into a buffer, with colours or without.
pub struct Paint<'a> {
    buffer: &'a mut Buffer,
    colour: bool,
}

impl<'a> Paint<'a> {
    pub fn new(buffer: &'a mut Buffer, colour: bool) -> Paint<'a> {
        Paint { buffer, colour }
    }

    /// Without colours a background becomes reversed text, so that it still stands out.
    fn style(&self, style: Style) -> Style {
        if self.colour {
            return style;
        }
        let plain = Style::new().add_modifier(style.add_modifier);
        match style.bg {
            Some(Color::Reset) | None => plain,
            Some(_) => plain.add_modifier(Modifier::REVERSED),
        }
    }

    /// Puts a line at the place's left edge, cut where the place ends.
    pub fn line(&mut self, place: Rect, text: &str, style: Style) {
        let place = place.intersection(self.buffer.area);
        if place.is_empty() {
            return;
        }
        let text = cut(text, usize::from(place.width));
        let style = self.style(style);
        let width = usize::from(place.width);
        self.buffer
            .set_stringn(place.x, place.y, text, width, style);
    }

    /// The same in the middle.
    pub fn centred(&mut self, place: Rect, text: &str, style: Style) {
        let text = cut(text, usize::from(place.width));
        let room = place.width.saturating_sub(columns(&text));
        let place = Rect {
            x: place.x + room / 2,
            width: place.width - room / 2,
            ..place
        };
        self.line(place, &text, style);
    }

    /// The same at the right edge.
    pub fn right(&mut self, place: Rect, text: &str, style: Style) {
        let text = cut(text, usize::from(place.width));
        let room = place.width.saturating_sub(columns(&text));
        let place = Rect {
            x: place.x + room,
            width: place.width - room,
            ..place
        };
        self.line(place, &text, style);
    }

    /// Gives a place this style and nothing else.
    pub fn fill(&mut self, place: Rect, style: Style) {
        let style = self.style(style);
        for position in place.intersection(self.buffer.area).positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                cell.reset();
                cell.set_style(style);
            }
        }
    }

    /// A frame around the place.
    pub fn frame(&mut self, place: Rect, kind: ratatui::widgets::BorderType, style: Style) {
        use ratatui::widgets::{Block, Widget};
        let block = Block::bordered()
            .border_type(kind)
            .border_style(self.style(style));
        block.render(place.intersection(self.buffer.area), self.buffer);
    }
}

/// Columns that a text takes.
pub fn columns(text: &str) -> u16 {
    u16::try_from(Span::raw(text).width()).unwrap_or(u16::MAX)
}

/// The text, with an ellipsis where it is wider than this.
pub fn cut(text: &str, width: usize) -> String {
    if Span::raw(text).width() <= width {
        return text.to_owned();
    }
    let mut short = front(text, width.saturating_sub(1)).to_owned();
    if width > 0 {
        short.push('…');
    }
    short
}

/// As much of the text's front as takes no more than so many columns.
fn front(text: &str, width: usize) -> &str {
    let mut end = 0;
    for (at, character) in text.char_indices() {
        let next = at + character.len_utf8();
        if Span::raw(&text[..next]).width() > width {
            break;
        }
        end = next;
    }
    &text[..end]
}

/// The text broken at blanks into lines of this width, a longer word anywhere; so many lines at most, the last one cut.
pub fn wrapped(text: &str, width: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut rest = text.trim();
    while !rest.is_empty() && width > 0 && most > 0 {
        if lines.len() + 1 == most {
            line = cut(rest, width);
            break;
        }
        let fits = front(rest, width);
        if fits.len() == rest.len() {
            line = rest.to_owned();
            break;
        }
        let after = rest[fits.len()..].starts_with(' ');
        let end = match fits.rfind(' ') {
            Some(blank) if !after => blank,
            // a character wider than the line would go on for ever
            _ if fits.is_empty() => break,
            _ => fits.len(),
        };
        lines.push(rest[..end].trim_end().to_owned());
        rest = rest[end..].trim_start();
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_end_in_an_ellipsis() {
        let text = "flash differs at 0x60001000";
        assert_eq!(
            wrapped(text, 16, 9),
            ["flash differs at", "0x60001000"],
            "a line may be exactly as wide"
        );
        assert_eq!(wrapped(text, 10, 2), ["flash", "differs a…"]);
        assert_eq!(wrapped("abcdefgh", 3, 9), ["abc", "def", "gh"]);
        assert_eq!(wrapped("漢字漢字", 5, 9), ["漢字", "漢字"]);
        assert_eq!(wrapped("漢字", 1, 9), Vec::<String>::new());
        assert_eq!(wrapped("", 5, 9), Vec::<String>::new());
    }

    #[test]
    fn nothing_is_drawn_outside() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 1));
        let mut paint = Paint::new(&mut buffer, true);
        for place in [
            Rect::new(9, 9, 9, 9),
            Rect::new(2, 0, 9, 9),
            Rect::new(0, 0, 0, 0),
        ] {
            paint.line(place, "漢字漢字", Style::new());
            paint.centred(place, "漢字漢字", Style::new());
            paint.right(place, "text", Style::new());
            paint.fill(place, Style::new());
            paint.frame(place, ratatui::widgets::BorderType::Plain, Style::new());
        }
    }
}
