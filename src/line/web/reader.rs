//! The page's own connection to the ledger, on a thread of its own: its calls block, and PostgreSQL's client runs a runtime inside.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rtboot_ledger::Ledger;
use tokio::sync::oneshot;

/// Questions that wait for the ledger at most.
const QUEUE: usize = 32;
/// How long an answer of the ledger is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Opens the ledger.
pub(super) type OpenLedger = Box<dyn FnMut() -> rtboot_ledger::Result<Ledger> + Send>;

type Question = Box<dyn FnOnce(&mut Slot) + Send>;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// Too many questions, or the ledger takes too long.
    Busy,
    /// What the ledger said.
    Ledger(rtboot_ledger::Error),
}

/// The way to the ledger's thread.
pub(super) struct Reader {
    questions: SyncSender<Question>,
}

/// A connection that is made when it is needed.
struct Slot {
    open: OpenLedger,
    ledger: Option<Ledger>,
}

impl Slot {
    fn ask<T>(
        &mut self,
        work: impl FnOnce(&mut Ledger) -> rtboot_ledger::Result<T>,
    ) -> rtboot_ledger::Result<T> {
        let ledger = match &mut self.ledger {
            Some(ledger) => ledger,
            none => none.insert((self.open)()?.read_only()?),
        };
        let answer = work(ledger);
        if answer.is_err() {
            // the connection may be gone: the next question makes a new one
            self.ledger = None;
        }
        answer
    }
}

impl Reader {
    /// Starts the thread. It ends when the reader is dropped.
    pub(super) fn start(open: OpenLedger) -> std::io::Result<(Reader, JoinHandle<()>)> {
        let (questions, asked): (SyncSender<Question>, Receiver<Question>) = sync_channel(QUEUE);
        let mut slot = Slot { open, ledger: None };
        let thread = std::thread::Builder::new()
            .name("line-page-ledger".into())
            .spawn(move || asked.into_iter().for_each(|question| question(&mut slot)))?;
        Ok((Reader { questions }, thread))
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Ledger) -> rtboot_ledger::Result<T> + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let (tell, told) = oneshot::channel();
        let question = move |slot: &mut Slot| {
            // whoever asked may have gone, or have lost patience
            if !tell.is_closed() {
                let _ = tell.send(slot.ask(work));
            }
        };
        match self.questions.try_send(Box::new(question)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                return Err(NoAnswer::Busy);
            }
        }
        match tokio::time::timeout(PATIENCE, told).await {
            Ok(Ok(answer)) => answer.map_err(NoAnswer::Ledger),
            Ok(Err(_)) | Err(_) => Err(NoAnswer::Busy),
        }
    }
}
