//! What a run needs before anybody is started: made here, or there is no run.

use super::{
    DEATHS_TOKEN, LIMITS_TOKEN, Order, RunError, STOP_TOKEN, Watchdog, kernel, usage, written,
};
use crate::children::Children;
use crate::deaths::Deaths;
use crate::life_signs::LifeSigns;
use crate::looks::Looks;
use crate::outside::Assaults;
use crate::placing::Placing;
use crate::policy::{Policy, Rules};
use crate::probes::Probes;
use crate::recorder::{Durability, Recorder};
use crate::reload::Reader;
use crate::resources::Resources;
use crate::resumed::Resumed;
use crate::strikes::Strikes;
use crate::triggers::Triggers;
use channel::events::EventWriter;
use recording::{Part, Writer};
use scenario::Plan;
use sys::clock::{ahead_by, now_ns, unix_ns};
use sys::disk::Reserve;
use sys::poll::Poller;
use wire::limits::STALL_NS;
use wire::{Node, Source};

/// Heap that supervision may need.
const HEAP_BYTES: usize = 256 << 10;
/// Room on the disk for the reports of a run whose recording fills it: five times what a long run's
/// take. Where there is not so much at the start, the run goes without.
const RESERVE_BYTES: usize = 2 << 20;
/// What holds that room in the run directory as long as the run lasts.
const RESERVE_NAME: &str = "room-for-reports";

impl<'a> Watchdog<'a> {
    /// Everything but the processes. The hardware watchdog is armed last: from there on whoever fails must
    /// stop it.
    pub(super) fn prepare(
        mut order: Order<'a>,
        resumed: Option<&Resumed>,
    ) -> Result<Watchdog<'a>, RunError> {
        let plan = order.plan;
        if let Some(resumed) = resumed {
            ahead_by(resumed.clock.ahead_ns);
        }
        order.header.part = part(resumed);
        let number = order.header.part.number;
        // First of all: it keeps other runs out of the directory, and replaces an old recording.
        let writer = Writer::create(order.directory, order.header)?;
        let resources = Resources::create(plan, order.directory, number)?;
        let fds = resources.rings.each_ref().map(|ring| ring.fd());
        let reserve = Reserve::take(&order.directory.join(RESERVE_NAME), RESERVE_BYTES);
        let written = (writer, durability(plan));
        let recorder = Recorder::start(fds, resources.exhibit(), written, order.observers)?;
        let poller = Poller::new().map_err(kernel("make an epoll set"))?;
        poller.add(order.stop, STOP_TOKEN).map_err(kernel("watch the stop signals"))?;
        sys::memory::touch_ahead(HEAP_BYTES).map_err(kernel("touch memory"))?;
        let deaths = Deaths::start(resources.mourned(plan))?;
        poller.add(&deaths, DEATHS_TOKEN).map_err(kernel("watch for deaths"))?;
        let reader = order.reload.map(Reader::start).transpose().map_err(kernel("make a waker"))?;
        if let Some(reader) = &reader {
            poller.add(reader, LIMITS_TOKEN).map_err(kernel("watch for limits"))?;
        }
        let events = EventWriter::attach(resources.rings[Source::Watchdog.index()].fd(), number)?;
        let begun_ns = resumed.map_or(0, |it| now_ns().saturating_sub(it.t0_ns));
        let mut watchdog = Watchdog {
            probes: Probes::start(STALL_NS),
            policy: Policy::new(&rules(plan, resumed), now_ns()),
            strikes: Strikes::new(plan, order.lacking, begun_ns),
            triggers: Triggers::new(&plan.faults),
            lacking: order.lacking,
            by_hand: order.by_hand,
            assaults: Assaults::default(),
            part: number,
            directory: order.directory,
            children: Children::default(),
            ended_unfound: Vec::new(),
            shown: None,
            looks: Looks::default(),
            spawned_first_ns: now_ns(),
            t0_ns: None,
            usage: usage::Schedule::default(),
            placing: Placing::new(plan),
            unwritten: written::Unwritten::default(),
            program: order.program,
            stop: order.stop,
            limits: plan.supervision,
            plant: None,
            stimulus: None,
            life_signs: LifeSigns::start(plan.board.watchdog.as_ref(), order.service_manager)?,
            _reserve: reserve,
            plan,
            events,
            recorder,
            deaths,
            reader,
            resources,
            poller,
        };
        watchdog.go_on(resumed.map_or(&[], |it| &it.armed), begun_ns);
        Ok(watchdog)
    }

    /// Takes up the faults that had begun when the board was reset. As with faults that
    /// have a time of their own, the watchdog does only what is due from `begun_ns` on.
    fn go_on(&mut self, armed: &[(u32, u64)], begun_ns: u64) {
        for &(fault, start_ns) in armed {
            let what = &self.plan.faults[fault as usize];
            self.triggers.has_begun(fault, start_ns);
            self.resources.arming.begin(fault as usize, start_ns);
            if start_ns >= begun_ns && what.is_possible(self.lacking) {
                self.strikes.begin(fault, what, start_ns);
            }
        }
    }
}

/// The part of the run that begins.
fn part(resumed: Option<&Resumed>) -> Part {
    Part {
        number: resumed.map_or(1, |it| it.part),
        boot_id: sys::host::boot_id(),
        begun_ns: now_ns(),
        begun_unix_ns: unix_ns(),
        duration_ns: resumed.map(|it| it.duration_ns),
    }
}

fn durability(plan: &Plan) -> Durability {
    match plan.board.watchdog {
        Some(_) => Durability::Reset,
        None => Durability::Processes,
    }
}

fn rules<'a>(plan: &'a Plan, resumed: Option<&Resumed>) -> Rules<'a> {
    Rules {
        supervision: &plan.supervision,
        disabled: &plan.disabled,
        emergency_operation_ns: plan.emergency_operation_ns,
        incarnations: resumed.map_or([0; Node::ALL.len()], |it| it.incarnations),
    }
}
