//! Words and fences as loom explores them, and [`variants`] of a protocol's orderings.

use super::{Load, Store};
use loom::sync::atomic::AtomicU64;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Load for AtomicU64 {
    fn load(&self, ordering: Ordering) -> u64 {
        self.load(ordering)
    }
}

impl Store for AtomicU64 {
    fn store(&self, value: u64, ordering: Ordering) {
        self.store(value, ordering);
    }
}

impl Load for &AtomicU64 {
    fn load(&self, ordering: Ordering) -> u64 {
        (*self).load(ordering)
    }
}

/// A fence of the model; a relaxed one is none.
pub(crate) fn fence(ordering: Ordering) {
    if ordering != Ordering::Relaxed {
        loom::sync::atomic::fence(ordering);
    }
}

/// Types that a protocol can be explored with: its `Orderings` as they run, but for one.
macro_rules! variants {
    ($($name:ident { $($constant:ident $ordering:ident)? })+) => {$(
        struct $name;
        impl $crate::words::Fence for $name {
            fn fence(ordering: Ordering) {
                $crate::words::model::fence(ordering);
            }
        }
        impl Orderings for $name {
            $(const $constant: Ordering = Ordering::$ordering;)?
        }
    )+};
}
pub(crate) use variants;

/// Runs `model` in every interleaving with up to three preemptions. Returns what they reached, so that
/// a model that explores nothing cannot pass.
pub(crate) fn explore<R: Default + Send + Sync + 'static>(
    model: impl Fn(&Arc<R>) + Send + Sync + 'static,
) -> R {
    let reached = Arc::new(R::default());
    let inside = Arc::clone(&reached);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || model(&inside));
    Arc::into_inner(reached).expect("the model is over")
}

/// Whether a model finds a fault. loom reports it as a panic, whose message on stderr is expected.
pub(crate) fn fails<R>(model: fn() -> R) -> bool {
    catch_unwind(model).is_err()
}
