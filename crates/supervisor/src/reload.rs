//! Reads the limits of a run anew while it goes on: [`Reload`] says from where, [`Reader`] does it, on
//! a thread of its own.
//!
//! The watchdog never reads a file while it watches: a slow disk must not delay a restart.

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use scenario::Plan;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::sync::Arc;
use sys::poll::Waker;

/// Where the limits come from that `SIGHUP` asks for.
#[derive(Clone, Debug)]
pub struct Reload {
    /// The scenario file.
    pub path: PathBuf,
    /// Reads it; of one that is wrong it tells the user what is, and returns `None`.
    pub load: fn(&std::path::Path) -> Option<Plan>,
}

/// Reads when it is asked to, and is readable when it has something.
#[derive(Debug)]
pub(crate) struct Reader {
    /// Dropped, it ends the thread, when that has done what it is at.
    orders: Sender<()>,
    plans: Receiver<Plan>,
    done: Arc<Waker>,
}

impl Reader {
    /// Starts the thread.
    pub(crate) fn start(Reload { path, load }: Reload) -> io::Result<Reader> {
        // One order that waits is enough: it is carried out after whatever came before it.
        let (orders, given) = bounded(1);
        let (tell, plans) = unbounded();
        let done = Arc::new(Waker::new()?);
        let reader = Reader { orders, plans, done: Arc::clone(&done) };
        std::thread::spawn(move || {
            // To read is not urgent; where the class cannot be left, it is merely unfriendly.
            if let Err(_refused) = sys::sched::set_normal() {}
            for () in given {
                let told = load(&path).is_some_and(|plan| tell.send(plan).is_ok());
                // A plan without a wake-up is found at the next one.
                if told && let Err(_refused) = done.wake() {}
            }
        });
        Ok(reader)
    }

    /// Asks for the file as it is from here on.
    pub(crate) fn ask(&self) {
        // Full: an order waits that reads what this one would.
        if let Err(_full) = self.orders.try_send(()) {}
    }

    /// What was read last, if anything was.
    pub(crate) fn take(&self) -> io::Result<Option<Plan>> {
        self.done.clear()?;
        Ok(self.plans.try_iter().last())
    }
}

impl AsFd for Reader {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.done.as_fd()
    }
}
