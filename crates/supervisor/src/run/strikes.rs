//! What the watchdog does to its processes because a fault says so, and when it looks at them.

use super::{RunError, Watchdog, kernel};
use crate::errno::errno_of;
use crate::impostor::{Impostor, Making};
use crate::looks::{Looks, Victim};
use crate::outside::{AssaultError, Means, absent};
use crate::policy::Seen;
use crate::strikes::{Blow, Strike};
use fault::act::Outside;
use fault::fault::FAULTS_MAX;
use fault::injector::draw;
use scenario::board::{CameraSource, RadarSource};
use sys::clock::now_ns;
use sys::process::{Child, Usage};
use wire::event::{Event, Proof};
use wire::{Node, Source};

impl Watchdog<'_> {
    pub(super) fn strike_all_due(&mut self) -> Result<(), RunError> {
        let Some(t0_ns) = self.t0_ns else { return Ok(()) };
        // Nothing strikes before the schedule has begun.
        while let Some(now) = now_ns().checked_sub(t0_ns) {
            let Some(strike) = self.strikes.take_due(now) else { break };
            self.strike(strike)?;
        }
        Ok(())
    }

    /// Writes an event into the record, and begins the faults that it sets off.
    pub(super) fn tell(&mut self, event: Event) {
        self.tell_at(now_ns(), event);
    }

    /// The same of an event that happened at `at_ns`.
    pub(super) fn tell_at(&mut self, at_ns: u64, event: Event) {
        self.events.tell_at(at_ns, event);
        if let Some((t0_ns, then)) = self.schedule_at(at_ns) {
            let set_off = self.triggers.on_event(&event, then);
            self.arm(t0_ns, set_off);
        }
    }

    /// Begins the faults that a person has asked for since the last look.
    pub(super) fn take_by_hand(&mut self) {
        let Some((t0_ns, now)) = self.schedule_at(now_ns()) else { return };
        // Each can be asked for once.
        let asked: Vec<u32> = self.by_hand.try_iter().take(FAULTS_MAX).collect();
        for fault in asked {
            let set_off = self.triggers.on_hand(fault, now);
            self.arm(t0_ns, set_off);
        }
    }

    /// Its start and how long before `at_ns` that was.
    fn schedule_at(&self, at_ns: u64) -> Option<(u64, u64)> {
        let t0_ns = self.t0_ns?;
        Some((t0_ns, at_ns.checked_sub(t0_ns)?))
    }

    fn arm(&mut self, t0_ns: u64, set_off: Vec<(u32, u64)>) {
        for (fault, start_ns) in set_off {
            let what = &self.plan.faults[fault as usize];
            if what.is_possible(self.lacking) {
                self.resources.arming.begin(fault as usize, start_ns);
                self.strikes.begin(fault, what, start_ns);
                self.events.tell(Event::Armed { fault, at_ns: t0_ns + start_ns });
            }
        }
    }

    fn strike(&mut self, Strike { fault, what, .. }: Strike) -> Result<(), RunError> {
        let target = self.plan.faults[fault as usize].target.node();
        match (what, target) {
            (Blow::Begin(outside), _) => self.assault(fault, outside, target),
            (Blow::End(outside), _) => self.relent(fault, outside, target),
            (Blow::LookStopped, Some(node)) => self.look_at_stopped(self.living(node)),
            (Blow::LookBefore, Some(node)) => {
                let victim = self.living(node);
                let Some(child) = self.living_child(node) else { return Ok(()) };
                let usage = child.usage().map_err(kernel("look at a child"))?;
                let lasts_ns = self.plan.faults[fault as usize].injection.duration_ns();
                let now = now_ns().saturating_sub(self.t0_ns.unwrap_or(0));
                let end_ns = lasts_ns.map(|lasts_ns| now.saturating_add(lasts_ns));
                self.looks.hanging(fault, end_ns, victim, usage);
                Ok(())
            }
            (Blow::AskToStop, Some(node)) => {
                let actions = self.policy.on_seen(Seen::StopRequested(node), now_ns());
                self.carry_out(actions)
            }
            (_, None) => Ok(()),
        }
    }

    /// Does from outside what a fault asks for, and tells of it.
    fn assault(&mut self, fault: u32, what: Outside, target: Option<Node>) -> Result<(), RunError> {
        let victim = target.map(|node| self.living(node));
        let lives = target.is_none_or(|node| self.living_child(node).is_some());
        // A start can fail whether or not somebody lives.
        if !lives && !matches!(what, Outside::FailSpawn(_)) {
            self.events.tell(Event::NotInjected { fault, errno: 0 });
            return Ok(());
        }
        let incarnation = victim.map_or(0, |victim| victim.incarnation);
        self.events.tell(Event::Injecting { fault, incarnation });
        match self.hit(fault, what, target) {
            Ok(None) => {}
            Ok(Some(value)) => {
                let proof = Proof::Acted;
                self.events.tell(Event::Applied { fault, proof, item: 0, value });
            }
            Err(AssaultError::Refused(error)) => {
                let errno = errno_of(&error);
                self.events.tell(Event::NotInjected { fault, errno });
            }
            Err(AssaultError::Pages(error)) => return Err(error.into()),
            Err(AssaultError::Boot(error)) => return Err(error.into()),
        }
        Ok(())
    }

    /// Does it; returns how much was done where that is known at once.
    fn hit(
        &mut self,
        fault: u32,
        what: Outside,
        target: Option<Node>,
    ) -> Result<Option<u64>, AssaultError> {
        let victim = target.map(|node| self.living(node));
        let hit = victim.and_then(|it| Some((self.children.of(it.node, it.incarnation)?, it)));
        match what {
            Outside::Signal(signal) => {
                let (child, victim) = hit.ok_or_else(absent)?;
                child.signal(signal.number())?;
                // One that it reads it reads when it is awake.
                self.resources.ring(victim.node);
            }
            Outside::Stop => {
                let (child, victim) = hit.ok_or_else(absent)?;
                child.stop()?;
                self.looks.stopped(fault, victim);
            }
            Outside::Doze(by_ns) => {
                let begun_ns = now_ns();
                sys::clock::sleep_until(begun_ns + by_ns);
                return Ok(Some(now_ns() - begun_ns));
            }
            Outside::FullDisk => self.fill_disk(fault),
            Outside::KillWatchdog => return self.kill_itself(),
            Outside::HangWatchdog => return self.hang_itself(),
            Outside::Impostor(how) => {
                let (_, beside) = hit.ok_or_else(absent)?;
                let making = Making {
                    program: self.program,
                    directory: self.directory,
                    plan: self.plan,
                    resources: &self.resources,
                };
                let impostor = Impostor::start(&making, how, beside)?;
                // It is scheduled as whom it plays; what of that is refused, is no matter.
                self.placing.ask(Source::Node(beside.node), 1, impostor.pid());
                self.assaults.keep(fault, beside, impostor);
            }
            Outside::Suspend
            | Outside::Starve(_)
            | Outside::Load(..)
            | Outside::FlipMemory(..)
            | Outside::LimitMemory(_)
            | Outside::FailSpawn(_)
            | Outside::Flood(_)
            | Outside::FloodBus(_)
            | Outside::BusOff
            | Outside::Device(_) => {
                let means = Means {
                    program: self.program,
                    victim: hit,
                    is_stopped: victim.is_some_and(|it| self.looks.is_stopped(it)),
                    target,
                    placing: &self.placing,
                    device: match &self.plan.board.camera {
                        CameraSource::V4l2(it) => Some(&it.device),
                        CameraSource::Rendered => None,
                    },
                    link: self.resources.lists(),
                    bus: match &self.plan.board.radar {
                        RadarSource::Can(can) => Some(can),
                        RadarSource::Simulated => None,
                    },
                    draw: draw(self.plan.seed, fault, 0),
                };
                return self.assaults.begin(fault, what, means);
            }
        }
        Ok(None)
    }

    /// Ends what an assault left in force.
    fn relent(&mut self, fault: u32, what: Outside, target: Option<Node>) -> Result<(), RunError> {
        if let (Outside::Stop, Some(node)) = (what, target) {
            let victim = self.living(node);
            self.look_at_stopped(victim)?;
            if let Some(free) = self.looks.lifted(fault, victim) {
                let child = self.living_child(node);
                if let Some(child) = child.filter(|_| free) {
                    child.resume().map_err(kernel("resume a child"))?;
                }
                self.events.tell(Event::Lifted { fault });
            }
            return Ok(());
        }
        if what == Outside::FullDisk {
            self.free_disk(fault);
        }
        let victim = target.map(|node| self.living(node));
        let child = victim.and_then(|it| self.children.of(it.node, it.incarnation));
        let told = self.assaults.end(fault, child.zip(victim)).map_err(kernel("end a fault"))?;
        for event in told {
            self.events.tell(event);
        }
        Ok(())
    }

    fn living_child(&self, node: Node) -> Option<&Child> {
        self.children.of(node, self.policy.incarnation(node))
    }

    fn living(&self, node: Node) -> Victim {
        Victim { node, incarnation: self.policy.incarnation(node) }
    }

    fn look_at_stopped(&mut self, victim: Victim) -> Result<(), RunError> {
        self.look(victim, |looks, usage| looks.prove_stops(victim, usage.state))
    }

    /// A process is about to be killed for its silence.
    pub(super) fn look_at_silent(&mut self, node: Node) -> Result<(), RunError> {
        let victim = self.living(node);
        let now = now_ns();
        let seat = self.children.seat(node, victim.incarnation);
        let beat = seat.and_then(|seat| self.resources.monitor(seat).last(victim.incarnation));
        let silent = now.saturating_sub(beat.unwrap_or(now));
        let times = (now.saturating_sub(self.t0_ns.unwrap_or(0)), silent);
        self.look(victim, |looks, usage| looks.prove_silent(victim, times, usage))
    }

    fn look(
        &mut self,
        victim: Victim,
        prove: impl FnOnce(&mut Looks, Usage) -> Vec<Event>,
    ) -> Result<(), RunError> {
        let Some(child) = self.children.of(victim.node, victim.incarnation) else {
            return Ok(());
        };
        let usage = child.usage().map_err(kernel("look at a child"))?;
        for event in prove(&mut self.looks, usage) {
            self.events.tell(event);
        }
        Ok(())
    }
}
