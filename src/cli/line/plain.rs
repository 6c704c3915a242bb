//! A line told as lines of text, one for each change: for logs and screen readers.
