//! Who is up, who may write, and how the system is: the watchdog's [`StatusBoard`], the nodes'
//! [`StatusView`].

use crate::page::{AttachError, attach_view, create};
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;
use sys::shm::{Memory, Shared, SharedView};
use wire::Node;
use wire::event::SystemState;
use wire::shared::{PAGE_BYTES, PageKind, status};

/// Whether a node is there, in the eyes of the watchdog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Presence {
    /// It has failed, or it does not live.
    Gone = 0,
    /// It was spawned and has not shown life yet.
    Starting = 1,
    /// It is at work.
    Up = 2,
}

/// What everyone may know of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeStatus {
    /// The one incarnation that may write to the node's channels.
    pub writer: u32,
    /// Whether it is there.
    pub presence: Presence,
}

/// The watchdog's side.
#[derive(Debug)]
pub struct StatusBoard {
    page: Shared,
}

impl StatusBoard {
    /// New memory for a status: everyone is gone, the system normal.
    pub fn create() -> Result<(Memory, StatusBoard), AttachError> {
        let (memory, page) = create(PageKind::Status, 0)?;
        Ok((memory, StatusBoard { page }))
    }

    /// Shows the status of a node, and wakes those who wait for it.
    pub fn show(&self, node: Node, NodeStatus { writer, presence }: NodeStatus) {
        let word = &self.page.words()[status::NODES + node.index()];
        // Release pairs with Acquire in `StatusView`: a writer that was permitted sees all that its
        // predecessor wrote, as the watchdog saw it end.
        word.store(u64::from(writer) | (presence as u64) << 32, Ordering::Release);
        sys::futex::wake(word);
    }

    /// Shows that the heartbeat timeout of a node is no longer that of the scenario.
    pub fn show_heartbeat_timeout(&self, node: Node, timeout_ns: u64) {
        let word = &self.page.words()[status::HEARTBEAT_TIMEOUTS + node.index()];
        // Relaxed: nothing else goes with it.
        word.store(timeout_ns, Ordering::Relaxed);
    }

    /// Shows the state of the system.
    pub fn show_system(&self, state: SystemState) {
        self.page.words()[status::SYSTEM].store(state as u64, Ordering::Release);
    }
}

/// A node's side.
#[derive(Debug)]
pub struct StatusView {
    page: SharedView,
}

impl StatusView {
    /// Maps the status page that was handed down.
    pub fn attach(fd: impl AsFd) -> Result<StatusView, AttachError> {
        Ok(StatusView { page: attach_view(PageKind::Status, fd, PAGE_BYTES)? })
    }

    /// What the watchdog says of a node.
    pub fn node(&self, node: Node) -> NodeStatus {
        // Acquire pairs with Release in `StatusBoard::show`.
        let word = self.page.load(status::NODES + node.index(), Ordering::Acquire);
        let presence = match word >> 32 {
            1 => Presence::Starting,
            2 => Presence::Up,
            _ => Presence::Gone,
        };
        NodeStatus { writer: word as u32, presence }
    }

    /// Whether `incarnation` of `node` may write.
    pub fn permits(&self, node: Node, incarnation: u32) -> bool {
        self.node(node).writer == incarnation
    }

    /// Sleeps while `writer` is the one of `node` who may write, at the longest until `deadline_ns`.
    /// May return early.
    pub fn wait(&self, node: Node, writer: u32, deadline_ns: u64) {
        self.page.wait(status::NODES + node.index(), writer, deadline_ns);
    }

    /// The heartbeat timeout of a node, nanoseconds, where it is not that of the scenario.
    pub fn heartbeat_timeout_ns(&self, node: Node) -> Option<u64> {
        // Relaxed: nothing else goes with it.
        let word = self.page.load(status::HEARTBEAT_TIMEOUTS + node.index(), Ordering::Relaxed);
        (word > 0).then_some(word)
    }

    /// Whether the system is in its safe state.
    pub fn is_safe(&self) -> bool {
        self.page.load(status::SYSTEM, Ordering::Acquire) == SystemState::Safe as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sys::clock::now_ns;

    #[test]
    fn what_the_watchdog_shows_the_nodes_see() {
        let (memory, board) = StatusBoard::create().unwrap();
        let view = StatusView::attach(memory.read_only().unwrap()).unwrap();
        let nobody = NodeStatus { writer: 0, presence: Presence::Gone };
        assert_eq!(Node::ALL.map(|node| view.node(node)), [nobody; 3]);
        assert!(!view.is_safe());
        for presence in [Presence::Up, Presence::Starting, Presence::Gone] {
            let shown = NodeStatus { writer: 7, presence };
            board.show(Node::Radar, shown);
            assert_eq!(view.node(Node::Radar), shown);
        }
        assert!(view.permits(Node::Radar, 7) && !view.permits(Node::Radar, 6));
        assert_eq!(view.node(Node::Camera), nobody);
        board.show_system(SystemState::Safe);
        assert!(view.is_safe());
        board.show_heartbeat_timeout(Node::Radar, 5);
        assert_eq!(Node::ALL.map(|node| view.heartbeat_timeout_ns(node)), [None, Some(5), None]);
    }

    #[test]
    fn a_standby_sleeps_until_it_is_permitted() {
        let (memory, board) = StatusBoard::create().unwrap();
        let view = StatusView::attach(memory.read_only().unwrap()).unwrap();
        let deadline = now_ns() + 30_000_000_000;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !view.permits(Node::Camera, 2) && now_ns() < deadline {
                    view.wait(Node::Camera, view.node(Node::Camera).writer, deadline);
                }
            });
            board.show(Node::Camera, NodeStatus { writer: 2, presence: Presence::Up });
        });
        assert!(now_ns() < deadline, "it was woken");
    }
}
