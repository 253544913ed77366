//! Every file under `scenarios/` is a test: shipped ones load, invalid ones say exactly what stands
//! beside them.

use std::fs;
use std::path::{Path, PathBuf};

use scenario::{CollectError, LoadError, collect, load};

/// Set, it makes the tests write what they would compare.
const UPDATE: &str = "UPDATE_EXPECTED";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &str) -> Vec<PathBuf> {
    collect(&[root().join(folder)]).expect("the folder holds scenarios")
}

#[test]
fn every_shipped_scenario_loads_under_the_name_of_its_file() {
    for path in files("scenarios")
        .into_iter()
        .chain(files("scenarios/must-fail"))
        .chain(files("scenarios/links"))
    {
        let loaded = load(&path).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(path.file_stem().unwrap().to_str(), Some(loaded.plan.name.as_str()));
        assert!(!loaded.plan.description.is_empty(), "{}", path.display());
        assert!(!loaded.plan.traffic.actors.is_empty(), "{} shows nothing", path.display());
    }
}

#[test]
fn the_shipped_scenarios_take_little_more_than_five_minutes() {
    let total_ns: u64 =
        files("scenarios").iter().map(|path| load(path).unwrap().plan.duration_ns).sum();
    assert!(total_ns <= 315_000_000_000, "{} s", total_ns / 1_000_000_000);
}

#[test]
fn every_invalid_scenario_says_exactly_what_stands_beside_it() {
    let paths = files("scenarios/invalid");
    assert!(paths.len() >= 12);
    for path in paths {
        let name = format!("scenarios/invalid/{}", path.file_name().unwrap().display());
        let text = fs::read_to_string(&path).unwrap();
        let said = format!("{}\n", scenario::parse(&name, &text).unwrap_err());
        let beside = path.with_extension("expected");
        if std::env::var_os(UPDATE).is_some() {
            fs::write(&beside, &said).unwrap();
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        assert!(said == expected, "{name}: {UPDATE}=1 accepts\n{said}");
    }
}

#[test]
fn a_stall_is_the_same_with_2_and_with_3_buffers() {
    let plan = |name: &str| load(&root().join("scenarios").join(name)).unwrap().plan;
    let (two, three) = (plan("fusion-hang-2-buffers.toml"), plan("fusion-hang-3-buffers.toml"));
    assert_eq!((two.camera.buffers, three.camera.buffers), (2, 3));
    assert_eq!((two.seed, two.traffic, two.faults), (three.seed, three.traffic, three.faults));
    assert_eq!(two.supervision, three.supervision);
}

#[test]
fn a_folder_means_the_files_directly_in_it_and_an_empty_one_is_refused() {
    let found = files("scenarios");
    assert!(found.is_sorted());
    assert!(found.iter().all(|path| path.parent().unwrap().ends_with("scenarios")));
    let of_file = collect(&[found[0].clone()]).unwrap();
    assert_eq!(of_file, found[..1]);
    assert!(matches!(collect(&[root().join("crates")]), Err(CollectError::Empty { .. })));
    assert!(matches!(collect(&[root().join("no-such")]), Err(CollectError::Read { .. })));
    assert!(matches!(load(&root().join("no-such")), Err(LoadError::Read { .. })));
}

#[test]
fn a_file_that_is_no_text_and_one_that_is_no_scenario_are_refused() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let latin1 = folder.join("latin1.toml");
    fs::write(&latin1, b"schema = 1\nname = \"k\xe4fer\"\n").unwrap();
    let error = load(&latin1).unwrap_err();
    let LoadError::Mistakes(mistakes) = error else { panic!("{error}") };
    assert_eq!((mistakes.len(), mistakes[0].line, mistakes[0].column), (1, 2, 10));

    let video = folder.join("video.toml");
    fs::write(&video, vec![0; (scenario::load::MAX_FILE_BYTES + 1) as usize]).unwrap();
    assert!(matches!(load(&video), Err(LoadError::TooLarge { .. })));
}
