//! What a board's shell is asked to do: one constant per step, and [`command`], which makes it a command
//! line of `ssh`.
//!
//! A board needs `sh`, `cat`, `chmod`, `mkdir`, `mv`, `rm`, `find`, `wc`, `sleep`, `sync`, `uname` and
//! `/proc`: what busybox has in its smallest builds. `flock`, `setsid`, `sha256sum` and `df` are used where
//! they are. What a script is told comes as `$1`, `$2`, …: no text of a user is ever part of a script.

/// What a script ends with when the directory cannot be used; its error output tells why.
pub(super) const UNUSABLE: i32 = 74;
/// What [`FOLLOW`] ends with when the run was killed, and whoever waited for it too.
pub(super) const NO_CODE: i32 = 254;
/// Last line of what [`SESSION`] tells.
pub(super) const READY: &str = "ready";
/// What [`SESSION`] answers to an order.
pub(super) const STARTED: &str = "started";

/// The session that stands as long as the connection: takes the lock of the directory, tells what is there,
/// and starts runs. The lock is held until the session and what it started have ended, by the kernel: a
/// reset or a crash leaves none behind.
///
/// `$1` directory, `$2` [`KEEPER`], `$3` how long a board whose run was killed waits for its reset, s. An order
/// is a line: the arguments of the program, as [`words`].
pub(super) const SESSION: &str = r#"
mkdir -p -- "$1" && cd -- "$1" && ( : >> lock ) || exit 74
exec 9>> lock
held=unlocked
if command -v flock > /dev/null; then
    flock -n 9
    case $? in 0) held=mine ;; 1) held=other ;; esac
fi
boot=$(cat /proc/sys/kernel/random/boot_id)
run=
if [ "$(cat job/boot 2> /dev/null)" = "$boot" ]; then run=$(cat job/keeper); fi
# Without a lock, a run that goes on is seen at least.
if [ "$held" = unlocked ] && [ -n "$run" ] && [ -d "/proc/$run" ] && [ ! -e job/code ]; then held=other; fi
echo "lock $held"
echo "token $(cat job/token 2> /dev/null)"
echo "holder $(cat job/holder 2> /dev/null)"
echo "keeper $run"
echo "boot $boot"
echo "machine $(uname -m)"
df -Pk . 2> /dev/null | { read -r head; read -r from all used free rest; echo "free $free"; }
echo "digest $(sha256sum failop 2> /dev/null)"
echo ready
keeper=$2
export FAILOP_RESET_S="$3"
detach=$(command -v setsid)
while read -r order; do
    eval "set -- $order"
    rm -f job/code job/pid job/keeper
    : > job/output
    echo "$boot" > job/boot
    sync
    ( $detach sh -c "$keeper" keeper "$@" < /dev/null > /dev/null 2>&1 & echo $! > job/keeper )
    echo started
done
"#;

/// Waits for the run on the board, whoever has gone meanwhile, and keeps its exit code. It asks the run to
/// end by `SIGTERM`: of `SIGINT` what a shell starts in the background is deaf. `FAILOP_RESET_S`, which [`SESSION`]
/// sets, is how long it waits after a run that was killed, s.
pub(super) const KEEPER: &str = r#"
./failop "$@" >> job/output 2>&1 9>&- &
echo $! > job/pid.part
mv job/pid.part job/pid
wait $!
code=$?
# Who was killed keeps no hardware watchdog alive: its reset comes before this code.
[ "$code" -le 128 ] || sleep "$FAILOP_RESET_S"
echo "$code" > job/code.part
mv job/code.part job/code
"#;

/// Makes the directory the job's own. `$1` directory, `$2` token, `$3` who.
pub(super) const RESET: &str = r#"
cd -- "$1" || exit 74
if [ ! -e job/token ] && { [ -e job ] || [ -e reports ]; }; then
    echo "$1 holds a job or reports that are not failop's: take another files.directory" >&2
    exit 74
fi
rm -rf job reports && mkdir job && echo "$3" > job/holder && echo "$2" > job/token || exit 74
"#;

/// Removes what is the job's. `$1` directory.
pub(super) const CLEAR: &str = r#"cd -- "$1" && rm -rf job reports"#;

/// Takes one file from standard input; it is there whole or not at all. `$1` directory, `$2` name, `$3` mode.
pub(super) const PUT: &str = r#"
cd -- "$1" && cat > "$2.part" && chmod "$3" "$2.part" && mv "$2.part" "$2" && exit
rm -f "$2.part"
exit 74
"#;

/// Calls the program. `$1` directory, `$2`, … its arguments.
pub(super) const CALL: &str = r#"cd -- "$1" && shift && exec ./failop "$@""#;

/// Prints what the run has printed from its beginning, until its end, and ends as it did. `$1` directory.
pub(super) const FOLLOW: &str = r#"
cd -- "$1" && exec 3< job/output || exit 74
lives() { [ -n "$1" ] && [ -d "/proc/$1" ]; }
ended=
while [ -z "$ended" ]; do
    if [ -e job/code ]; then
        ended=$(cat job/code)
    elif ! lives "$(cat job/keeper)" && ! lives "$(cat job/pid 2> /dev/null)"; then
        ended=$(cat job/code 2> /dev/null || echo 254)
    fi
    cat <&3
    [ -n "$ended" ] || sleep 0.2 2> /dev/null || sleep 1
done
exit "$ended"
"#;

/// Asks the run to end, once it is there. `$1` directory.
pub(super) const STOP: &str = r#"
cd -- "$1" || exit 74
tries=10
until [ -e job/pid ] || [ -e job/code ] || [ "$tries" = 0 ]; do sleep 1; tries=$((tries - 1)); done
[ -e job/code ] || kill -TERM "$(cat job/pid)"
"#;

/// Tells why the board was started, as a watchdog device knows it. `$1` name of the device.
pub(super) const BOOT_STATUS: &str = r#"cat "/sys/class/watchdog/$1/bootstatus""#;

/// Prints every file of a run: a line `SIZE NAME`, then the bytes. `$1` directory, `$2` folder of the run.
pub(super) const FETCH: &str = r#"
cd -- "$1" || exit 74
[ -d "$2" ] || exit 0
cd "$2" && find . -type f | while IFS= read -r file; do
    printf '%s %s\n' "$(wc -c < "$file")" "${file#./}"
    cat "$file"
done
"#;

/// The command line for the shell of the board, in which `arguments` arrive as they are.
pub(super) fn command(script: &str, arguments: &[&str]) -> String {
    format!("exec sh -c {} failop {}", quoted(script), words(arguments))
}

/// Words for a shell, in one line.
pub(super) fn words(arguments: &[&str]) -> String {
    arguments.iter().copied().map(quoted).collect::<Vec<_>>().join(" ")
}

/// A word for a shell: within single quotes all is literal, but the quote itself.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use sys::process::{Exit, spawn};

    /// Shells to try: those of this machine.
    const SHELLS: [&str; 3] = ["/bin/sh", "/bin/bash", "/bin/dash"];

    fn exit(shell: &Path, line: &str) -> Exit {
        spawn(shell, &["-c", line], &[]).unwrap().reap().unwrap()
    }

    #[test]
    fn what_a_user_writes_arrives_as_it_is() {
        let texts = ["", "a b", "it's", "\"$HOME\" `id` \\ \\n * ~ #", "-n", "ä\tö", "''"];
        let directory = tempfile::TempDir::new().unwrap();
        let file = directory.path().join("arrived");
        let name = file.to_str().unwrap();
        for shell in SHELLS.map(Path::new).into_iter().filter(|shell| shell.exists()) {
            for text in texts {
                let line = command(r#"printf '%s' "$2" > "$1""#, &[name, text]);
                assert_eq!(exit(shell, &line), Exit::Code(0), "{text}");
                assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
            }
        }
    }

    #[test]
    fn every_script_is_one_of_a_shell() {
        let scripts = [SESSION, KEEPER, RESET, CLEAR, PUT, CALL, FOLLOW, STOP, BOOT_STATUS, FETCH]
            .into_iter();
        for script in scripts {
            let check = spawn(Path::new("/bin/sh"), &["-n", "-c", script], &[]).unwrap();
            assert_eq!(check.reap().unwrap(), Exit::Code(0), "{script}");
        }
    }
}
