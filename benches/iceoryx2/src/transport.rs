//! The job's transport on iceoryx2: publish-subscribe that keeps the last sample, and an event.

use crate::job::{FRAME_BYTES, Receive, Sent, Transmit};
use iceoryx2::port::{listener::Listener, notifier::Notifier};
use iceoryx2::port::{publisher, subscriber};
use iceoryx2::prelude::*;
use iceoryx2::service::port_factory::{event, publish_subscribe};
use std::time::Duration;
use sys::clock::now_ns;

type Services = (
    Node<ipc::Service>,
    publish_subscribe::PortFactory<ipc::Service, [u8], ()>,
    event::PortFactory<ipc::Service>,
);

/// Both services of a round; whoever comes first creates them.
fn services(name: &str) -> anyhow::Result<Services> {
    set_log_level(LogLevel::Error);
    let node = NodeBuilder::new().create::<ipc::Service>()?;
    let frames = node
        .service_builder(&format!("{name}/frames").as_str().try_into()?)
        .publish_subscribe::<[u8]>()
        .enable_safe_overflow(true)
        .history_size(1)
        .subscriber_max_buffer_size(1)
        .max_publishers(1)
        .max_subscribers(1)
        .open_or_create()?;
    let bell = node
        .service_builder(&format!("{name}/bell").as_str().try_into()?)
        .event()
        .open_or_create()?;
    Ok((node, frames, bell))
}

/// The writing end.
pub(crate) struct Publisher {
    _node: Node<ipc::Service>,
    publisher: publisher::Publisher<ipc::Service, [u8], ()>,
    notifier: Notifier<ipc::Service>,
}

impl Publisher {
    pub(crate) fn create(name: &str) -> anyhow::Result<Publisher> {
        let (node, frames, bell) = services(name)?;
        let publisher = frames.publisher_builder().initial_max_slice_len(FRAME_BYTES).create()?;
        let notifier = bell.notifier_builder().create()?;
        Ok(Publisher { _node: node, publisher, notifier })
    }
}

impl Transmit for Publisher {
    fn transmit(&mut self, fill: &mut dyn FnMut(&mut [u8])) -> anyhow::Result<Option<Sent>> {
        let sample = self.publisher.loan_slice_uninit(FRAME_BYTES)?;
        // SAFETY: the sample lies in shared memory, which the kernel zeroes before the first use,
        // and every value of a byte is valid.
        let mut sample = unsafe { sample.assume_init() };
        fill(sample.payload_mut());
        let published_ns = now_ns();
        sample.send()?;
        self.notifier.notify()?;
        Ok(Some(Sent { published_ns, done_ns: now_ns() }))
    }
}

/// The reading end.
pub(crate) struct Subscriber {
    _node: Node<ipc::Service>,
    subscriber: subscriber::Subscriber<ipc::Service, [u8], ()>,
    listener: Listener<ipc::Service>,
}

impl Subscriber {
    pub(crate) fn create(name: &str) -> anyhow::Result<Subscriber> {
        let (node, frames, bell) = services(name)?;
        let subscriber = frames.subscriber_builder().create()?;
        let listener = bell.listener_builder().create()?;
        Ok(Subscriber { _node: node, subscriber, listener })
    }
}

impl Receive for Subscriber {
    fn receive(
        &mut self,
        deadline_ns: u64,
        read: &mut dyn FnMut(u64, &[u8]),
    ) -> anyhow::Result<()> {
        let timeout = Duration::from_nanos(deadline_ns.saturating_sub(now_ns()));
        self.listener.timed_wait(|_| {}, timeout)?;
        let wake_ns = now_ns();
        if let Some(sample) = self.subscriber.receive()? {
            read(wake_ns, sample.payload());
        }
        Ok(())
    }
}
