//! A line drawn in a terminal: a cell for each slot.
