//! As much of libtest's command line and output as `cargo test` and nextest rely on: [`main`].

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use sys::clock::now_ns;

/// A test: it fails by panicking.
pub(crate) struct Test {
    pub(crate) name: &'static str,
    pub(crate) run: fn(),
}

/// What libtest returns when a test failed.
const FAILED: u8 = 101;
/// Options of libtest with a value of their own, which is no filter.
const WITH_VALUE: [&str; 6] =
    ["--format", "--test-threads", "--color", "--logfile", "--shuffle-seed", "-Z"];

/// Lists or runs the tests that the arguments name, one after the other: they need the processors
/// for themselves.
pub(crate) fn main(tests: &[Test], arguments: &[String]) -> ExitCode {
    let wish = Wish::parse(arguments);
    let wanted: Vec<&Test> = tests.iter().filter(|test| wish.wants(test.name)).collect();
    if wish.list {
        for test in &wanted {
            say(&format!("{}: test", test.name));
        }
        return ExitCode::SUCCESS;
    }
    let plural = if wanted.len() == 1 { "" } else { "s" };
    say(&format!("\nrunning {} test{plural}", wanted.len()));
    let started_ns = now_ns();
    let passed = wanted.iter().filter(|test| passes(test)).count();
    let failed = wanted.len() - passed;
    let word = if failed == 0 { "ok" } else { "FAILED" };
    let filtered = tests.len() - wanted.len();
    let seconds = (now_ns() - started_ns) as f64 * 1e-9;
    say(&format!(
        "\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; \
         {filtered} filtered out; finished in {seconds:.2}s\n"
    ));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
}

/// Prints a line.
pub(crate) fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output takes a line");
}

fn passes(test: &Test) -> bool {
    let passed = catch_unwind(AssertUnwindSafe(test.run)).is_ok();
    say(&format!("test {} ... {}", test.name, if passed { "ok" } else { "FAILED" }));
    passed
}

/// What the command line asks for.
#[derive(Default)]
struct Wish {
    list: bool,
    exact: bool,
    ignored: bool,
    filters: Vec<String>,
    skipped: Vec<String>,
}

impl Wish {
    fn parse(arguments: &[String]) -> Wish {
        let mut wish = Wish::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => wish.list = true,
                "--exact" => wish.exact = true,
                "--ignored" => wish.ignored = true,
                "--skip" => wish.skipped.extend(arguments.next().cloned()),
                option if WITH_VALUE.contains(&option) => {
                    arguments.next();
                }
                option if option.starts_with('-') => {}
                filter => wish.filters.push(filter.to_owned()),
            }
        }
        wish
    }

    /// Whether the test is asked for; none is ever ignored.
    fn wants(&self, name: &str) -> bool {
        let matches = |filter: &String| {
            if self.exact { name == filter } else { name.contains(filter.as_str()) }
        };
        !self.ignored
            && (self.filters.is_empty() || self.filters.iter().any(matches))
            && !self.skipped.iter().any(matches)
    }
}
