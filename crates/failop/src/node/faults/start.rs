//! Faults that keep a process from being ready: [`fail`].

use super::begin_armed;
use channel::arming::ArmingView;
use channel::events::EventWriter;
use fault::Injector;
use fault::act::StartFault;
use sys::clock::{now_ns, sleep_until};
use wire::Event;
use wire::event::Proof;

/// Does to a process that is attached and not ready what the scenario says, in a schedule that started
/// at `t0_ns`.
pub(in crate::node) fn fail(
    injector: &mut Injector,
    arming: &ArmingView,
    t0_ns: u64,
    events: &mut EventWriter,
) {
    begin_armed(injector, arming);
    for (fault, what) in injector.start_faults(now_ns() - t0_ns) {
        let value = match what {
            StartFault::Slow(by_ns) => by_ns,
            StartFault::Crash | StartFault::NeverReady => 1,
            // The watchdog sees to these by what it hands down.
            StartFault::WrongVersion | StartFault::NoPermission => continue,
        };
        events.tell(Event::Applied { fault, proof: Proof::Acted, item: 0, value });
        match what {
            StartFault::Crash => std::process::abort(),
            StartFault::Slow(by_ns) => sleep_until(now_ns() + by_ns),
            _ => sleep_until(u64::MAX / 2),
        }
    }
}
