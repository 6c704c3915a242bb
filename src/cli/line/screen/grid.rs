//! How the slots share the terminal: cells with a frame, or a row for each slot, on one page or several.

use ratatui::layout::Rect;

/// A cell with a frame is not drawn smaller than this.
pub const CELL_WIDTH: u16 = 19;
/// See [`CELL_WIDTH`].
pub const CELL_HEIGHT: u16 = 5;
/// Columns of a slot that is one row.
const ROW_WIDTH: u16 = 39;
/// A cell whose width is so many times its height looks best.
const SHAPE: f32 = 3.5;

/// How slots are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In a frame.
    Cell,
    /// In one row.
    Row,
}

/// Where each slot of a page goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// How each is drawn.
    pub kind: Kind,
    /// The page that is shown, from 0.
    pub page: usize,
    /// How many there are.
    pub pages: usize,
    /// The first slot of this page.
    pub first: usize,
    /// Their places, in the order of the slots.
    pub places: Vec<Rect>,
}

impl Grid {
    /// Shares `area` among so many slots.
    pub fn new(area: Rect, slots: usize, page: usize) -> Grid {
        let empty = area.width == 0 || area.height == 0;
        if empty || slots == 0 {
            return Grid {
                kind: Kind::Row,
                page: 0,
                pages: 1,
                first: 0,
                places: Vec::new(),
            };
        }
        if let Some(columns) = cell_columns(area, slots) {
            return Grid {
                kind: Kind::Cell,
                page: 0,
                pages: 1,
                first: 0,
                places: cells(area, slots, columns),
            };
        }
        let columns = (area.width / ROW_WIDTH).max(1);
        let a_page = usize::from(columns) * usize::from(area.height);
        let pages = slots.div_ceil(a_page);
        let page = page.min(pages - 1);
        let first = page * a_page;
        let here = (slots - first).min(a_page);
        Grid {
            kind: Kind::Row,
            page,
            pages,
            first,
            places: rows(area, here, columns),
        }
    }
}

/// The number of columns that gives cells of the best shape; `None` where none are large enough.
fn cell_columns(area: Rect, slots: usize) -> Option<usize> {
    let most = usize::from(area.width / CELL_WIDTH).min(slots);
    let fits = (1..=most).filter(|columns| {
        let height = usize::from(area.height) / slots.div_ceil(*columns);
        height >= usize::from(CELL_HEIGHT)
    });
    let ugliness = |columns: usize| {
        let rows = slots.div_ceil(columns);
        let size = |whole: u16, parts: usize| f32::from(whole) / small(parts);
        let shape = size(area.width, columns) / size(area.height, rows) / SHAPE;
        let unused = small(columns * rows - slots) / small(slots);
        shape.ln().abs() + 6.0 * unused
    };
    fits.min_by(|a, b| ugliness(*a).total_cmp(&ugliness(*b)))
}

fn small(count: usize) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX))
}

/// Cells row by row, as one reads.
fn cells(area: Rect, slots: usize, columns: usize) -> Vec<Rect> {
    let lines = slots.div_ceil(columns);
    let edge = |start: u16, length: u16, at: usize, of: usize| {
        let offset = usize::from(length) * at / of.max(1);
        start.saturating_add(u16::try_from(offset).unwrap_or(length))
    };
    let place = |slot: usize| {
        let (column, line) = (slot % columns, slot / columns);
        let x = edge(area.x, area.width, column, columns);
        let y = edge(area.y, area.height, line, lines);
        Rect {
            x,
            y,
            width: edge(area.x, area.width, column + 1, columns) - x,
            height: edge(area.y, area.height, line + 1, lines) - y,
        }
    };
    (0..slots).map(place).collect()
}

/// Rows column by column, as a list is read.
fn rows(area: Rect, slots: usize, columns: u16) -> Vec<Rect> {
    let lines = slots.div_ceil(usize::from(columns)).max(1);
    let width = area.width / columns;
    let place = |slot: usize| {
        let column = u16::try_from(slot / lines).unwrap_or(0);
        let line = u16::try_from(slot % lines).unwrap_or(0);
        Rect {
            x: area.x + column * width,
            y: area.y + line,
            // a blank column between two lists
            width: width.saturating_sub(u16::from(columns > 1)),
            height: 1,
        }
    };
    (0..slots).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(width: u16, height: u16, slots: usize) -> (Kind, usize, Rect) {
        let grid = Grid::new(Rect::new(0, 3, width, height), slots, 0);
        (grid.kind, grid.pages, grid.places[0])
    }

    #[test]
    fn cells_are_as_large_as_the_terminal_allows() {
        assert_eq!(of(80, 20, 1), (Kind::Cell, 1, Rect::new(0, 3, 80, 20)));
        assert_eq!(of(80, 20, 2), (Kind::Cell, 1, Rect::new(0, 3, 40, 20)));
        assert_eq!(of(80, 20, 4), (Kind::Cell, 1, Rect::new(0, 3, 40, 10)));
        assert_eq!(of(80, 20, 8), (Kind::Cell, 1, Rect::new(0, 3, 20, 10)));
        assert_eq!(of(80, 20, 16), (Kind::Cell, 1, Rect::new(0, 3, 20, 5)));
        assert_eq!(of(80, 20, 32), (Kind::Row, 1, Rect::new(0, 3, 39, 1)));
        assert_eq!(of(160, 46, 32).0, Kind::Cell);
        assert_eq!(of(30, 10, 32).1, 4, "pages");
    }

    #[test]
    fn places_stay_inside_and_apart() {
        for slots in 0..40 {
            for (width, height) in [(0, 0), (1, 1), (20, 4), (39, 9), (80, 20), (131, 47)] {
                let area = Rect::new(2, 3, width, height);
                let pages = Grid::new(area, slots, 0).pages;
                let mut seen = 0;
                for page in 0..pages {
                    let grid = Grid::new(area, slots, page);
                    assert_eq!(grid.first, seen);
                    seen += grid.places.len();
                    for (number, place) in grid.places.iter().enumerate() {
                        assert_eq!(place.intersection(area), *place, "{slots} {area:?}");
                        let others = &grid.places[..number];
                        assert!(others.iter().all(|other| !other.intersects(*place)));
                    }
                }
                assert_eq!(seen, if width == 0 { 0 } else { slots });
            }
        }
    }
}
