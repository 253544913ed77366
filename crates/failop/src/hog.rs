//! A process that is started to be a nuisance to others, for faults of load, starvation and
//! flooding: [`run`].
//!
//! It knows no scenario; it goes on until it is killed, and dies with the watchdog.

use crate::cli::{HogArguments, Nuisance};
use anyhow::Context;
use channel::doorbell::Doorbell;
use channel::link::{Ends, Outlet, Sent, Urgency};
use std::convert::Infallible;
use sys::can::{CanSocket, Frame};
use sys::clock::{now_ns, sleep_until};
use sys::load::{Duty, burn, last_level_cache_bytes, stream_memory};
use sys::process::inherited;
use wire::radar::MESSAGE_BYTES;

/// For ever, as far as a run is concerned.
const FOR_EVER_NS: u64 = u64::MAX / 2;
/// How a starving hog divides its time: a period shorter than any deadline of a step.
const STARVE_PERIOD_NS: u64 = 10_000_000;
/// What is copied where the size of the cache is not known.
const STREAM_BYTES: usize = 64 << 20;
/// Identifier of the frames that flood a bus: the highest priority but one.
const FLOOD_ID: u16 = 0x001;

/// Becomes a hog.
pub(crate) fn run(arguments: &HogArguments) -> anyhow::Result<Infallible> {
    // It inherits the class of the watchdog, which would starve everyone for ever.
    sys::sched::set_normal().context("leave the real-time class")?;
    sys::process::die_with_parent(arguments.parent).context("the watchdog is gone")?;
    let tally = inherited(arguments.tally).context("no tally")?;
    let tally = Doorbell::attach(tally)?;
    match &arguments.nuisance {
        Nuisance::Cpu => burn(FOR_EVER_NS, Duty { busy_ns: STARVE_PERIOD_NS, idle_ns: 0 }),
        Nuisance::Memory => {
            let bytes = last_level_cache_bytes().map_or(STREAM_BYTES, |cache| 2 * cache);
            stream_memory(FOR_EVER_NS, bytes);
        }
        &Nuisance::Starve { percent, cpu, priority } => {
            sys::sched::pin_to(cpu).context("processor")?;
            sys::sched::set_realtime(priority).context("real-time class")?;
            let busy_ns = (STARVE_PERIOD_NS as f64 * percent / 100.0) as u64;
            burn(FOR_EVER_NS, Duty { busy_ns, idle_ns: STARVE_PERIOD_NS - busy_ns });
        }
        Nuisance::FloodBus { per_s, interface } => {
            let socket = CanSocket::open(interface, &[]).context("the CAN bus")?;
            let frame = Frame { id: FLOOD_ID, length: 8, bytes: [0xa5; 8] };
            at_rate(*per_s, &tally, || Ok(socket.send(&frame)? == sys::can::Sent::Taken))?;
        }
        Nuisance::Flood { per_s, mechanism, descriptors, ids } => {
            let spec = supervisor::links::radar_messages_by(*mechanism);
            let ends = Ends { descriptors: descriptors.clone(), ids: ids.clone() };
            let end = ends.take().context("no link")?;
            let mut outlet = Outlet::attach(spec, end, None)?;
            let message = [0xa5; MESSAGE_BYTES];
            let send = || Ok(outlet.send(&message, Urgency::Sample)? == Sent::Taken);
            at_rate(*per_s, &tally, send)?;
        }
    }
    anyhow::bail!("a hog has nothing more to do")
}

/// Does this so many times a second; counts how often it was taken.
fn at_rate(
    per_s: u32,
    tally: &Doorbell,
    mut send: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<Infallible> {
    let period_ns = 1_000_000_000 / u64::from(per_s.max(1));
    let mut due_ns = now_ns();
    loop {
        if send().context("flood")? {
            tally.ring();
        }
        due_ns += period_ns;
        sleep_until(due_ns);
    }
}
