//! What only several keys of a board file together can tell to be wrong: [`board_findings`].

use crate::mistake::Finding;
use crate::tree::{Kind, Value};

/// Every contradiction in the tree of a board file.
pub(crate) fn board_findings(document: &Value) -> Vec<Finding> {
    let Some(Kind::Table(processes)) = document.get("process").map(|it| &it.kind) else {
        return Vec::new();
    };
    processes.iter().flat_map(|it| placement_agrees(&it.key, &it.value)).collect()
}

/// Each class has parameters of its own.
fn placement_agrees(process: &str, placement: &Value) -> Vec<Finding> {
    let class = placement.get("class").and_then(Value::text).unwrap_or("fifo");
    let useless = |key, why: &str| {
        let value = placement.get(key)?;
        Some(Finding::wrong(&value.span, format!("{process} is of the class {class}, {why}")))
    };
    let cpus = (class == "deadline").then(|| {
        useless("cpus", "which the kernel gives for all processors together: leave `cpus` out")
    });
    let priority = (class != "fifo").then(|| {
        useless("priority", "which has no `priority`: leave it out, or make it the class \"fifo\"")
    });
    let runtime = (class != "deadline").then(|| {
        useless(
            "runtime-ms",
            "which has no `runtime-ms`: leave it out, or make it the class \"deadline\"",
        )
    });
    [cpus, priority, runtime].into_iter().flatten().flatten().collect()
}

#[cfg(test)]
mod tests {
    use crate::parse_board;

    fn mistakes(placement: &str) -> String {
        let text = format!("schema = 1\nname = \"x\"\n[process.camera]\n{placement}\n");
        parse_board("b.toml", &text).map_or_else(|mistakes| mistakes.to_string(), |_| String::new())
    }

    #[test]
    fn a_class_takes_its_own_parameters_and_no_others() {
        for right in [
            "cpus = [0]\npriority = 70",
            "class = \"deadline\"\nruntime-ms = 4",
            "class = \"normal\"\ncpus = [1]",
        ] {
            assert_eq!(mistakes(right), "", "{right}");
        }
        let said = mistakes("class = \"deadline\"\ncpus = [0]");
        let why =
            "camera is of the class deadline, which the kernel gives for all processors together";
        assert!(said.contains("b.toml:5:8: ") && said.contains(why), "{said}");
        let said = mistakes("class = \"normal\"\npriority = 50\nruntime-ms = 1");
        assert!(
            said.contains("has no `priority`") && said.contains("has no `runtime-ms`"),
            "{said}"
        );
        assert!(mistakes("runtime-ms = 1").contains("camera is of the class fifo"));
    }

    #[test]
    fn a_runtime_outside_its_limits_is_refused() {
        let said = mistakes("class = \"deadline\"\nruntime-ms = 0");
        assert!(said.contains("it must be a number from 0.01 to 1000 ms"), "{said}");
    }
}
