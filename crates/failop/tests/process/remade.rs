//! Every output can be made again from the recording alone, also where the run was never seen.

use crate::rig::{Rig, names, scenario};
use std::collections::BTreeMap;
use std::path::Path;

/// A kill and a corruption, so that no table and no plot is empty.
const FAULTS: &str = "[[fault]]\nid = \"F1\"\ntarget = \"radar\"\nat-s = 0.6\n\
    inject.kill = { signal = \"SIGKILL\" }\n\
    [[fault]]\nid = \"F2\"\ntarget = \"camera\"\nat-s = 1.0\n\
    inject.corrupt = { bits = 3, for-s = 0.3 }\n[expect]\nisolated = [\"fusion\"]\n";

#[test]
fn a_moved_recording_alone_makes_every_output_again_to_the_byte() {
    let rig = Rig::new();
    rig.run("made-once", &scenario("made-once", 1.6, FAULTS));
    let directory = rig.run_directory("made-once");
    let made = outputs(&directory);
    assert_eq!(made.len(), 8, "{:?}", made.keys());
    let moved = rig.path("elsewhere");
    std::fs::rename(&directory, &moved).expect("it can be moved");
    std::fs::remove_dir_all(rig.path("out")).expect("its old place");
    std::fs::remove_file(rig.path("made-once.toml")).expect("the scenario");
    for name in made.keys() {
        std::fs::remove_file(moved.join(name)).expect("an output");
    }
    assert_eq!(names(&moved), ["recording.failop"]);
    let report = rig.failop(&["report", "elsewhere"]);
    assert!(report.stdout.contains("made-once"), "{report:?}");
    let remade = outputs(&moved);
    assert_eq!(made.keys().collect::<Vec<_>>(), remade.keys().collect::<Vec<_>>());
    for (name, content) in made {
        assert!(content == remade[&name], "{name} was made differently");
    }
}

#[test]
fn what_is_no_recording_is_refused_by_name() {
    let rig = Rig::new();
    std::fs::create_dir(rig.path("empty")).expect("a directory");
    std::fs::create_dir(rig.path("foreign")).expect("a directory");
    std::fs::write(rig.path("foreign/recording.failop"), "something else").expect("a file");
    for directory in ["empty", "foreign", "absent"] {
        let ended = rig.failop(&["report", directory]);
        assert_ne!(ended.code, Some(0), "{ended:?}");
        let path = format!("{directory}/recording.failop");
        assert!(ended.stderr.contains(&path), "{ended:?}");
    }
}

/// Content by name of everything but the recording.
fn outputs(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = names(directory).into_iter().filter(|name| name != "recording.failop");
    names
        .map(|name| {
            let content = std::fs::read(directory.join(&name)).expect("an output");
            (name, content)
        })
        .collect()
}
