//! System calls of the calling process that the kernel answers with an error: [`refuse`].

use nix::errno::Errno;
use nix::libc;
use std::io;
use std::mem::offset_of;

/// What the filter is written for: its system calls have these numbers (`AUDIT_ARCH_*` of the
/// kernel's `include/uapi/linux/audit.h`).
#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xC000_00B7;
/// Largest error number that a filter can return (`MAX_ERRNO` of the kernel).
const ERRNO_MAX: i32 = 4095;

/// A direction in which datagrams travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `sendto` (which `send` is made of) and `sendmsg`.
    Send,
    /// `recvfrom` (which `recv` is made of) and `recvmsg`.
    Receive,
}

/// Lets these calls fail with this error number, 1 to 4095, in all threads of the calling process and
/// in whatever it starts, for the rest of their lives: there is no way back. The process also gives
/// up gaining privileges by what it executes (`PR_SET_NO_NEW_PRIVS`).
pub fn refuse(call: Call, errno: i32) -> io::Result<()> {
    if !(1..=ERRNO_MAX).contains(&errno) {
        let message = format!("error number {errno} is not in 1 to {ERRNO_MAX}");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let calls = match call {
        Call::Send => [libc::SYS_sendto, libc::SYS_sendmsg],
        Call::Receive => [libc::SYS_recvfrom, libc::SYS_recvmsg],
    };
    let refused = libc::SECCOMP_RET_ERRNO | errno as u32;
    let mut filter = [
        load(offset_of!(libc::seccomp_data, arch)),
        // The call of another architecture has another number: allowed, four instructions on.
        unless_equal(ARCHITECTURE, 3),
        load(offset_of!(libc::seccomp_data, nr)),
        if_equal(calls[0] as u32, 2),
        if_equal(calls[1] as u32, 1),
        answer(libc::SECCOMP_RET_ALLOW),
        answer(refused),
    ];
    install(&mut filter, libc::SECCOMP_FILTER_FLAG_TSYNC)
}

/// Whether this kernel and user may filter system calls: installs a filter that allows everything, for
/// the calling thread alone.
pub(crate) fn probe() -> io::Result<()> {
    install(&mut [answer(libc::SECCOMP_RET_ALLOW)], 0)
}

fn install(filter: &mut [libc::sock_filter], flags: libc::c_ulong) -> io::Result<()> {
    nix::sys::prctl::set_no_new_privs()?;
    let program =
        libc::sock_fprog { len: filter.len() as libc::c_ushort, filter: filter.as_mut_ptr() };
    // SAFETY: `program` is a live local that names the live `filter` and its length; the kernel only
    // reads both, and refuses a filter that does not end or reads beyond its data.
    let result = unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program)
    };
    match Errno::result(result)? {
        0 => Ok(()),
        thread => Err(io::Error::other(format!("thread {thread} has a filter of its own"))),
    }
}

fn instruction(code: u32, k: u32) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt: 0, jf: 0, k }
}

/// Loads a word of what the kernel tells about the call.
fn load(offset: usize) -> libc::sock_filter {
    instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset as u32)
}

/// Skips instructions if the word is this one.
fn if_equal(word: u32, skipped: u8) -> libc::sock_filter {
    let jump = instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, word);
    libc::sock_filter { jt: skipped, ..jump }
}

/// Skips instructions unless the word is this one.
fn unless_equal(word: u32, skipped: u8) -> libc::sock_filter {
    let jump = instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, word);
    libc::sock_filter { jf: skipped, ..jump }
}

/// Ends the filter with this verdict.
fn answer(verdict: u32) -> libc::sock_filter {
    instruction(libc::BPF_RET | libc::BPF_K, verdict)
}
