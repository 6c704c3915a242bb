//! YAML as a tree of maps and words, each with its line.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::YamlError;

/// More than SPSDK's own template with every step of every sequence has; an alias counts as all that it stands for.
const MOST_NODES: usize = 20_000;
/// SPSDK's files nest four deep.
const DEEPEST: usize = 32;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Counted from 1.
    pub line: usize,
    pub content: Content,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Scalar {
        text: String,
        /// Without quotes.
        plain: bool,
    },
    Map(Vec<Pair>),
    /// No key of SPSDK's FCB takes a list, so what is in it is not kept.
    List,
}

/// A key of a map with its value.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    /// Counted from 1.
    pub line: usize,
    pub key: String,
    pub value: Node,
}

impl Node {
    /// The pairs of a map; `None` for anything else.
    pub fn map(&self) -> Option<&[Pair]> {
        match &self.content {
            Content::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// Itself and all below it.
    fn count(&self) -> usize {
        let below = self.map().unwrap_or_default();
        1 + below.iter().map(|pair| pair.value.count()).sum::<usize>()
    }
}

/// A map or list that is not closed yet.
struct Open {
    line: usize,
    anchor: usize,
    /// `None` for a list.
    pairs: Option<Vec<Pair>>,
    /// A key that waits for its value.
    key: Option<(usize, String)>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    root: Option<Node>,
}

/// The only document of the text.
pub(super) fn parse(text: &str) -> Result<Node, YamlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let message = format!("this is no YAML: {}", error.info());
            fail(error.marker().line().max(1), message)
        })?;
        builder.take(event, span.start.line().max(1))?;
    }
    builder
        .root
        .ok_or_else(|| fail(1, "the file is empty".to_owned()))
}

pub(super) fn fail(line: usize, message: String) -> YamlError {
    YamlError { line, message }
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), YamlError> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(fail(line, "a second document begins here".to_owned()))
            }
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                let text = text.into_owned();
                let content = Content::Scalar { text, plain };
                self.complete(Node { line, content }, anchor)
            }
            Event::MappingStart(anchor, _) => self.start(line, anchor, Some(Vec::new())),
            Event::SequenceStart(anchor, _) => self.start(line, anchor, None),
            Event::MappingEnd | Event::SequenceEnd => self.end(),
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let unknown = || fail(line, "this refers to what is not complete yet".to_owned());
                self.complete(known.ok_or_else(unknown)?, 0)
            }
            _ => Ok(()),
        }
    }

    fn start(
        &mut self,
        line: usize,
        anchor: usize,
        pairs: Option<Vec<Pair>>,
    ) -> Result<(), YamlError> {
        if self.open.len() >= DEEPEST {
            return Err(fail(line, format!("maps nest more than {DEEPEST} deep")));
        }
        self.open.push(Open {
            line,
            anchor,
            pairs,
            key: None,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), YamlError> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let content = match open.pairs {
            Some(pairs) => Content::Map(merged(pairs)),
            None => Content::List,
        };
        let line = open.line;
        self.complete(Node { line, content }, open.anchor)
    }

    /// A value is complete: it goes to its key, or is a key itself.
    fn complete(&mut self, node: Node, anchor: usize) -> Result<(), YamlError> {
        self.nodes += node.count();
        if self.nodes > MOST_NODES {
            let message = format!("the file has more than {MOST_NODES} values");
            return Err(fail(node.line, message));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        let Some(pairs) = &mut open.pairs else {
            return Ok(());
        };
        match (open.key.take(), node) {
            (Some((line, key)), value) => pairs.push(Pair { line, key, value }),
            (
                None,
                Node {
                    line,
                    content: Content::Scalar { text, .. },
                },
            ) => open.key = Some((line, text)),
            (None, node) => {
                return Err(fail(
                    node.line,
                    "a key is a word, not a map or list".to_owned(),
                ));
            }
        }
        Ok(())
    }
}

/// The map with what `<<` brings in; keys of its own win.
fn merged(pairs: Vec<Pair>) -> Vec<Pair> {
    let (merge, mut own): (Vec<Pair>, Vec<Pair>) =
        pairs.into_iter().partition(|pair| pair.key == "<<");
    for pair in merge.iter().flat_map(|pair| pair.value.map()).flatten() {
        if !own.iter().any(|known| known.key == pair.key) {
            own.push(pair.clone());
        }
    }
    own
}
