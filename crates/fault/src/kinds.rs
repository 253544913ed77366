//! The catalogue of faults: [`Injection`], one variant for each kind, and [`KINDS`], what is known of
//! each.
//!
//! A kind is one entry here and its parameters in the file of its group. What is said here goes into
//! the scenario's schema, the documentation, the lists on the command line, and the report.

#[macro_use]
mod table;
mod board;
mod camera_device;
mod can;
mod content;
mod detectors;
mod flaw;
mod memory;
mod process;
mod samples;
mod timing;
mod watchdog;

use crate::act::{Act, Signal};
use crate::fault::Target;
use crate::kind::{Evidence, Group, Interference, Kind, Need, Unit};
use crate::units::{self, ns_from_s};
use detectors::{BUS, CONTENT, DAMAGE, END, LOSS, STANDSTILL, START, TIMING};
pub use flaw::Flaw;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::event::{Detector, Proof};

/// What the parameters of a kind must tell.
trait Parameters {
    /// What the fault does.
    fn act(&self) -> Act;

    /// How long it lasts, seconds; `None` for one that strikes once or lasts until the victim is
    /// replaced.
    fn for_s(&self) -> Option<f64> {
        None
    }

    /// Why the victim ends, if that is what the fault does.
    fn ending(&self) -> Option<Ending> {
        None
    }

    /// What a victim that does nothing is seen to do, if that is what the fault does.
    fn posture(&self) -> Option<Proof> {
        None
    }

    /// Which interference it exercises, where that is less than all that its kind can.
    fn interference(&self) -> Option<&'static [Interference]> {
        None
    }

    /// Share of the samples that it acts on.
    fn percent(&self) -> f64 {
        100.0
    }

    /// Mean length of a run of samples that it acts on; 1 where each is drawn for itself.
    fn mean_burst(&self) -> f64 {
        1.0
    }

    /// How much a time that it adds differs from sample to sample, to either side.
    fn jitter_ns(&self) -> u64 {
        0
    }

    /// What only several parameters together can tell to be wrong.
    fn flaw(&self) -> Option<Flaw> {
        None
    }
}

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By this signal.
    Signal(u32),
    /// With this exit code.
    Code(u32),
}

impl Ending {
    /// By this signal.
    const fn by(signal: Signal) -> Ending {
        Ending::Signal(signal.number().unsigned_abs())
    }
}

const SENSORS: &[Target] = &[Target::Camera, Target::Radar];
const CAMERA: &[Target] = &[Target::Camera];
const RADAR: &[Target] = &[Target::Radar];
const FUSION: &[Target] = &[Target::Fusion];
const NODES: &[Target] = &[Target::Camera, Target::Radar, Target::Fusion];
const TALKERS: &[Target] = &[Target::Radar, Target::Fusion];
const WATCHDOG: &[Target] = &[Target::Watchdog];
const HOST: &[Target] = &[Target::Host];

kinds! {
    // ---- process ----

    /// The watchdog sends the process a signal that ends it.
    Kill(process::Kill) = "kill" in Process
        .befalls(NODES).by_watchdog().known_by(Evidence::Ended)
        .exercises(&[Interference::Blocking]).seen_by(END);
    /// The process really crashes, from inside, in the middle of its work.
    Crash(process::Crash) = "crash" in Process
        .befalls(NODES).known_by(Evidence::Ended)
        .exercises(&[Interference::Blocking, Interference::StackOverflow, Interference::ForeignAccess])
        .seen_by(END);
    /// The process stops making progress.
    Hang(process::Hang) = "hang" in Process
        .befalls(NODES).known_by(Evidence::Hung)
        .exercises(&[Interference::Blocking, Interference::Livelock]).seen_by(STANDSTILL);
    /// Two threads of the process wait for each other's lock.
    Deadlock(process::Deadlock) = "deadlock" in Process
        .befalls(NODES).known_by(Evidence::Hung)
        .exercises(&[Interference::Deadlock]).seen_by(STANDSTILL);
    /// The kernel suspends the process in a control group, without a signal.
    Suspend(process::Suspend) = "suspend" in Process
        .befalls(NODES).by_watchdog().needs(&[Need::CgroupFreezer])
        .known_by(Evidence::Whole("was seen frozen in its control group", Unit::None))
        .exercises(&[Interference::Blocking]).seen_by(STANDSTILL);
    /// The process works no more and shows life as ever: its heartbeats say nothing about its work.
    Stuck(process::Stuck) = "stuck" in Process
        .befalls(NODES)
        .known_by(Evidence::Whole("worked no more and showed life", Unit::None))
        .exercises(&[Interference::Blocking])
        .seen_by(&[Detector::Deadline, Detector::Alive, Detector::Status, Detector::Silence, Detector::Sequence]);
    /// Steps of the process's work are left out or done in a wrong order.
    WrongFlow(process::WrongFlow) = "wrong-flow" in Process
        .befalls(NODES).known_by(Evidence::Steps("done in a wrong order", Unit::None))
        .exercises(&[Interference::Synchronisation])
        .seen_by(&[Detector::Logical, Detector::Integrity, Detector::Frozen, Detector::Status]);
    /// Incarnations that start while the fault lasts do not become ready. Something else must end the
    /// one before.
    FailStart(process::FailStart) = "fail-start" in Process
        .befalls(NODES).known_by(Evidence::Whole("kept from being ready", Unit::None))
        .exercises(&[Interference::Blocking, Interference::ExecutionTime]).seen_by(START);
    /// The system cannot start the process while the fault lasts. Something else must end the one
    /// before.
    FailSpawn(process::FailSpawn) = "fail-spawn" in Process
        .befalls(NODES).by_watchdog().known_by(Evidence::Whole("could not be started", Unit::Errno))
        .exercises(&[Interference::Blocking]).seen_by(START);
    /// The process is asked to end, and ignores it.
    IgnoreStop(process::IgnoreStop) = "ignore-stop" in Process
        .befalls(NODES).known_by(Evidence::Whole("ignored the request to end", Unit::None))
        .exercises(&[Interference::Blocking])
        .seen_by(&[Detector::StopTimeout, Detector::Silence, Detector::Status]);

    // ---- timing ----

    /// Each step of the process takes longer; it sleeps, so that no other process pays for it.
    Slow(timing::Slow) = "slow" in Timing
        .befalls(NODES).known_by(Evidence::Steps("slowed", Unit::Nanoseconds))
        .exercises(&[Interference::ExecutionTime, Interference::Delay]).seen_by(TIMING);
    /// Each step of the process takes longer by a time drawn from the seed.
    Jitter(timing::Jitter) = "jitter" in Timing
        .befalls(NODES).known_by(Evidence::Steps("slowed", Unit::Nanoseconds))
        .exercises(&[Interference::ExecutionTime, Interference::Delay]).seen_by(TIMING);
    /// The sensor does each step several times: too many signs of work, too early.
    Runaway(timing::Runaway) = "runaway" in Timing
        .befalls(SENSORS).known_by(Evidence::Steps("done again", Unit::Count))
        .exercises(&[Interference::ExecutionTime, Interference::Repetition])
        .seen_by(&[Detector::Alive, Detector::Sequence, Detector::Deadline]);
    /// The process gets one processor alone, and a real-time process above it takes most of that.
    Starve(timing::Starve) = "starve" in Timing
        .befalls(NODES).by_watchdog().needs(&[Need::RealTime])
        .known_by(Evidence::Whole("had to share one processor with a real-time process that took", Unit::Nanoseconds))
        .exercises(&[Interference::ExecutionTime]).seen_by(TIMING);
    /// A thread of low priority holds a lock that the process needs, and one between them keeps it
    /// from running.
    InvertPriority(timing::InvertPriority) = "invert-priority" in Timing
        .befalls(NODES).needs(&[Need::RealTime])
        .known_by(Evidence::Whole("waited for a lock of a thread of low priority", Unit::Nanoseconds))
        .exercises(&[Interference::Synchronisation]).seen_by(TIMING);
    /// Other processes load the machine.
    Load(timing::Load) = "load" in Timing
        .befalls(HOST).by_watchdog()
        .known_by(Evidence::Whole("loaded by processes that used, in all,", Unit::Nanoseconds))
        .exercises(&[Interference::ExecutionTime]).seen_by(TIMING);
    /// The sensor's measurement times are wrong: its clock is offset, drifts or stands still.
    Clock(timing::Clock) = "clock" in Timing
        .befalls(SENSORS).known_by(Evidence::Steps("with a wrong time", Unit::Nanoseconds))
        .exercises(&[Interference::Synchronisation, Interference::Delay])
        .seen_by(&[Detector::Time, Detector::Plausibility, Detector::Late, Detector::Integrity, Detector::Silence]);

    // ---- memory ----

    /// The kernel ends the process because its control group has no memory left. Something else must
    /// make it take more (`leak`).
    Oom(memory::Oom) = "oom" in Memory
        .befalls(NODES).by_watchdog().needs(&[Need::CgroupMemory]).known_by(Evidence::Ended)
        .exercises(&[Interference::Blocking]).seen_by(END);
    /// Each step of the process loses memory.
    Leak(memory::Leak) = "leak" in Memory
        .befalls(NODES).known_by(Evidence::Steps("lost memory", Unit::Bytes))
        .exercises(&[Interference::ContentCorruption])
        .seen_by(&[Detector::Memory, Detector::Exit, Detector::Status, Detector::Silence, Detector::Sequence]);
    /// The process opens files until the system refuses one, and keeps them.
    LeakFiles(memory::LeakFiles) = "leak-files" in Memory
        .befalls(NODES).known_by(Evidence::Whole("was refused a further file", Unit::Errno))
        .exercises(&[Interference::Blocking]).seen_by(END);
    /// The process tries to shrink the memory that it shares, which would end everyone who reads it.
    Truncate(memory::Truncate) = "truncate" in Memory
        .befalls(CAMERA).known_by(Evidence::Whole("was refused to shrink shared memory", Unit::Errno))
        .exercises(&[Interference::ForeignAccess]).seen_by(END);
    /// Bits of the process's private memory flip.
    FlipMemory(memory::FlipMemory) = "flip-memory" in Memory
        .befalls(NODES).by_watchdog().needs(&[Need::Ptrace])
        .known_by(Evidence::Whole("had bits of its memory flipped", Unit::Bits))
        .exercises(&[Interference::ContentCorruption])
        .seen_by(&[Detector::Exit, Detector::EarlyDeath, Detector::Heartbeat, Detector::Integrity,
            Detector::Plausibility, Detector::Logical, Detector::Deadline, Detector::Alive,
            Detector::Silence, Detector::Sequence, Detector::Status]);
    /// A number in the state of fusion becomes one that cannot be.
    CorruptState(memory::CorruptState) = "corrupt-state" in Memory
        .befalls(FUSION).known_by(Evidence::Steps("with a number of its state overwritten", Unit::None))
        .exercises(&[Interference::ContentCorruption])
        .seen_by(&[Detector::Plausibility]);

    // ---- samples ----

    /// Bytes of each sample are damaged after it was protected.
    Corrupt(samples::Corrupt) = "corrupt" in Samples
        .befalls(SENSORS).known_by(Evidence::Samples("damaged", Unit::Bits))
        .exercises(&[Interference::Corruption]).seen_by(DAMAGE);
    /// A field of the header of each sample is damaged after it was protected.
    CorruptHeader(samples::CorruptHeader) = "corrupt-header" in Samples
        .befalls(SENSORS).known_by(Evidence::Samples("given a wrong header", Unit::None))
        .exercises(&[Interference::Corruption, Interference::Insertion, Interference::Masquerade])
        .seen_by(DAMAGE);
    /// Frames are handed over before they are complete: the reader sees a mix of two.
    Tear(samples::Tear) = "tear" in Samples
        .befalls(CAMERA).known_by(Evidence::Samples("handed over unfinished", Unit::None))
        .exercises(&[Interference::InconsistentData, Interference::Synchronisation])
        .seen_by(DAMAGE);
    /// The camera ends at a moment of its choice while it hands a frame over.
    DieAt(samples::DieAt) = "die-at" in Samples
        .befalls(CAMERA).known_by(Evidence::Ended)
        .exercises(&[Interference::InconsistentData, Interference::Blocking]).seen_by(END);
    /// Samples are made and then withheld.
    Drop(samples::Drop) = "drop" in Samples
        .befalls(SENSORS).known_by(Evidence::Samples("withheld", Unit::None))
        .exercises(&[Interference::Loss]).seen_by(LOSS);
    /// Samples are handed over later than they were made.
    Delay(samples::Delay) = "delay" in Samples
        .befalls(SENSORS).known_by(Evidence::Samples("held back", Unit::Nanoseconds))
        .exercises(&[Interference::Delay]).seen_by(LOSS);
    /// Samples are handed over again.
    Duplicate(samples::Duplicate) = "duplicate" in Samples
        .befalls(SENSORS).known_by(Evidence::Samples("handed over twice", Unit::None))
        .exercises(&[Interference::Repetition]).seen_by(&[Detector::Sequence]);
    /// Old samples are handed over in place of those that are due.
    Replay(samples::Replay) = "replay" in Samples
        .befalls(SENSORS).known_by(Evidence::Samples("replaced by an old one", Unit::None))
        .exercises(&[Interference::Repetition, Interference::Insertion])
        .seen_by(&[Detector::Sequence, Detector::Late, Detector::Silence, Detector::Frozen]);
    /// Samples change their place with the one after them.
    Reorder(samples::Reorder) = "reorder" in Samples
        .befalls(SENSORS).known_by(Evidence::Samples("handed over after the next", Unit::None))
        .exercises(&[Interference::Sequence])
        .seen_by(&[Detector::Sequence, Detector::Late]);
    /// The numbers of samples jump ahead.
    SkipNumbers(samples::SkipNumbers) = "skip-numbers" in Samples
        .befalls(SENSORS).known_by(Evidence::Samples("given a number too large", Unit::None))
        .exercises(&[Interference::Sequence])
        .seen_by(&[Detector::Sequence, Detector::Time, Detector::Silence]);
    /// Only the first bytes of each message are sent.
    Shorten(samples::Shorten) = "shorten" in Samples
        .befalls(RADAR).known_by(Evidence::Samples("cut short", Unit::None))
        .exercises(&[Interference::Corruption, Interference::Loss]).seen_by(DAMAGE);
    /// Fewer messages a second are sent than are made; the others wait.
    LimitRate(samples::LimitRate) = "limit-rate" in Samples
        .befalls(RADAR).known_by(Evidence::Samples("kept waiting", Unit::Nanoseconds))
        .exercises(&[Interference::Delay, Interference::BlockedChannel]).seen_by(LOSS);
    /// Somebody fills the queue of the channel with messages that nobody asked for.
    Flood(samples::Flood) = "flood" in Samples
        .befalls(RADAR).by_watchdog()
        .known_by(Evidence::Whole("had to share its channel with foreign messages:", Unit::Count))
        .exercises(&[Interference::BlockedChannel, Interference::Insertion])
        .seen_by(&[Detector::Integrity, Detector::Sequence, Detector::Silence, Detector::Source]);
    /// A second process of the same role hands over samples beside the first.
    Impostor(samples::Impostor) = "impostor" in Samples
        .befalls(SENSORS).by_watchdog()
        .known_by(Evidence::Whole("had an impostor beside it that handed over samples:", Unit::Count))
        .exercises(&[Interference::Masquerade, Interference::Insertion, Interference::ForeignAccess])
        .seen_by(&[Detector::Source, Detector::Integrity, Detector::Sequence, Detector::Silence, Detector::Late, Detector::Frozen]);
    /// A system call of the process fails from then on.
    FailCalls(samples::FailCalls) = "fail-calls" in Samples
        .befalls(TALKERS).needs(&[Need::Seccomp])
        .known_by(Evidence::Whole("got an error from the system", Unit::Errno))
        .exercises(&[Interference::BlockedChannel, Interference::Loss])
        .seen_by(&[Detector::Exit, Detector::EarlyDeath, Detector::Sequence, Detector::Silence,
            Detector::Status, Detector::Alive]);

    /// Somebody fills the radar's CAN bus with frames of a higher priority.
    CanFlood(can::CanFlood) = "can-flood" in Samples
        .befalls(RADAR).by_watchdog().needs(&[Need::CanBus])
        .known_by(Evidence::Whole("had to share its CAN bus with foreign frames:", Unit::Count))
        .exercises(&[Interference::BlockedChannel, Interference::Delay, Interference::Loss])
        .seen_by(BUS);
    /// The controller that hears the radar is off the CAN bus for a while.
    CanBusOff(can::CanBusOff) = "can-bus-off" in Samples
        .befalls(RADAR).by_watchdog().needs(&[Need::CanBus])
        .known_by(Evidence::Whole("was seen off its CAN bus", Unit::Nanoseconds))
        .exercises(&[Interference::BlockedChannel, Interference::Loss])
        .seen_by(BUS);

    // ---- content ----

    /// The sensor repeats its last content from before the fault as if it were new.
    Freeze(content::Freeze) = "freeze" in Content
        .befalls(SENSORS).known_by(Evidence::Samples("with frozen content", Unit::None))
        .exercises(&[Interference::Repetition]).seen_by(&[Detector::Frozen, Detector::Plausibility, Detector::Silence]);
    /// The picture is spoilt before it is protected.
    Picture(content::Picture) = "picture" in Content
        .befalls(CAMERA).known_by(Evidence::Samples("with a spoilt picture", Unit::None))
        .exercises(&[Interference::Corruption]).seen_by(CONTENT);
    /// What the radar tells of objects is wrong.
    Objects(content::Objects) = "objects" in Content
        .befalls(RADAR).known_by(Evidence::Samples("with wrong objects", Unit::None))
        .exercises(&[Interference::Corruption, Interference::Insertion]).seen_by(CONTENT);
    /// Another radar raises the noise: weak detections vanish, false ones appear.
    Interference(content::Interference) = "interference" in Content
        .befalls(RADAR).known_by(Evidence::Samples("measured through interference", Unit::None))
        .exercises(&[Interference::Corruption, Interference::Insertion]).seen_by(CONTENT);

    // ---- device ----

    /// The capture device of the camera drops frames, or its driver does: their numbers are missing. Only
    /// with a real camera whose driver injects errors, as the kernel's `vivid` does.
    DeviceDrop(camera_device::DeviceDrop) = "device-drop" in Device
        .befalls(CAMERA).by_watchdog().needs(&[Need::CaptureDevice])
        .known_by(Evidence::Device("dropped frames")).exercises(&[Interference::Loss]).seen_by(LOSS);
    /// A buffer of the capture device comes back as damaged, or streaming fails for good: the camera
    /// closes the device and opens it anew.
    DeviceError(camera_device::FailDevice) = "device-error" in Device
        .befalls(CAMERA).by_watchdog().needs(&[Need::CaptureDevice])
        .known_by(Evidence::Device("failed")).exercises(&[Interference::Corruption, Interference::Loss])
        .seen_by(LOSS);
    /// The input of the capture device has no usable signal: what it goes on delivering are no pictures,
    /// and the camera withholds them.
    DeviceSignalLoss(camera_device::DeviceSignalLoss) = "device-signal-loss" in Device
        .befalls(CAMERA).by_watchdog().needs(&[Need::CaptureDevice])
        .known_by(Evidence::Device("had no signal")).exercises(&[Interference::Loss, Interference::Insertion])
        .seen_by(LOSS);
    /// The capture device vanishes as if it were unplugged, and is there again once the camera has let go
    /// of it.
    DeviceDisconnect(camera_device::DeviceDisconnect) = "device-disconnect" in Device
        .befalls(CAMERA).by_watchdog().needs(&[Need::CaptureDevice])
        .known_by(Evidence::Device("vanished")).exercises(&[Interference::Loss, Interference::Blocking])
        .seen_by(LOSS);
    /// Streaming fails and begins anew with frame numbers shortly before their overflow, or with times
    /// that lie in the far future; when the fault is over it fails once more, and counts rightly again.
    DeviceWrap(camera_device::DeviceWrap) = "device-wrap" in Device
        .befalls(CAMERA).by_watchdog().needs(&[Need::CaptureDevice])
        .known_by(Evidence::Device("counted anew"))
        .exercises(&[Interference::Sequence, Interference::Synchronisation]).seen_by(LOSS);

    // ---- watchdog ----

    /// The watchdog does nothing for a while: it supervises nobody, and starts nobody.
    Doze(watchdog::Doze) = "doze" in Watchdog
        .befalls(WATCHDOG).by_watchdog().known_by(Evidence::Whole("did nothing", Unit::Nanoseconds))
        .exercises(&[Interference::Blocking, Interference::ExecutionTime]).seen_by(&[]);
    /// Nothing can be written to the recording: the event rings hold what happens, as far as they have room.
    FullDisk(watchdog::FullDisk) = "full-disk" in Watchdog
        .befalls(WATCHDOG).by_watchdog().known_by(Evidence::Whole("was refused a write", Unit::Errno))
        .exercises(&[Interference::Loss]).seen_by(&[]);
    /// The watchdog process is killed, and every process of the pipeline ends with it: nobody keeps the
    /// hardware watchdog of the board alive any more, which resets the board.
    KillWatchdog(board::KillWatchdog) = "kill-watchdog" in Watchdog
        .befalls(WATCHDOG).by_watchdog().needs(&[Need::HardwareWatchdog])
        .known_by(Evidence::Whole("took the board down with it; nothing was recorded for", Unit::Nanoseconds))
        .exercises(&[Interference::Blocking]).seen_by(&[Detector::HardwareWatchdog]);
    /// The watchdog process hangs: the pipeline works on without supervision until the hardware watchdog of
    /// the board, which is kept alive by nobody else, resets the board.
    HangWatchdog(board::HangWatchdog) = "hang-watchdog" in Watchdog
        .befalls(WATCHDOG).by_watchdog().needs(&[Need::HardwareWatchdog])
        .known_by(Evidence::Whole("took the board down with it; nothing was recorded for", Unit::Nanoseconds))
        .exercises(&[Interference::Blocking]).seen_by(&[Detector::HardwareWatchdog]);
}

impl Injection {
    /// What the catalogue knows of its kind.
    pub fn kind(&self) -> &'static Kind {
        let name = self.name();
        KINDS.iter().find(|kind| kind.name == name).expect("each variant has its kind")
    }

    /// What it does.
    pub fn act(&self) -> Act {
        self.parameters().act()
    }

    /// Whether the watchdog makes this fault happen, whoever makes others of its kind.
    pub fn acts_from_outside(&self) -> bool {
        matches!(self.act(), Act::Outside(_))
    }

    /// Whether it befalls one process, so that its successor is rid of it.
    pub fn dies_with_its_victim(&self) -> bool {
        use crate::act::Outside::{FlipMemory, LimitMemory, Signal, Stop, Suspend};
        let of_process =
            |it| matches!(it, Signal(_) | Stop | Suspend | FlipMemory(..) | LimitMemory(_));
        match self.act() {
            Act::Process(_) => true,
            Act::Outside(outside) => of_process(outside),
            Act::Step(_) | Act::Sample(_) | Act::Start(_) => false,
        }
    }

    /// Whether it ends with a reset of the board, and with nothing else.
    pub fn resets_board(&self) -> bool {
        use crate::act::Outside::{HangWatchdog, KillWatchdog};
        matches!(self.act(), Act::Outside(KillWatchdog | HangWatchdog))
    }

    /// How long it lasts, nanoseconds; `None` for one that strikes once or lasts until the victim is
    /// replaced.
    pub fn duration_ns(&self) -> Option<u64> {
        self.parameters().for_s().map(ns_from_s)
    }

    /// How the victim ends, if that is what the fault does.
    pub fn ending(&self) -> Option<Ending> {
        self.parameters().ending()
    }

    /// What a victim that does nothing is seen to do, if that is what the fault does.
    pub fn posture(&self) -> Option<Proof> {
        self.parameters().posture()
    }

    /// Which interference between software elements it exercises.
    pub fn interference(&self) -> &'static [Interference] {
        self.parameters().interference().unwrap_or(self.kind().interference)
    }

    /// Share of the samples that it acts on, percent.
    pub fn percent(&self) -> f64 {
        self.parameters().percent()
    }

    /// Mean length of a run of samples that it acts on; 1 where each is drawn for itself.
    pub fn mean_burst(&self) -> f64 {
        self.parameters().mean_burst()
    }

    /// How much a time that it adds differs from sample to sample, to either side, nanoseconds.
    pub fn jitter_ns(&self) -> u64 {
        self.parameters().jitter_ns()
    }

    /// What only several parameters together can tell to be wrong. A plan has no fault with a flaw.
    pub fn flaw(&self) -> Option<Flaw> {
        self.parameters().flaw()
    }

    /// The parameters in words, as the scenario has them: `SIGKILL`, `spin, for 0.4 s`.
    pub fn detail(&self) -> String {
        let value = serde_json::to_value(self).expect("parameters are plain data");
        let entries = value.get(self.name()).and_then(Value::as_object);
        let words: Vec<String> =
            entries.into_iter().flatten().filter_map(|(key, value)| detail(key, value)).collect();
        words.join(", ")
    }
}

/// A parameter in words.
fn detail(key: &str, value: &Value) -> Option<String> {
    let number = match value {
        Value::Null => return None,
        Value::String(word) => return Some(word.clone()),
        value => value.as_f64().map_or_else(|| value.to_string(), |number| number.to_string()),
    };
    let (name, unit) = units::split(key);
    let words = [&name.replace('-', " "), &number, unit.unwrap_or_default()];
    Some(words.join(" ").trim().to_owned())
}

#[cfg(test)]
mod tests;
