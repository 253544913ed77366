//! What the watchdog does to others from outside and must undo or account for: [`Assaults`].
//!
//! What one signal does is done where signals are sent; here is what lasts: control groups, hogs,
//! processors taken away, starts that fail. What several faults hold at a time they share: it is released with
//! the last of them.

use crate::boot::BootError;
use crate::capture_device;
use crate::errno::errno_of;
use crate::hogs::{Hog, Nuisance};
use crate::impostor::Impostor;
use crate::looks::Victim;
use crate::off_bus::OffBus;
use crate::placing::Placing;
use channel::AttachError;
use channel::link::Link;
use fault::act::{DeviceFault, LoadHow, Outside, Region, SpawnFailure};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use scenario::board::Can;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use sys::cgroup::{Freezer, MemoryLimit};
use sys::clock::{now_ns, sleep_until};
use sys::process::{self, Child, RunState};
use sys::shm::Memory;
use wire::event::{Event, Proof};
use wire::{Node, Source};

/// How much higher the priority of a process that starves another is: with what is usual, half-way
/// between node and watchdog.
const STARVER_ABOVE: u8 = 5;
/// The highest that there is.
const PRIORITY_MAX: u8 = 99;
/// How long a victim is waited for to stand still.
const STAND_STILL_NS: u64 = 20_000_000;
/// Bits of the words that the kernel writes for us.
const WORD_BITS: u32 = 64;

/// What lasts of the assaults of a run.
#[derive(Debug, Default)]
pub(crate) struct Assaults {
    lasting: Vec<Lasting>,
}

#[derive(Debug)]
struct Lasting {
    fault: u32,
    victim: Option<Victim>,
    hold: Hold,
}

impl Lasting {
    fn is_of(&self, node: Node) -> bool {
        self.victim.is_some_and(|victim| victim.node == node)
    }
}

#[derive(Debug)]
enum Hold {
    Frozen(Rc<Freezer>),
    Limited(MemoryLimit),
    /// What burns its processor, and those that it had before.
    Starved(Hog, Rc<Vec<usize>>),
    Loaded(Vec<Hog>),
    Flooded(Hog),
    /// A bus, and when its controller was seen off it.
    OffBus(Rc<OffBus>, u64),
    Impostor(Impostor),
    FailsToSpawn(Node, SpawnFailure),
    Device(Rc<String>, DeviceFault),
}

/// An assault could not be begun.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AssaultError {
    /// The system refused.
    #[error("refused by the system")]
    Refused(#[from] io::Error),
    /// Memory that it needs could not be made.
    #[error("cannot make the pages of an assault")]
    Pages(#[from] AttachError),
    /// Who makes it could not be told what to do.
    #[error("cannot prepare who makes an assault")]
    Boot(#[from] BootError),
}

/// Who or what an assault needs is not there.
pub(crate) fn absent() -> io::Error {
    io::ErrorKind::NotFound.into()
}

/// What an assault is made with.
pub(crate) struct Means<'a> {
    /// This program.
    pub(crate) program: &'a Path,
    /// The victim, where it is a process that lives.
    pub(crate) victim: Option<(&'a Child, Victim)>,
    /// Whether a stop holds it.
    pub(crate) is_stopped: bool,
    /// The process that is the target, whether it lives or not.
    pub(crate) target: Option<Node>,
    /// How everyone is scheduled.
    pub(crate) placing: &'a Placing<'a>,
    /// The camera's capture device.
    pub(crate) device: Option<&'a str>,
    /// By which messages get to the victim's receiver.
    pub(crate) link: &'a Link,
    /// The radar's bus, if it is on one.
    pub(crate) bus: Option<&'a Can>,
    /// Draws of this fault.
    pub(crate) draw: ChaCha8Rng,
}

impl Means<'_> {
    /// A hog, on any processor.
    fn hog(&self, nuisance: Nuisance) -> Result<Hog, AssaultError> {
        Hog::start(self.program, nuisance, self.placing.cpus())
    }

    /// Above that of the victim.
    fn starver_priority(&self) -> u8 {
        let of = self.target.map_or(0, |node| self.placing.priority(Source::Node(node)));
        of.saturating_add(STARVER_ABOVE).min(PRIORITY_MAX)
    }
}

impl Assaults {
    /// Begins an assault; returns how much was done where that is known at once.
    pub(crate) fn begin(
        &mut self,
        fault: u32,
        what: Outside,
        means: Means,
    ) -> Result<Option<u64>, AssaultError> {
        let victim = means.victim.map(|(_, victim)| victim);
        let hit = means.victim.ok_or_else(absent);
        let mut amount = None;
        let hold = match what {
            Outside::Suspend => {
                let freezer = self.freeze(hit?)?;
                amount = stands_still(|| freezer.is_frozen())?.then_some(0);
                Hold::Frozen(freezer)
            }
            Outside::LimitMemory(bytes) => Hold::Limited(MemoryLimit::for_child(hit?.0, bytes)?),
            Outside::Starve(percent) => self.starve(percent, &means)?,
            Outside::Load(how, processes) => {
                let nuisance = match how {
                    LoadHow::Cpu => Nuisance::Cpu,
                    LoadHow::Memory => Nuisance::Memory,
                };
                let hogs = (0..processes).map(|_| means.hog(nuisance));
                Hold::Loaded(hogs.collect::<Result<_, _>>()?)
            }
            Outside::Flood(per_s) => {
                Hold::Flooded(means.hog(Nuisance::Flood { per_s, link: means.link })?)
            }
            Outside::FloodBus(per_s) => {
                let bus = means.bus.ok_or_else(absent)?;
                let interface = bus.stimulus.as_ref().unwrap_or(&bus.interface);
                Hold::Flooded(means.hog(Nuisance::FloodBus { per_s, interface })?)
            }
            Outside::BusOff => {
                let begin = || OffBus::begin(means.bus.ok_or_else(absent)?).map(Rc::new);
                Hold::OffBus(self.off_bus().map_or_else(begin, Ok)?, now_ns())
            }
            Outside::FailSpawn(how) => match means.target {
                Some(node) => Hold::FailsToSpawn(node, how),
                None => return Ok(None),
            },
            Outside::FlipMemory(region, bits) => {
                return Ok(Some(self.flip((region, bits), hit?, means)?));
            }
            Outside::Device(wrong) => {
                let path = means.device.ok_or_else(absent)?;
                amount = Some(capture_device::begin(path, wrong)?);
                if capture_device::is_button(wrong) {
                    return Ok(amount);
                }
                let device = self.gone_wrong(wrong).unwrap_or_else(|| Rc::new(path.to_owned()));
                Hold::Device(device, wrong)
            }
            // Done where signals are sent, and by the watchdog to itself.
            Outside::Signal(_)
            | Outside::Stop
            | Outside::Impostor(_)
            | Outside::Doze(_)
            | Outside::FullDisk
            | Outside::KillWatchdog
            | Outside::HangWatchdog => return Ok(None),
        };
        self.lasting.push(Lasting { fault, victim, hold });
        Ok(amount)
    }

    fn freeze(&self, (child, victim): (&Child, Victim)) -> io::Result<Rc<Freezer>> {
        let make = || Freezer::for_child(child).map(Rc::new);
        let freezer = self.freezer(victim).map_or_else(make, Ok)?;
        freezer.freeze()?;
        Ok(freezer)
    }

    fn starve(&self, percent: f64, means: &Means) -> Result<Hold, AssaultError> {
        let (child, victim) = means.victim.ok_or_else(absent)?;
        let look = || child.affinity().map(Rc::new);
        let cpus = self.starved(victim).map_or_else(look, Ok)?;
        let cpu = *cpus.last().ok_or_else(absent)?;
        let priority = means.starver_priority();
        // Without a hog the victim keeps its processors.
        let hog = means.hog(Nuisance::Starve { percent, cpu, priority })?;
        child.set_affinity(&[cpu])?;
        Ok(Hold::Starved(hog, cpus))
    }

    /// Flips bits of a victim that stands still, and is stopped for it unless another fault holds it; returns
    /// how many.
    fn flip(
        &self,
        what: (Region, u32),
        (child, victim): (&Child, Victim),
        means: Means,
    ) -> io::Result<u64> {
        if let Some(freezer) = self.freezer(victim) {
            return flip_still(child, || freezer.is_frozen(), what, means.draw);
        }
        let is_stopped = || Ok(child.usage()?.state == RunState::Stopped);
        if means.is_stopped {
            return flip_still(child, is_stopped, what, means.draw);
        }
        child.stop()?;
        let flipped = flip_still(child, is_stopped, what, means.draw);
        // Whatever came of it, the victim goes on.
        let resumed = child.resume();
        let flipped = flipped?;
        resumed.map(|()| flipped)
    }

    /// What another fault freezes this victim with.
    fn freezer(&self, victim: Victim) -> Option<Rc<Freezer>> {
        self.lasting.iter().find_map(|it| match &it.hold {
            Hold::Frozen(freezer) if it.victim == Some(victim) => Some(Rc::clone(freezer)),
            _ => None,
        })
    }

    /// The processors that another fault has taken from this victim.
    fn starved(&self, victim: Victim) -> Option<Rc<Vec<usize>>> {
        self.lasting.iter().find_map(|it| match &it.hold {
            Hold::Starved(_, cpus) if it.victim == Some(victim) => Some(Rc::clone(cpus)),
            _ => None,
        })
    }

    fn off_bus(&self) -> Option<Rc<OffBus>> {
        self.lasting.iter().find_map(|it| match &it.hold {
            Hold::OffBus(off, _) => Some(Rc::clone(off)),
            _ => None,
        })
    }

    /// The device that another fault lets go wrong by the same control.
    fn gone_wrong(&self, fault: DeviceFault) -> Option<Rc<String>> {
        self.lasting.iter().find_map(|it| match &it.hold {
            Hold::Device(device, other) if capture_device::are_alike(fault, *other) => {
                Some(Rc::clone(device))
            }
            _ => None,
        })
    }

    /// Keeps an impostor until its fault is over.
    pub(crate) fn keep(&mut self, fault: u32, victim: Victim, impostor: Impostor) {
        self.lasting.push(Lasting { fault, victim: Some(victim), hold: Hold::Impostor(impostor) });
    }

    /// Ends an assault, if it lasts; tells what it came to. `alive` is the living incarnation of its
    /// victim.
    pub(crate) fn end(
        &mut self,
        fault: u32,
        alive: Option<(&Child, Victim)>,
    ) -> io::Result<Vec<Event>> {
        let Some(place) = self.lasting.iter().position(|it| it.fault == fault) else {
            return Ok(Vec::new());
        };
        let Lasting { victim, hold, .. } = self.lasting.remove(place);
        let same = alive.filter(|(_, living)| Some(*living) == victim).map(|(child, _)| child);
        let acted = |value| Event::Applied { fault, proof: Proof::Acted, item: 0, value };
        Ok(match hold {
            Hold::Frozen(freezer) => {
                if let Some(freezer) = Rc::into_inner(freezer) {
                    freezer.thaw()?;
                }
                same.map(|_| Event::Lifted { fault }).into_iter().collect()
            }
            Hold::Limited(_) | Hold::FailsToSpawn(..) => Vec::new(),
            Hold::Starved(hog, cpus) => {
                let used_ns = hog.cpu_ns();
                drop(hog);
                if let (Some(child), Some(cpus)) = (same, Rc::into_inner(cpus)) {
                    child.set_affinity(&cpus)?;
                }
                vec![acted(used_ns)]
            }
            Hold::Loaded(hogs) => vec![acted(hogs.iter().map(Hog::cpu_ns).sum())],
            Hold::Flooded(hog) => vec![acted(hog.count())],
            Hold::OffBus(off, since_ns) => {
                let away_ns = now_ns() - since_ns;
                if let Some(off) = Rc::into_inner(off) {
                    off.end()?;
                }
                vec![acted(away_ns)]
            }
            Hold::Device(device, wrong) => {
                let device = Rc::into_inner(device);
                let refused = device.and_then(|it| capture_device::end(&it, wrong).err());
                // A device that is gone cannot be set right: the run goes on without.
                let told = |error| Event::NotInjected { fault, errno: errno_of(&error) };
                refused.map(told).into_iter().collect()
            }
            Hold::Impostor(mut impostor) => vec![acted(impostor.handed_over())],
        })
    }

    /// Ends all assaults: the run is over. One that cannot be ended keeps no other from it; the first refusal is
    /// told.
    pub(crate) fn end_all(&mut self) -> (Vec<Event>, io::Result<()>) {
        let faults: Vec<u32> = self.lasting.iter().map(|it| it.fault).collect();
        let (mut told, mut refused) = (Vec::new(), Ok(()));
        for fault in faults {
            match self.end(fault, None) {
                Ok(events) => told.extend(events),
                Err(error) => refused = refused.and(Err(error)),
            }
        }
        (told, refused)
    }

    /// Lets go of a victim that is gone: a frozen or limited group ends with it. Tells how often the
    /// kernel ended it for want of memory.
    pub(crate) fn victim_gone(&mut self, node: Node) -> io::Result<Vec<Event>> {
        let mut told = Vec::new();
        for it in &self.lasting {
            if let (Hold::Limited(limit), true) = (&it.hold, it.is_of(node)) {
                let (fault, value) = (it.fault, limit.oom_kills()?);
                told.push(Event::Applied { fault, proof: Proof::Acted, item: 0, value });
            }
        }
        self.lasting.retain(|it| {
            let of_process = matches!(it.hold, Hold::Frozen(_) | Hold::Limited(_));
            !(of_process && it.is_of(node))
        });
        Ok(told)
    }

    /// Whether, and by which fault, a start of `node` fails.
    pub(crate) fn fails_to_spawn(&self, node: Node) -> Option<(u32, SpawnFailure)> {
        self.lasting.iter().find_map(|it| match it.hold {
            Hold::FailsToSpawn(of, how) if of == node => Some((it.fault, how)),
            _ => None,
        })
    }
}

/// Waits until a victim stands still; whether it does in time.
fn stands_still(mut look: impl FnMut() -> io::Result<bool>) -> io::Result<bool> {
    const LOOK_NS: u64 = 50_000;
    let deadline = now_ns() + STAND_STILL_NS;
    while now_ns() < deadline {
        if look()? {
            return Ok(true);
        }
        sleep_until(now_ns() + LOOK_NS);
    }
    Ok(false)
}

/// Flips bits of a victim once it stands still; returns how many.
fn flip_still(
    child: &Child,
    is_still: impl FnMut() -> io::Result<bool>,
    (region, bits): (Region, u32),
    mut draw: ChaCha8Rng,
) -> io::Result<u64> {
    if !stands_still(is_still)? {
        return Err(io::ErrorKind::TimedOut.into());
    }
    let region = match region {
        Region::Heap => process::Region::Heap,
        Region::Stack => process::Region::Stack,
        Region::Data => process::Region::Data,
    };
    let mut below = |end: u64| draw.random_range(0..end);
    let mut left = bits;
    while left > 0 {
        let some = left.min(WORD_BITS / 8);
        child.flip_memory(region, some, &mut below)?;
        left -= some;
    }
    Ok(u64::from(bits))
}

/// A program that cannot be started in this way, in place of `program`.
pub(crate) fn unfit(how: SpawnFailure, directory: &Path) -> Unfit {
    match how {
        SpawnFailure::Missing => Unfit::at(directory.join("no-such-program")),
        SpawnFailure::NotExecutable => Unfit::at(directory.join(recording::FILE_NAME)),
        SpawnFailure::WrongProgram => Unfit::at("/bin/true".into()),
        SpawnFailure::NoProgram => Unfit::empty(),
    }
}

/// A program that cannot be started as it should.
#[derive(Debug)]
pub(crate) struct Unfit {
    path: PathBuf,
    /// A file without a program in it.
    _empty: Option<Memory>,
}

impl Unfit {
    fn at(path: PathBuf) -> Unfit {
        Unfit { path, _empty: None }
    }

    fn empty() -> Unfit {
        match Memory::anonymous("failop-no-program", wire::shared::PAGE_BYTES) {
            Ok(memory) => {
                let path = format!("/proc/self/fd/{}", memory.fd().as_raw_fd());
                Unfit { path: path.into(), _empty: Some(memory) }
            }
            // Without memory nothing can be started either.
            Err(_refused) => Unfit::at("/dev/null".into()),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests;
