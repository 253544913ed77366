//! Starting, signalling and burying processes, and telling the nodes who lives.

use super::{RunError, Watchdog, kernel, status};
use crate::boot::{self, Boot, pack};
use crate::children::{Seat, Seated};
use crate::errno::errno_of;
use crate::outside;
use crate::policy::{Action, Seen};
use fault::Act;
use fault::act::StartFault;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use sys::clock::now_ns;
use sys::process::Child;
use wire::event::{Event, Proof};
use wire::{Node, Source};

impl Watchdog<'_> {
    pub(super) fn signal(
        &self,
        node: Node,
        incarnation: Option<u32>,
        send: impl Fn(&Child) -> io::Result<()>,
    ) -> Result<(), RunError> {
        match incarnation.and_then(|incarnation| self.children.of(node, incarnation)) {
            Some(child) => send(child).map_err(kernel("signal a child")),
            None => Ok(()),
        }
    }

    /// Shows the nodes what has changed, and wakes fusion to follow it.
    pub(super) fn show_status(&mut self) {
        let status = self.policy.status();
        if self.shown == Some(status) {
            return;
        }
        for node in Node::ALL {
            let is = status.nodes[node.index()];
            let was = self.shown.map(|shown| shown.nodes[node.index()]);
            if was.is_some_and(|was| was.writer != is.writer) {
                // Its predecessor can write no more, whoever says so.
                self.resources.release(node);
            }
            if was != Some(is) {
                self.resources.status.show(node, is);
            }
        }
        self.resources.status.show_system(status.system);
        self.resources.ring(Node::Fusion);
        self.shown = Some(status);
    }

    pub(super) fn spawn(&mut self, node: Node, incarnation: u32) -> Result<Seen, RunError> {
        let seat = self.children.free(node);
        let spoilt = self.spoilt_start(node, incarnation);
        let (mut descriptors, mut fds) = self.resources.handed_down(seat);
        if let Some((what, memory)) = &spoilt {
            let number = match what {
                StartFault::NoPermission => &mut descriptors.heartbeat,
                _ => &mut descriptors.start,
            };
            *number = memory.as_raw_fd();
            fds.push(memory.as_fd());
        }
        let boot = Boot {
            node,
            incarnation,
            watchdog_pid: std::process::id(),
            descriptors,
            lacking: self.lacking.to_vec(),
            plan: self.plan.clone(),
        };
        let told = pack(&boot)?;
        let failing = self.assaults.fails_to_spawn(node);
        let unfit = failing.map(|(_, how)| outside::unfit(how, self.directory));
        let program = unfit.as_ref().map_or(self.program, outside::Unfit::path);
        let called_ns = now_ns();
        let spawned = boot::start(program, node.name(), &told, &fds);
        if let Some((fault, _)) = failing {
            let value = spawned.as_ref().err().map_or(0, errno_of);
            let (proof, value) = (Proof::Acted, value.into());
            let item = incarnation.into();
            self.events.tell(Event::Applied { fault, proof, item, value });
        }
        match spawned {
            Ok(child) => {
                let pid = child.pid();
                let placed = self.placing.ask(Source::Node(node), incarnation, pid);
                self.tell(Event::Spawned { node, incarnation, pid, called_ns });
                self.poller.add(&child, seat.number()).map_err(kernel("watch a child"))?;
                self.children.put(seat, Seated { child, incarnation });
                self.keep_placed(placed)?;
                Ok(Seen::Spawned(node, incarnation))
            }
            Err(error) => {
                let errno = errno_of(&error);
                self.events.tell(Event::SpawnFailed { node, incarnation, errno });
                Ok(Seen::SpawnFailed(node, incarnation))
            }
        }
    }

    /// What an incarnation that starts while such a fault lasts is given in place of what it needs.
    fn spoilt_start(&mut self, node: Node, incarnation: u32) -> Option<(StartFault, OwnedFd)> {
        let now = now_ns().checked_sub(self.t0_ns?)?;
        let mut faults = (0..).zip(&self.plan.faults);
        let (fault, what) = faults.find_map(|(index, it)| match it.injection.act() {
            Act::Start(what @ (StartFault::NoPermission | StartFault::WrongVersion))
                if it.target.node() == Some(node) && self.triggers.lasts(index, it, now) =>
            {
                Some((index, what))
            }
            _ => None,
        })?;
        let spoilt = match what {
            StartFault::NoPermission => self.resources.read_only_heartbeat(node),
            _ => channel::start::of_another_version(),
        };
        let (proof, item) = (Proof::Acted, u64::from(incarnation));
        match spoilt {
            Ok(fd) => {
                self.events.tell(Event::Applied { fault, proof, item, value: 0 });
                Some((what, fd))
            }
            Err(error) => {
                let errno = errno_of(&error);
                self.events.tell(Event::NotInjected { fault, errno });
                None
            }
        }
    }

    /// The kernel marked deaths: believed where it also shows the process on its way out.
    pub(super) fn take_deaths(&mut self) -> Result<(), RunError> {
        for death in self.deaths.take().map_err(kernel("read deaths"))? {
            let Some(Seated { child, incarnation }) = self.children.at(death.seat) else {
                continue;
            };
            if child.runs_no_more().map_err(kernel("look at a child"))? {
                let died = Seen::Died(death.seat.node, *incarnation);
                let actions = self.policy.on_seen(died, death.at_ns);
                self.show_status();
                for action in actions {
                    match action {
                        // It was seen when it was seen, and not when the standby has been woken.
                        Action::Tell(found @ Event::Detected { .. }) => {
                            self.tell_at(death.at_ns, found);
                        }
                        other => self.act(other)?,
                    }
                }
            }
        }
        Ok(())
    }

    /// Buries who has ended, and starts its successor if the policy says so.
    pub(super) fn reap(&mut self, seat: Seat) -> Result<(), RunError> {
        let Some(Seated { child, incarnation }) = self.children.at(seat) else { return Ok(()) };
        if self.policy.must_be_found(seat.node, *incarnation) {
            if !self.ended_unfound.contains(&seat) {
                self.poller.remove(child).map_err(kernel("forget a child"))?;
                self.ended_unfound.push(seat);
            }
            return Ok(());
        }
        // Called for those who have ended: whoever has not is only deaf for a moment.
        self.resources.forget_waiter(seat.node, child.pid());
        let Some(exit) = child.try_reap().map_err(kernel("bury a child"))? else { return Ok(()) };
        match self.ended_unfound.iter().position(|&it| it == seat) {
            Some(at) => drop(self.ended_unfound.swap_remove(at)),
            None => self.poller.remove(child).map_err(kernel("forget a child"))?,
        }
        let exited = Seen::Exited(seat.node, *incarnation, status(exit));
        if *incarnation == self.policy.incarnation(seat.node) {
            self.resources.release(seat.node);
            let told = self.assaults.victim_gone(seat.node);
            for event in told.map_err(kernel("look at a control group"))? {
                self.events.tell(event);
            }
        }
        self.children.take(seat);
        let actions = self.policy.on_seen(exited, now_ns());
        self.carry_out(actions)
    }

    /// Buries those whose end another detector than the kernel's word has found.
    pub(super) fn bury_found(&mut self) -> Result<(), RunError> {
        for seat in self.ended_unfound.clone() {
            self.reap(seat)?;
        }
        Ok(())
    }
}
