//! What the watchdog starts: one process of the pipeline, from its boot page to its death.

mod camera;
mod ego;
mod faults;
mod fusion;
mod grid;
mod plant;
mod radar;
mod runtime;
mod signals;
mod stimulus;

use crate::cli::NodeArguments;
use anyhow::Context;
use channel::doorbell::Doorbell;
use channel::events::EventWriter;
use channel::link::{Ends, Inlet, Outlet, Spec};
use channel::start::StartView;
use runtime::Attaching;
use scenario::Plan;
use std::convert::Infallible;
use std::os::fd::{AsRawFd, RawFd};
use supervisor::boot::unpack;
use supervisor::{Boot, RoleDescriptors};
use sys::clock::{now_ns, sleep_until};
use sys::process::inherited;
use wire::Source;

/// How often a process looks whether the start is decided.
const START_LOOK_NS: u64 = 5_000_000;

/// Becomes the node, or the part of the harness, that the boot page on descriptor `boot` describes. Returns only what
/// went wrong: a node's work ends with its process.
pub(crate) fn run(NodeArguments { role, boot }: &NodeArguments) -> anyhow::Result<Infallible> {
    let started_ns = sys::clock::now_ns();
    let boot = inherited(*boot).context("no boot page")?;
    if role == plant::ROLE {
        return plant::work(unpack(&boot)?);
    }
    if role == stimulus::ROLE {
        return stimulus::work(unpack(&boot)?);
    }
    let boot: Boot = unpack(&boot)?;
    let started_ns = sys::clock::of_kernel(started_ns);
    sys::process::die_with_parent(boot.watchdog_pid).context("the watchdog is gone")?;
    let role = boot.descriptors.role.clone();
    let attaching = Attaching::new(boot, started_ns)?;
    match role {
        RoleDescriptors::Camera { frames, fusion_doorbell } => {
            camera::work(attaching, &frames, &fusion_doorbell)
        }
        RoleDescriptors::Radar { lists, commands, fusion_doorbell } => {
            radar::work(attaching, (&lists, &commands), &fusion_doorbell)
        }
        RoleDescriptors::Fusion { frames, lists, commands, radar_doorbell, brake, exhibit } => {
            let inherited =
                fusion::Inherited { frames, lists, commands, radar_doorbell, brake, exhibit };
            fusion::work(attaching, &inherited)
        }
    }
}

/// The camera's geometry as fusion knows it: the calibration of the camera that the world renders.
fn calibration(model: &world::CameraModel) -> ::fusion::CameraCalibration {
    ::fusion::CameraCalibration {
        width_px: model.width_px,
        height_px: model.height_px,
        focal_px: model.focal_px,
        centre_x_px: model.centre_x_px,
        centre_y_px: model.centre_y_px,
        mount_height_m: model.mount_height_m,
    }
}

/// Begins as a process of the harness: the watchdog hands down its event ring and the start page.
fn attach_harness(
    source: Source,
    plan: &Plan,
    watchdog_pid: u32,
    [events, start]: [RawFd; 2],
) -> anyhow::Result<(EventWriter, StartView)> {
    sys::process::die_with_parent(watchdog_pid).context("the watchdog is gone")?;
    let events = EventWriter::attach(take(events, "the event ring")?, 1)?;
    lock_memory(plan, source);
    sys::process::set_name(&format!("failop-{}", source.name())).context("process name")?;
    sys::sched::set_precise_timers().context("timer slack")?;
    Ok((events, StartView::attach(take(start, "the start page")?)?))
}

/// Waits until the start is decided; its time.
fn wait_for_start(start: &StartView) -> u64 {
    loop {
        match start.t0_ns() {
            Some(t0_ns) => break t0_ns,
            None => sleep_until(now_ns() + START_LOOK_NS),
        }
    }
}

/// Takes over a doorbell.
fn doorbell(ends: &Ends) -> anyhow::Result<Doorbell> {
    Ok(Doorbell::inherit(ends.take().context("a doorbell was not handed down")?)?)
}

/// Attaches to the sending end of a link; `bell` wakes the receiver.
fn outlet(spec: Spec, ends: &Ends, bell: &Ends) -> anyhow::Result<Outlet> {
    let bell = doorbell(bell)?;
    let end = ends.take().context("an end of a link was not handed down")?;
    Ok(Outlet::attach(spec, end, Some(bell))?)
}

/// Attaches to the receiving end of a link.
fn inlet(spec: Spec, ends: &Ends) -> anyhow::Result<Inlet> {
    Ok(Inlet::attach(spec, ends.take().context("an end of a link was not handed down")?)?)
}

/// Locks the memory of this process, if the board file asks for it.
fn lock_memory(plan: &Plan, source: Source) {
    // Where it is refused the watchdog, which reads it back, says so.
    if plan.board.placement(source).lock_memory
        && let Err(_refused) = sys::memory::lock()
    {}
}

/// Takes over a descriptor and names it should it be missing.
fn take(fd: RawFd, what: &'static str) -> anyhow::Result<std::os::fd::OwnedFd> {
    let owned = inherited(fd).with_context(|| format!("{what} was not handed down"))?;
    debug_assert_eq!(owned.as_raw_fd(), fd);
    Ok(owned)
}
