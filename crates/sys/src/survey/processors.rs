//! Processors, and what may make them late: [`Processors`].

use super::Tree;

const CPUS: &str = "sys/devices/system/cpu";
const CLOCK: &str = "sys/devices/system/clocksource/clocksource0";

/// The processors of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Processors {
    /// Those that run.
    pub online: Vec<u32>,
    /// Those on which the scheduler puts nothing by itself (`isolcpus=`).
    pub isolated: Vec<u32>,
    /// Those without a periodic tick while one task runs (`nohz_full=`).
    pub tickless: Vec<u32>,
    /// What sets the clock of each, where it can be set at all.
    pub governors: Vec<(u32, String)>,
    /// States in which the first one sleeps, from light to deep, with what waking takes, µs.
    pub idle_states: Vec<(String, u64)>,
    /// What the kernel counts time by.
    pub clock_source: String,
}

impl Tree {
    /// The processors.
    pub fn processors(&self) -> Processors {
        let list = |name: &str| self.text(&format!("{CPUS}/{name}")).map(|it| cpu_list(&it));
        let online = list("online").unwrap_or_default();
        let governor = |&cpu: &u32| {
            Some((cpu, self.text(&format!("{CPUS}/cpu{cpu}/cpufreq/scaling_governor"))?))
        };
        let idle = format!("{CPUS}/cpu{}/cpuidle", online.first().copied().unwrap_or(0));
        let state = |state: String| {
            let name = self.text(&format!("{idle}/{state}/name"))?;
            Some((name, self.number(&format!("{idle}/{state}/latency"))?))
        };
        Processors {
            governors: online.iter().filter_map(governor).collect(),
            online,
            isolated: list("isolated").unwrap_or_default(),
            tickless: list("nohz_full").unwrap_or_default(),
            idle_states: self.names(&idle).into_iter().filter_map(state).collect(),
            clock_source: self.text(&format!("{CLOCK}/current_clocksource")).unwrap_or_default(),
        }
    }
}

/// Numbers of processors in the kernel's way of writing, as `0-2,5`. What is not of that form is left out
/// (`(null)` stands in `nohz_full` of a kernel that could do it and was not told to).
pub fn cpu_list(text: &str) -> Vec<u32> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.trim().parse::<u32>().ok()?..=last.trim().parse::<u32>().ok()?)
    };
    text.split(',').filter_map(range).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::fixture::tree;

    #[test]
    fn a_list_of_processors_is_written_in_ranges() {
        for (text, cpus) in [("0-2,5", &[0, 1, 2, 5][..]), ("3", &[3]), ("", &[]), ("(null)", &[])]
        {
            assert_eq!(cpu_list(text), cpus, "{text}");
        }
    }

    #[test]
    fn governors_and_idle_states_are_told_where_there_are_any() {
        let (_root, board) = tree(&[
            ("sys/devices/system/cpu/online", "0-3\n"),
            ("sys/devices/system/cpu/isolated", "2-3\n"),
            ("sys/devices/system/cpu/nohz_full", "(null)\n"),
            ("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "schedutil\n"),
            ("sys/devices/system/cpu/cpu0/cpuidle/state0/name", "WFI\n"),
            ("sys/devices/system/cpu/cpu0/cpuidle/state0/latency", "1\n"),
            ("sys/devices/system/cpu/cpu0/cpuidle/state10/name", "cluster-sleep\n"),
            ("sys/devices/system/cpu/cpu0/cpuidle/state10/latency", "3200\n"),
            (
                "sys/devices/system/clocksource/clocksource0/current_clocksource",
                "arch_sys_counter\n",
            ),
        ]);
        let found = board.processors();
        assert_eq!((found.online.len(), &found.isolated[..]), (4, &[2, 3][..]));
        assert_eq!(found.governors, [(1, "schedutil".to_owned())]);
        assert_eq!(found.idle_states[1], ("cluster-sleep".to_owned(), 3200));
        assert_eq!(found.clock_source, "arch_sys_counter");
        assert!(found.tickless.is_empty());
        let (_root, nothing) = tree(&[]);
        assert_eq!(nothing.processors(), Processors::default());
    }
}
