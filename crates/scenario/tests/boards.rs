//! Every file of `hil/boards` is a board, and a file that is none is refused with these very words.

use std::fs;
use std::path::{Path, PathBuf};

use scenario::board::{Class, Reach};
use scenario::{load_board, parse_board};
use wire::{Node, Source};

/// What every board file needs.
const HEAD: &str = "schema = 1\nname = \"b\"\n";

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../hil/boards");
    let entries =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect()
}

#[test]
fn every_shipped_board_loads_under_the_name_of_its_file_and_says_what_has_been_run() {
    let files = shipped();
    assert!(files.len() >= 7, "{files:?}");
    for path in files {
        let loaded = load_board(&path).unwrap_or_else(|error| panic!("{error}"));
        let board = &loaded.board;
        assert_eq!(path.file_stem().unwrap().to_str(), Some(board.name.as_str()));
        assert!(!board.description.is_empty(), "{}", path.display());
        // An emulated one is run by the tests; what runs on hardware is told.
        let told = loaded.text.contains("# What has been run: ");
        assert!(told || matches!(board.reach, Reach::Emulated(_)), "{}", path.display());
        assert_ne!(board.reach, Reach::Here, "{} is reached", path.display());
        let watchdog = board.placement(Source::Watchdog);
        for node in Node::ALL {
            let node = board.placement(Source::Node(node));
            let below = node.class != Class::Fifo || node.priority < watchdog.priority;
            assert!(below, "{}: the watchdog stands above every node", path.display());
        }
    }
}

#[test]
fn a_file_that_is_no_board_is_refused_with_line_column_and_what_is_allowed() {
    for (text, said) in [
        (
            "reach.telnet = {}\n",
            &["b.toml:3:7: unknown key `telnet` in `reach`; allowed: ssh, emulated"][..],
        ),
        (
            "camera = \"front\"\n",
            &[
                "b.toml:3:10: `camera` is the string \"front\"; it must be a table with exactly one of the keys v4l2",
            ],
        ),
        (
            "[process.fusion]\npriority = 99\n[watchdog]\ndevice = 1\n",
            &[
                "b.toml:4:12: `priority` is 99; it must be an integer from 1 to 98",
                "b.toml:5:1: `watchdog` lacks the key `timeout-s`; it must be an integer from 1 to 600 s",
                "b.toml:6:10: `device` is 1; it must be a string of 1 to 255 characters",
            ],
        ),
        (
            "camera.v4l2 = { device = \"\" }\n",
            &["b.toml:3:26: `device` is empty; it must be a string of 1 to 255 characters"],
        ),
        (
            "[reach]\nssh = { destination = \"a\" }\nemulated = { machine = \"virt\", cpus = 1, \
             memory-mib = 512, prepared = \"p\", console = \"c\" }\n",
            &["b.toml:3:1: `reach` holds emulated, ssh; it must hold exactly one of ssh, emulated"],
        ),
    ] {
        let mistakes = parse_board("b.toml", &format!("{HEAD}{text}")).unwrap_err().to_string();
        let told: Vec<&str> = mistakes.lines().filter(|it| it.starts_with("b.toml:")).collect();
        assert_eq!(told, said);
    }
}

#[test]
fn a_board_is_no_scenario_and_a_scenario_no_board() {
    for path in shipped() {
        let mistakes = scenario::parse("b.toml", &fs::read_to_string(&path).unwrap()).unwrap_err();
        assert_eq!(mistakes.len(), 1, "{mistakes}");
        assert!(mistakes[0].message.starts_with("this is a board file, no scenario"), "{mistakes}");
    }
    let text = include_str!("../../../scenarios/nominal.toml");
    let mistakes = parse_board("s.toml", text).unwrap_err();
    assert_eq!(mistakes.len(), 1, "{mistakes}");
    assert!(mistakes[0].message.starts_with("this is a scenario, no board file"), "{mistakes}");
}
