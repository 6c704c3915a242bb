//! What flash must hold, byte by byte.

use std::ops::Range;

/// What is known of one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// It has its value.
    Firm,
    /// An interrupted write may have lost it; its value may come back as long as nobody gives it another.
    AtRisk,
    /// An interrupted command was changing it: it may be anything.
    Open,
}

/// The bytes of one board's flash.
#[derive(Clone)]
pub struct Model {
    value: Vec<u8>,
    kept: Vec<Kept>,
    /// For bytes at risk: the hosts that may have saved them.
    host: Vec<u8>,
    /// What the journals of each host may hold of each byte.
    saved: [Vec<Saved>; 2],
    /// Hosts whose kept byte may come back, whatever flash holds: a user asked for it, or the byte is blank, as after a cut erase.
    may_return: Vec<u8>,
}

/// The last values of a byte that a host saved.
#[derive(Clone, Copy, Debug, Default)]
struct Saved {
    values: [u8; 4],
    count: u8,
}

impl Saved {
    fn add(&mut self, value: u8) {
        if !self.holds(value) {
            self.values[usize::from(self.count) % 4] = value;
            self.count = match self.count {
                7 => 4,
                count => count + 1,
            };
        }
    }

    fn holds(&self, value: u8) -> bool {
        self.values[..usize::from(self.count).min(4)].contains(&value)
    }
}

/// A byte that is not what it must be.
#[derive(Debug)]
pub struct Wrong {
    pub what: &'static str,
    pub at: usize,
    pub wanted: u8,
    pub found: u8,
}

impl Model {
    pub fn of(flash: &[u8]) -> Model {
        Model {
            value: flash.to_vec(),
            kept: vec![Kept::Firm; flash.len()],
            host: vec![0; flash.len()],
            saved: [Vec::new(), Vec::new()],
            may_return: vec![0; flash.len()],
        }
    }

    /// The hosts that may have saved this byte.
    fn savers(&self, at: usize) -> u8 {
        let has = |host: usize| {
            self.saved[host]
                .get(at)
                .is_some_and(|saved| saved.count > 0)
        };
        u8::from(has(0)) | u8::from(has(1)) << 1
    }

    /// Something outside of rtboot gave these bytes: the application, another tool.
    pub fn set(&mut self, at: usize, bytes: &[u8]) {
        self.set_by(0, at, bytes);
    }

    /// The same by a command of a host, whose journal forgets what it kept of these bytes.
    fn set_by(&mut self, host: u8, at: usize, bytes: &[u8]) {
        for (at, &byte) in (at..).zip(bytes) {
            self.may_return[at] = match byte {
                // what is blank may be a cut erase: kept bytes go back there
                0xFF => self.savers(at) & !host,
                _ => 0,
            };
        }
        self.value[at..at + bytes.len()].copy_from_slice(bytes);
        self.kept[at..at + bytes.len()].fill(Kept::Firm);
    }

    /// A command was done: `own` are the bytes that it brought, `erased` those that it was asked to erase. What `puts_back` holds
    /// of the bytes at risk must be there again.
    pub fn succeeded(
        &mut self,
        host: u8,
        own: &[(usize, Vec<u8>)],
        erased: &[Range<usize>],
        puts_back: impl Fn(usize, u8) -> bool,
        flash: &[u8],
    ) -> Option<Wrong> {
        for range in erased {
            self.set_by(host, range.start, &vec![0xFF; range.len()]);
        }
        for (at, bytes) in own {
            self.set_by(host, *at, bytes);
        }
        let wrong = self.settle(flash, &puts_back);
        for (at, kept) in self.kept.iter_mut().enumerate() {
            if *kept == Kept::AtRisk && puts_back(at, self.host[at]) {
                *kept = Kept::Firm;
            }
        }
        wrong
    }

    /// A command of this host ended before it was done, or changed nothing: `own` are the bytes that it may have been changing,
    /// `touched` all that it may erase on its way.
    pub fn broke(
        &mut self,
        host: u8,
        (own, began): (&[Range<usize>], bool),
        touched: &[Range<usize>],
        (before, flash): (&[u8], &[u8]),
    ) -> Option<Wrong> {
        if began
            || touched
                .iter()
                .any(|range| flash[range.clone()] != before[range.clone()])
        {
            // it began: a later command may finish or remove what it was to bring
            for range in own {
                self.kept[range.clone()].fill(Kept::Open);
            }
        }
        let saved = &mut self.saved[usize::from(host >> 1)];
        saved.resize(flash.len(), Saved::default());
        for at in touched.iter().cloned().flatten() {
            // it may have saved what was there, or what an earlier one of its journals holds
            saved[at].add(self.value[at]);
            saved[at].add(before[at]);
            if flash[at] != before[at] && self.kept[at] == Kept::Firm {
                self.kept[at] = Kept::AtRisk;
                self.host[at] = host;
            }
        }
        self.settle(flash, |_, _| false)
    }

    /// Holds flash against the model; tells the first wrong byte.
    fn settle(&mut self, flash: &[u8], must_be_back: impl Fn(usize, u8) -> bool) -> Option<Wrong> {
        let mut wrong = None;
        if flash == self.value {
            return None;
        }
        for (at, &found) in flash.iter().enumerate() {
            let wanted = self.value[at];
            if self.kept[at] == Kept::Open || found == wanted {
                continue;
            }
            let returns = |host: usize| {
                let saved = self.saved[host].get(at);
                self.may_return[at] >> host & 1 == 1 && saved.is_some_and(|it| it.holds(found))
            };
            if returns(0) || returns(1) {
                self.value[at] = found;
                continue;
            }
            let what = match self.kept[at] {
                Kept::AtRisk if !must_be_back(at, self.host[at]) => continue,
                Kept::AtRisk => "a kept byte was not put back",
                _ => "a byte changed that nobody asked to change",
            };
            wrong = wrong.or(Some(Wrong {
                what,
                at,
                wanted,
                found,
            }));
            // told once
            self.value[at] = found;
            self.kept[at] = Kept::Firm;
        }
        wrong
    }

    /// A host's user wants back what it saved, over whatever flash holds now.
    pub fn asks_for_old(&mut self, host: u8) {
        self.may_return.iter_mut().for_each(|by| *by |= host);
    }

    /// What this host saved of these bytes may come back, whatever they hold now.
    pub fn may_return(&mut self, host: u8, range: &Range<usize>) {
        let end = range.end.min(self.may_return.len());
        let places = self.may_return.get_mut(range.start..end);
        places
            .unwrap_or_default()
            .iter_mut()
            .for_each(|by| *by |= host);
    }

    /// What these bytes hold is nobody's, until they are written.
    pub fn open(&mut self, places: &[usize]) {
        for &at in places {
            if let Some(kept) = self.kept.get_mut(at) {
                *kept = Kept::Open;
            }
        }
    }

    /// As [`Model::may_give_up`], of this range.
    pub fn may_give_up_in(&mut self, range: &Range<usize>, host: u8) {
        self.host[range.clone()]
            .iter_mut()
            .for_each(|by| *by &= !host);
    }

    /// A host may have given up what it saved: nothing of it need come back.
    pub fn may_give_up(&mut self, host: u8) {
        self.host.iter_mut().for_each(|by| *by &= !host);
    }

    /// A host's user gives up what a broken write left: what flash holds is the value now. Where it is blank, another host's
    /// bytes may still come back.
    pub fn give_up(&mut self, host: u8, flash: &[u8]) {
        for (at, &found) in flash.iter().enumerate() {
            if self.kept[at] != Kept::AtRisk {
                continue;
            }
            self.host[at] &= !host;
            if self.host[at] == 0 || found != 0xFF {
                self.value[at] = found;
                self.kept[at] = Kept::Firm;
            }
        }
    }
}
