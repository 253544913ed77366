//! The plant process of a closed loop: takes what fusion asks of the brakes at each tick, and tells
//! where the ego car is and will be.
//!
//! It is the harness: no fault befalls it, nobody restarts it.

use super::{attach_harness, take, wait_for_start};
use anyhow::Context;
use channel::board::{Board, BoardView};
use channel::events::EventWriter;
use std::convert::Infallible;
use supervisor::PlantBoot;
use sys::clock::sleep_until;
use wire::limits::TICK_NS;
use wire::plant::{BRAKE_WORDS, BrakeTold, StretchTold, WAY_WORDS, WayTold};
use wire::shared::PageKind;
use wire::{Event, Source};
use world::plant::Stretch;
use world::{Plant, Request};

/// What it is called on the command line.
pub(super) const ROLE: &str = "plant";

/// A request older than this does not count any more: fusion is silent. Fusion says it anew with each
/// output, and where there is none in half of this time.
const REQUEST_AGE_MAX_NS: u64 = 200_000_000;

pub(super) fn work(boot: PlantBoot) -> anyhow::Result<Infallible> {
    let PlantBoot { watchdog_pid, plan, .. } = boot;
    let (mut events, start) =
        attach_harness(Source::Plant, &plan, watchdog_pid, [boot.events, boot.start])?;
    let way = Board::<WAY_WORDS>::attach(PageKind::Way, take(boot.way, "the way's board")?)?;
    let brake = take(boot.brake, "the brakes' board")?;
    let brake = BoardView::<BRAKE_WORDS>::attach(PageKind::Brake, brake)?;
    let brakes = plan.traffic.ego.brakes.context("an ego that does not brake needs no plant")?;
    let mut plant = Plant::new(plan.traffic.ego.speed_mps, brakes);
    events.tell(Event::Started { pid: std::process::id() });
    tell_from(0.0, &plant, &mut events);
    way.publish(&as_words(&plant));
    let t0_ns = wait_for_start(&start);
    let mut newest = 0;
    for tick in 0.. {
        let tick_ns = tick * TICK_NS;
        sleep_until(t0_ns + tick_ns);
        let request = request(&brake, t0_ns + tick_ns, &mut newest);
        if plant.tick(tick_ns as f64 * 1e-9, request) {
            tell_from(plant.known_until_s(), &plant, &mut events);
        }
        way.publish(&as_words(&plant));
    }
    anyhow::bail!("the schedule is endless")
}

/// What fusion asks at this moment. Its predecessors, below the `newest` incarnation that ever asked,
/// have nothing to say any more.
fn request(brake: &BoardView<BRAKE_WORDS>, now_ns: u64, newest: &mut u32) -> Request {
    let told = brake.read().map(|(_, words)| BrakeTold::from_words(words));
    *newest = told.map_or(*newest, |told| told.incarnation.max(*newest));
    let counts = |told: &BrakeTold| {
        told.incarnation == *newest && now_ns.saturating_sub(told.at_ns) <= REQUEST_AGE_MAX_NS
    };
    let deceleration = told.filter(counts).and_then(|told| told.deceleration_mps2);
    deceleration.map_or(Request::NoStatement, Request::Decelerate)
}

/// Records the stretches of the way that begin at a time or after it.
fn tell_from(from_s: f64, plant: &Plant, events: &mut EventWriter) {
    for stretch in plant.way().stretches().iter().filter(|stretch| stretch.from_s >= from_s) {
        let StretchTold { from_s, distance_m, speed_mps, acceleration_mps2, jerk_mps3 } =
            on_the_board(stretch);
        let event =
            Event::EgoStretch { from_s, distance_m, speed_mps, acceleration_mps2, jerk_mps3 };
        events.tell(event);
    }
}

fn as_words(plant: &Plant) -> [u64; WAY_WORDS] {
    let stretches = plant.way().stretches().iter().map(on_the_board).collect();
    WayTold { known_until_s: plant.known_until_s(), stretches }.to_words()
}

fn on_the_board(stretch: &Stretch) -> StretchTold {
    let Stretch { from_s, state, jerk_mps3 } = *stretch;
    StretchTold {
        from_s,
        distance_m: state.distance_m,
        speed_mps: state.speed_mps,
        acceleration_mps2: state.acceleration_mps2,
        jerk_mps3,
    }
}
