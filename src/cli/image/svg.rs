//! The map of an image as a picture.

use std::fmt::Write as _;

use rtboot::outcome::Piece;

const WIDTH: u32 = 360;
const LEFT: u32 = 110;

/// Boxes from the lowest address down, each as high as the logarithm of its length.
pub fn draw(title: &str, pieces: &[Piece]) -> String {
    let heights: Vec<u32> = pieces
        .iter()
        .map(|piece| 22 + 4 * piece.length.max(1).ilog2())
        .collect();
    let height: u32 = heights.iter().sum::<u32>() + 60;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{height}\" font-family=\"monospace\" font-size=\"12\">\n",
        LEFT + WIDTH + 150
    );
    let _ = writeln!(out, "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
    let _ = writeln!(
        out,
        "<text x=\"10\" y=\"20\" font-weight=\"bold\">{}</text>",
        escaped(title)
    );
    let mut y = 34;
    for (piece, height) in pieces.iter().zip(heights) {
        let dash = if piece.gap {
            " stroke-dasharray=\"4 3\""
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{height}\" fill=\"{}\" stroke=\"#444\"{dash}/>",
            colour(piece)
        );
        let _ = writeln!(
            out,
            "<text x=\"10\" y=\"{}\">{:#010x}</text>",
            y + 14,
            piece.address
        );
        let middle = y + height / 2 + 4;
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{middle}\">{}</text>",
            LEFT + 8,
            escaped(&piece.what)
        );
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{middle}\">{:#x} bytes</text>",
            LEFT + WIDTH + 8,
            piece.length
        );
        y += height;
    }
    if let Some(last) = pieces.last() {
        let _ = writeln!(
            out,
            "<text x=\"10\" y=\"{}\">{:#010x}</text>",
            y + 14,
            u64::from(last.address) + last.length
        );
    }
    out.push_str("</svg>\n");
    out
}

fn colour(piece: &Piece) -> &'static str {
    match piece.what.split([' ', ',', ':']).next() {
        _ if piece.gap => "none",
        Some("FCB") => "#ffe0b0",
        Some("IVT" | "boot") => "#cfe8ff",
        Some("DCD") => "#e4d4ff",
        Some("CSF" | "encryption") => "#ffd0d8",
        Some("vector" | "application") => "#d5f2d0",
        Some("padding") => "#eeeeee",
        _ => "#ffffff",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_every_piece_has_its_box() {
        let piece = |address, what: &str, gap| Piece {
            address,
            length: 16,
            what: what.to_owned(),
            gap,
        };
        let text = draw(
            "a<b>.bin",
            &[
                piece(0x6000_0000, "FCB", false),
                piece(0x6000_0010, "nothing", true),
            ],
        );
        assert!(text.contains("a&lt;b&gt;.bin"), "{text}");
        assert_eq!(text.matches("<rect x=").count(), 2, "{text}");
        assert!(text.contains("stroke-dasharray"), "{text}");
        assert!(text.trim_end().ends_with("</svg>"), "{text}");
    }
}
