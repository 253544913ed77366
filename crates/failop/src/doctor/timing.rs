//! How punctual processes can be: scheduling, processors, clocks, and a second of looking.

use super::Finding;
use anyhow::Context;
use sys::capability::{Capability, missing};
use sys::survey::Tree;
use sys::survey::kernel::{Kernel, clock_resolution_ns};
use sys::survey::processors::Processors;

/// How long the machine is watched: some hundred looks in all.
const WATCH_NS: u64 = 1_000_000_000;
/// Lateness of the worst 1 % from which on a machine is called unpunctual: a thirtieth of the time
/// between two frames.
const LATE_NS: u64 = 1_000_000;
/// What waking from the deepest sleep may take; above it, it is the largest part of a sensor's delay.
const WAKE_US: u64 = 200;
/// Clock sources that are read from the processor, in some ten nanoseconds.
const FAST_CLOCKS: [&str; 5] =
    ["tsc", "arch_sys_counter", "kvm-clock", "hyperv_clocksource_tsc_page", "hyperv_clocksource"];

pub(super) fn findings(tree: &Tree) -> anyhow::Result<Vec<Finding>> {
    let (kernel, processors) = (tree.kernel(), tree.processors());
    let mut findings = vec![real_time(), share(&kernel), cpus(&processors), isolated(&processors)];
    findings.extend(governors(&processors));
    findings.extend(idle(&processors));
    findings.push(clock(&processors));
    findings.push(punctuality()?);
    Ok(findings)
}

fn real_time() -> Finding {
    match missing(Capability::RealTime) {
        None => Finding::ok("SCHED_FIFO", "permitted"),
        Some(why) => Finding::no("SCHED_FIFO", why)
            .so("every process runs in the normal class, beside all others of the machine")
            .unless("root, CAP_SYS_NICE, or LimitRTPRIO=98"),
    }
}

fn share(kernel: &Kernel) -> Finding {
    let topic = "real-time share";
    match (kernel.group_rt_runtime_us, kernel.rt_runtime_us) {
        (Some(0), _) => Finding::no(topic, "none for the group of this process")
            .so("SCHED_FIFO is refused, whoever asks")
            .unless(
                "cpu.rt_runtime_us of the group (cgroup v1), or a kernel without RT_GROUP_SCHED",
            ),
        (_, Some(0)) => Finding::no(topic, "none")
            .so("SCHED_FIFO is refused, whoever asks")
            .unless("sysctl kernel.sched_rt_runtime_us=950000"),
        (_, Some(-1)) => Finding::warn(topic, "all the time")
            .so("a process of a high priority that hangs takes the processor for ever")
            .unless("sysctl kernel.sched_rt_runtime_us=950000"),
        (_, Some(us)) => Finding::ok(topic, format!("{us} µs of a period (sched_rt_runtime_us)")),
        (_, None) => Finding::ok(topic, "not told by this kernel"),
    }
}

fn cpus(processors: &Processors) -> Finding {
    let found = format!("{} online: {}", processors.online.len(), list(&processors.online));
    match processors.online.len() {
        0 | 1 => Finding::warn("processors", found)
            .so("the watchdog shares its processor with what it watches"),
        _ => Finding::ok("processors", found),
    }
}

fn isolated(processors: &Processors) -> Finding {
    let Processors { isolated, tickless, .. } = processors;
    if isolated.is_empty() {
        return Finding::warn("isolated cpus", "none")
            .so("whatever else runs is put on the processors of the pipeline, too")
            .unless("`isolcpus=` and `nohz_full=` on the kernel's command line, and `cpus` in the board file");
    }
    let found = format!("{}, without a tick: {}", list(isolated), list(tickless));
    Finding::ok("isolated cpus", found)
}

fn governors(processors: &Processors) -> Option<Finding> {
    let topic = "clock of the cpus";
    let (cpu, governor) = processors.governors.iter().find(|(_, it)| it != "performance")?;
    Some(
        Finding::warn(topic, format!("cpu {cpu} follows `{governor}`"))
            .so("steps take longer after a pause, until the clock is up again")
            .unless("echo performance > /sys/devices/system/cpu/cpufreq/policy*/scaling_governor"),
    )
}

fn idle(processors: &Processors) -> Option<Finding> {
    let (name, latency_us) = processors.idle_states.iter().max_by_key(|(_, latency)| latency)?;
    let found = format!("the deepest sleep, {name}, takes {latency_us} µs to wake from");
    if *latency_us <= WAKE_US {
        return Some(Finding::ok("idle states", found));
    }
    Some(
        Finding::warn("idle states", found).so("each wake-up may be late by that").unless(
            "cpuidle.off=1, or deep states disabled in /sys/devices/system/cpu/cpu*/cpuidle",
        ),
    )
}

fn clock(processors: &Processors) -> Finding {
    let source = &processors.clock_source;
    let resolution_ns = clock_resolution_ns().unwrap_or(0);
    let found = format!("{source}, resolution {resolution_ns} ns");
    if resolution_ns > 1 {
        Finding::no("clock", found)
            .so("timers wait for a tick: frames are late by milliseconds")
            .unless("a kernel with CONFIG_HIGH_RES_TIMERS")
    } else if FAST_CLOCKS.contains(&source.as_str()) {
        Finding::ok("clock", found)
    } else {
        Finding::warn("clock", found).so("each reading of the clock may take a microsecond")
    }
}

fn punctuality() -> anyhow::Result<Finding> {
    let seen = supervisor::punctuality(WATCH_NS).context("cannot watch the machine")?;
    let ms = |ns: u64| ns as f64 * 1e-6;
    let found = format!(
        "of {} wake-ups 99 % were at most {:.3} ms late, the worst {:.3} ms",
        seen.looks,
        ms(seen.p99_late_ns),
        ms(seen.worst_late_ns)
    );
    Ok(if seen.p99_late_ns > LATE_NS {
        Finding::warn("punctuality", found)
            .so("runs in which nobody could run in time are inconclusive")
            .unless("nothing else on this machine, and what stands above")
    } else {
        Finding::ok("punctuality", found)
    })
}

/// Numbers of processors, for a person.
pub(super) fn list(cpus: &[u32]) -> String {
    match cpus {
        [] => "none".to_owned(),
        cpus => cpus.iter().map(u32::to_string).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Mark;

    #[test]
    fn a_group_without_a_share_is_told_before_the_share_of_all() {
        for (group, all, mark) in [
            (Some(0), Some(950_000), Mark::No),
            (None, Some(0), Mark::No),
            (None, Some(-1), Mark::Warn),
            (Some(1), Some(950_000), Mark::Ok),
            (None, None, Mark::Ok),
        ] {
            let kernel =
                Kernel { group_rt_runtime_us: group, rt_runtime_us: all, ..Kernel::default() };
            assert_eq!(share(&kernel).mark, mark, "{group:?} {all:?}");
        }
    }

    #[test]
    fn what_makes_processors_late_is_told() {
        let still = Processors { online: vec![0, 1], ..Processors::default() };
        assert_eq!((governors(&still), idle(&still)), (None, None));
        let board = Processors {
            governors: vec![(0, "performance".into()), (1, "schedutil".into())],
            idle_states: vec![("WFI".into(), 1), ("cluster".into(), 900)],
            isolated: vec![1],
            clock_source: "arch_sys_counter".into(),
            ..still
        };
        assert_eq!(governors(&board).map(|it| it.mark), Some(Mark::Warn));
        assert_eq!(idle(&board).map(|it| it.mark), Some(Mark::Warn));
        assert_eq!((isolated(&board).mark, cpus(&board).mark), (Mark::Ok, Mark::Ok));
    }
}
