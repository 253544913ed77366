//! What this host cannot do of what the catalogue of faults needs: [`lacking`].

use fault::Need;
use std::collections::BTreeMap;
use sys::capability::{Capability, missing};

/// What faults need and this host and user lack, with the reason in words. Tries it out, on something
/// expendable, in a few milliseconds.
pub fn lacking() -> BTreeMap<Need, String> {
    let found = Need::ALL.into_iter();
    found.filter_map(|need| Some((need, missing(capability(need))?))).collect()
}

const fn capability(need: Need) -> Capability {
    match need {
        Need::RealTime => Capability::RealTime,
        Need::Ptrace => Capability::Ptrace,
        Need::Seccomp => Capability::Seccomp,
        Need::CgroupFreezer => Capability::CgroupFreezer,
        Need::CgroupMemory => Capability::CgroupMemory,
    }
}
