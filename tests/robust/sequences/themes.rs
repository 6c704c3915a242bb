//! What a sequence is made of. Half of them are anything at all; the others bring about what is rare among those: weak cells in
//! sectors that are written again, flash that somebody else changed after a break, a chip erase torn in an image, wrong bytes.

use rtboot::flash::KeptBytes;
use rtboot::job::BootLoader;
use rtboot_sim::Fault;

use super::commands::{Command, Mishap, Policy, What, Write};
use super::images::LONG_IMAGES;
use super::world::World;
use crate::kit::wire::Trip;

/// A command, and what goes wrong in it.
pub type Step = (Command, Option<(&'static str, Mishap)>);

impl World {
    /// The commands of a sequence.
    pub fn script(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        match self.dice.below(10) {
            0..5 => return self.anything(),
            5..7 => self.weak_cells_written_again(&mut steps),
            7 => self.changed_since(&mut steps),
            _ if self.uart => self.changed_since(&mut steps),
            8 => self.torn_chip_erase(&mut steps),
            _ => self.wrong_bytes(&mut steps),
        }
        for _ in 0..self.dice.below(3) {
            steps.push((self.any_command(), None));
        }
        steps
    }

    fn anything(&mut self) -> Vec<Step> {
        let commands = 3 + self.dice.below(7);
        let mut mishaps = 1 + self.dice.below(5);
        let mut steps = Vec::new();
        for left in (0..commands).rev() {
            let command = self.any_command();
            let mishap = (mishaps > 0 && self.dice.below(left + 1) < mishaps).then(|| {
                mishaps -= 1;
                Mishap::any(&self.places(&command), self.uart, &mut self.dice)
            });
            steps.push((command, mishap));
        }
        steps
    }

    /// A command torn one to three times, and then a write over the same sectors on the same host.
    fn weak_cells_written_again(&mut self, steps: &mut Vec<Step>) {
        let what = self.any_what();
        let there = self.dice.below(2) == 0;
        if there {
            steps.push((Command::Write(Write::usual(what.clone())), None));
        }
        for _ in 0..1 + self.dice.below(3) {
            let command = match there {
                // else it would have nothing to do
                true => Command::Write(Write {
                    policy: Policy::NoSkip,
                    ..Write::usual(what.clone())
                }),
                false => self.over(&what),
            };
            let kind = match self.dice.below(4) {
                0 => "host killed",
                _ => "torn operation",
            };
            self.disturbed(command, kind, steps);
        }
        let again = self.over(&what);
        steps.push((again, None));
        steps.push((Command::Write(Write::usual(what)), None));
    }

    /// A write of the same, in any way, or an erase of its first sector.
    fn over(&mut self, what: &What) -> Command {
        let mut write = Write::usual(what.clone());
        match self.dice.below(8) {
            0 => write.policy = Policy::NoSkip,
            1 => write.policy = Policy::KeepNothing,
            2 => write.kept = KeptBytes::Discard,
            3 => write.what = self.any_what(),
            4 => {
                let places = self.places(&Command::Write(write));
                let at = places
                    .last()
                    .map_or(0, |range| range.start / 0x1000 * 0x1000);
                return Command::Erase { at, length: 0x1000 };
            }
            _ => {}
        }
        Command::Write(write)
    }

    /// A write that breaks; then flash is changed without it; then its host writes again.
    fn changed_since(&mut self, steps: &mut Vec<Step>) {
        if self.dice.below(3) > 0 {
            let image = self.image();
            steps.push((image, None));
        }
        let what = self.any_what();
        let kinds = ["torn operation", "power cut", "host killed", "answers late"];
        let kind = kinds[self.dice.below(kinds.len())];
        self.disturbed(Command::Write(Write::usual(what.clone())), kind, steps);
        for _ in 0..1 + self.dice.below(2) {
            let (at, bytes) = self.any_gap();
            let stores = Command::ApplicationStores { at, bytes };
            let image = self.dice.below(self.images.len());
            match self.dice.below(5) {
                0 => steps.push((stores, None)),
                1 => steps.push((Command::OtherTool { image }, None)),
                2 => {
                    let holds = self.any_chip();
                    steps.push((Command::AnotherChip { holds }, None));
                }
                _ => {
                    let theirs = Write::usual(self.any_what());
                    steps.push((Command::OtherHost, None));
                    steps.push((Command::Write(theirs), None));
                    if self.dice.below(2) == 0 {
                        steps.push((stores, None));
                    }
                    steps.push((Command::OtherHost, None));
                }
            }
        }
        let again = self.over(&what);
        steps.push((again, None));
    }

    /// An image that starts, and an erase of all that does not come to its end; all that three times. Of an image of one sector
    /// nothing is left that could start.
    fn torn_chip_erase(&mut self, steps: &mut Vec<Step>) {
        for _ in 0..3 {
            let long = What::Image {
                image: self.dice.below(2) + LONG_IMAGES,
                loader: BootLoader::Replace,
            };
            steps.push((Command::Write(Write::usual(long)), None));
            let command = match self.dice.below(2) {
                0 => Command::EraseAll,
                _ => Command::Write(Write {
                    policy: Policy::EraseAll,
                    ..Write::usual(self.any_what())
                }),
            };
            // the first sector is erased by itself, then all
            let at = [1, 1, 2][self.dice.below(3)];
            let seed = u64::from(self.dice.next());
            let torn = Mishap::Board(Fault::TornOperation { at, seed });
            steps.push((command, Some(("torn operation", torn))));
        }
    }

    /// Bytes that arrive wrong, which no flashloader can see, or cells that do not hold them.
    fn wrong_bytes(&mut self, steps: &mut Vec<Step>) {
        for _ in 0..2 {
            let what = self.any_what();
            let (_, _, own) = self.brought(&what);
            let command = Command::Write(Write::usual(what));
            let last = own.iter().max_by_key(|(at, _)| *at);
            let bytes = last.map_or(&[][..], |(_, bytes)| bytes);
            let from = self.dice.below(bytes.len());
            match self.dice.below(3) {
                0 => self.disturbed(command, "bit does not program", steps),
                _ => {
                    let turned = Trip::DataTurned {
                        report: 1,
                        holds: bytes.iter().skip(from).take(4).copied().collect(),
                        xor: 1 << self.dice.below(8),
                    };
                    let mishap = Mishap::Call(1, turned);
                    steps.push((command, Some(("data out, a bit turned", mishap))));
                }
            }
        }
    }

    fn image(&mut self) -> Command {
        Command::Write(Write::usual(What::Image {
            image: self.dice.below(self.images.len()),
            loader: BootLoader::Replace,
        }))
    }

    fn disturbed(&mut self, command: Command, kind: &'static str, steps: &mut Vec<Step>) {
        let places = self.places(&command);
        let mishap = Mishap::of(kind, &places, self.uart, &mut self.dice);
        steps.push((command, Some((kind, mishap))));
    }
}
