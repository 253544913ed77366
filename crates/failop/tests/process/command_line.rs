//! The command line: what it accepts, what it prints, what it returns.

use crate::rig::{PATIENT, Rig, names, run_json, scenario};

/// Three mistakes in lines 4, 6 and 9.
const WRONG: &str = "schema = 1\nname = \"wrong\"\nduration-s = 2.0\nsped = 3\n[ego]\n\
    speed-kph = \"fast\"\n[[fault]]\nid = \"F1\"\ntarget = \"lidar\"\nat-s = 1.0\n\
    inject.kill = { signal = \"SIGKILL\" }\n";

/// A demand that cannot be met: nobody may start the killed camera again.
const MISSED: &str = "[watchdog.camera]\nrestart = { limit = 0 }\n\
    [[fault]]\nid = \"F1\"\ntarget = \"camera\"\nat-s = 0.3\n\
    inject.kill = { signal = \"SIGKILL\" }\n[expect.camera]\nup-at-end = true\n";

/// A radar that is killed and comes back.
const KILLED: &str = "[[fault]]\nid = \"F1\"\ntarget = \"radar\"\nat-s = 0.3\n\
    inject.kill = { signal = \"SIGKILL\" }\n";

/// A fault that finds nobody: its victim is down for good.
const WITHOUT_EFFECT: &str = "[watchdog.camera]\nrestart = { limit = 0 }\n\
    [[fault]]\nid = \"F1\"\ntarget = \"camera\"\nat-s = 0.2\n\
    inject.kill = { signal = \"SIGKILL\" }\n\
    [[fault]]\nid = \"F2\"\ntarget = \"camera\"\nat-s = 0.6\n\
    inject.kill = { signal = \"SIGKILL\" }\n";

#[test]
fn the_exit_code_is_the_worst_verdict() {
    let rig = Rig::new();
    let passes = rig.file("passes.toml", &scenario("passes", 0.6, PATIENT));
    let misses = rig.file("misses.toml", &scenario("misses", 0.8, MISSED));
    let unclear = rig.file("unclear.toml", &scenario("unclear", 0.8, WITHOUT_EFFECT));
    for (files, code, verdicts) in [
        (&[&passes][..], 0, &[("passes", "pass")][..]),
        (&[&misses, &passes], 1, &[("misses", "fail"), ("passes", "pass")]),
        (&[&passes, &unclear], 3, &[("passes", "pass"), ("unclear", "inconclusive")]),
    ] {
        let arguments = ["run", "--out", "out"].into_iter();
        let arguments: Vec<&str> = arguments.chain(files.iter().map(|it| it.as_str())).collect();
        let ended = rig.failop(&arguments);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        for (name, verdict) in verdicts {
            let run = rig.run_json(name);
            assert_eq!(run["verdict"], *verdict, "{name}: {}", run["expectations"]);
            let directory = rig.run_directory(name).display().to_string();
            let report = rig.failop(&["report", &directory]);
            let alone = match *verdict {
                "pass" => 0,
                "fail" => 1,
                _ => 3,
            };
            assert_eq!(report.code, Some(alone), "{report:?}");
        }
    }
    let unclear = rig.run_json("unclear");
    assert_eq!(unclear["faults"][1]["activated"], false);
    assert_eq!(unclear["faults"][1]["evidence"][0], "camera was not alive when the fault was due");
}

#[test]
fn a_wrong_command_line_returns_2_and_runs_nothing() {
    let rig = Rig::new();
    rig.file("good.toml", &scenario("good", 1.0, ""));
    rig.file("twin.toml", &scenario("good", 1.0, ""));
    rig.file("wrong.toml", WRONG);
    std::fs::create_dir(rig.path("empty")).expect("a directory");
    for (arguments, told) in [
        (&["run", "--out", "out", "good.toml", "--sede", "3"][..], &["--sede"][..]),
        (&["run"], &["<FILE|DIR>"]),
        (&["run", "--repeat", "0", "good.toml"], &["--repeat"]),
        (&["run", "--seed", "-1", "good.toml"], &[]),
        (&["walk"], &["walk"]),
        (&[], &["Usage"]),
        (&["run", "--out", "out", "absent.toml"], &["absent.toml"]),
        (&["run", "--out", "out", "good.toml", "absent.toml"], &["absent.toml"]),
        (&["run", "--out", "out", "empty"], &["empty holds no scenario file"]),
        (&["run", "--out", "out", "good.toml", "twin.toml"], &["twin.toml", "`good`", "good.toml"]),
        (
            &["run", "--out", "out", "good.toml", "wrong.toml"],
            &["wrong.toml:4:1: ", "wrong.toml:6:13: ", "wrong.toml:9:10: "],
        ),
        (&["check", "wrong.toml"], &["wrong.toml:4:1: ", "wrong.toml:6:13: ", "wrong.toml:9:10: "]),
        (&["check", "."], &["twin.toml", "wrong.toml:4:1: "]),
        (&["check"], &["<FILE|DIR>"]),
        (
            &["check", "--board", "good.toml", "good.toml"],
            &["good.toml:", "this is a scenario, no board file"],
        ),
    ] {
        let ended = rig.failop(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:?}");
        for told in told {
            assert!(ended.stderr.contains(told), "{arguments:?} tells {told}: {}", ended.stderr);
        }
        assert_eq!(ended.stdout, "", "{arguments:?}");
        assert!(!rig.path("out").exists(), "{arguments:?} ran something");
    }
}

#[test]
fn check_tells_what_a_sound_file_holds_and_runs_nothing() {
    let rig = Rig::new();
    std::fs::create_dir(rig.path("all")).expect("a directory");
    rig.file("all/b.toml", &scenario("second", 2.5, MISSED));
    rig.file("all/a.toml", &scenario("first", 1.0, ""));
    rig.file("all/notes.txt", "no scenario");
    let ended = rig.failop(&["check", "all"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "all/a.toml: ok, 1 s, 0 faults\nall/b.toml: ok, 2.5 s, 1 fault\n");
    assert_eq!(ended.stderr, "");
    assert_eq!(names(&rig.path("")), ["all", "stderr", "stdout", "tmp"]);
}

#[test]
fn a_board_file_is_checked_alone_or_with_scenarios() {
    let rig = Rig::new();
    rig.file("board.toml", "schema = 1\nname = \"bench-1\"\n");
    rig.file("a.toml", &scenario("a", 1.0, ""));
    for (more, told) in [(&[][..], ""), (&["a.toml"], "a.toml: ok, 1 s, 0 faults\n")] {
        let ended = rig.failop(&[&["check", "--board", "board.toml"], more].concat());
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.stdout, format!("board.toml: ok, board bench-1\n{told}"));
    }
}

#[test]
fn schema_prints_a_json_schema_of_every_key() {
    for (arguments, keys) in [
        (
            &["schema"][..],
            &["schema", "name", "seed", "duration-s", "ego", "actor", "fault", "expect"][..],
        ),
        (&["schema", "--board"], &["schema", "name", "reach", "camera", "process", "watchdog"]),
    ] {
        let ended = Rig::new().failop(arguments);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let schema: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
        assert!(schema["$schema"].is_string());
        for key in keys {
            assert!(schema["properties"][key].is_object(), "{key}");
        }
    }
}

#[test]
fn help_names_the_commands_and_the_exit_codes_but_not_the_hidden_role() {
    let ended = Rig::new().failop(&["--help"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for word in ["run", "check", "report", "schema", "Exit codes:", "3  inconclusive"] {
        assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
    assert!(!ended.stdout.contains("  node"), "{}", ended.stdout);
}

#[test]
fn repetitions_get_numbered_folders_the_given_seed_and_one_junit_file() {
    let rig = Rig::new();
    rig.file("twice.toml", &scenario("twice", 0.5, PATIENT));
    let arguments = ["run", "twice.toml", "--out", "a/b", "--junit", "ci.xml", "--seed", "99"];
    let arguments = [&arguments[..], &["--repeat", "2", "--quiet"]].concat();
    let ended = rig.failop(&arguments);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "", "quiet");
    assert!(ended.stdout.contains("reports: a/b"), "{}", ended.stdout);
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 100), "{}", ended.stdout);
    assert_eq!(names(&rig.path("a/b")), ["twice"]);
    let campaign = ["00001", "00002", "campaign.html", "campaign.json", "campaign.md"];
    assert_eq!(names(&rig.path("a/b/twice")), campaign);
    for (folder, repetition) in [("00001", 1), ("00002", 2)] {
        let run = run_json(&rig.path("a/b/twice").join(folder));
        assert_eq!((&run["seed"], &run["repetition"]), (&99.into(), &repetition.into()));
    }
    let junit = std::fs::read_to_string(rig.path("ci.xml")).expect("the JUnit file");
    assert_eq!(junit.matches("<testsuite ").count(), 2, "{junit}");
}

#[test]
fn repetitions_come_to_a_campaign_and_replace_a_longer_one() {
    let rig = Rig::new();
    rig.file("killed.toml", &scenario("killed", 0.8, KILLED));
    rig.file("other.toml", &scenario("other", 0.5, PATIENT));
    let run = |scenario: &str, more: &[&str]| {
        let ended = rig.failop(&[&["run", scenario, "--quiet"], more].concat());
        assert!(ended.code.is_some_and(|code| code != 2), "{ended:?}");
        ended.stdout
    };
    run("killed.toml", &["--out", "out", "--repeat", "4"]);
    run("other.toml", &["--out", "elsewhere"]);
    let folder = rig.run_directory("killed");
    // A recording of something else, and what is none of ours.
    std::fs::rename(rig.path("elsewhere/other"), folder.join("00007")).expect("a folder");
    std::fs::create_dir(folder.join("00008")).expect("a folder");
    std::fs::create_dir(folder.join("notes")).expect("a folder");
    let told = run("killed.toml", &["--out", "out", "--repeat", "3"]);
    for part in ["killed, 3 runs: ", "F1 radar kill SIGKILL\n    detected in ", "(needs 59 trials)"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    let left = ["00001", "00002", "00003", "00007", "00008"];
    let beside = ["campaign.html", "campaign.json", "campaign.md", "notes"];
    assert_eq!(names(&folder), [&left[..], &beside].concat());
    let text = std::fs::read_to_string(folder.join("campaign.json")).expect("a campaign.json");
    let campaign: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (&campaign["scenario"], &campaign["faults"][0]["trials"]),
        (&"killed".into(), &3.into())
    );
    let runs = campaign["runs"].as_object().expect("runs by verdict");
    assert_eq!(runs.values().filter_map(serde_json::Value::as_u64).sum::<u64>(), 3);
}

#[test]
fn what_happens_is_told_line_by_line_unless_quiet() {
    let rig = Rig::new();
    let (ended, _) = rig.run("told", &scenario("told", 0.8, MISSED));
    for told in ["told, 0.8 s", "fault F1 is injected", "given up: restart budget spent"] {
        assert!(ended.stderr.contains(told), "{told}: {}", ended.stderr);
    }
    assert!(!ended.stderr.contains('\u{1b}'), "no colours where nobody sees them");
}
