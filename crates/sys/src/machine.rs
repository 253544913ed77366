//! The whole machine, for its first process: whether the caller is that ([`is_first_process`]), its name,
//! its loopback, and its end ([`end`]).

use nix::errno::Errno;
use nix::libc;
use nix::sys::reboot::{RebootMode, reboot};
use std::convert::Infallible;
use std::io;
use std::os::fd::AsRawFd;

/// Whether the caller is the first process of its machine (or of its namespace).
pub fn is_first_process() -> bool {
    std::process::id() == 1
}

/// Names the machine.
pub fn set_name(name: &str) -> io::Result<()> {
    nix::unistd::sethostname(name)?;
    Ok(())
}

/// Brings up the interface `lo`, by which a machine reaches itself.
pub fn bring_up_loopback() -> io::Result<()> {
    let socket = std::net::UdpSocket::bind(("0.0.0.0", 0))?;
    // SAFETY: all zero bytes are an `ifreq`: a name of no letters and numbers.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = *from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: the socket is open, and `request` is a live `ifreq` with a name and flags, as SIOCSIFFLAGS
    // reads it.
    let set = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    Errno::result(set)?;
    Ok(())
}

/// Ends the machine. An emulator that listens for it ends with this code (semihosting, Arm's document of
/// that name, 7.4 `SYS_EXIT_EXTENDED`). On any other aarch64 machine the instruction is not there, and the kernel
/// panics; one of another architecture has its power cut. Only the first process of an emulated machine may
/// call it.
pub fn end(code: u8) -> io::Result<Infallible> {
    crate::mount::sync();
    // What a serial console still holds would be lost. Where it is none, there is nothing to wait for.
    // SAFETY: takes the number of a descriptor, open or not.
    let drained = unsafe { libc::tcdrain(libc::STDERR_FILENO) };
    if let Err(_no_console) = Errno::result(drained) {}
    tell_emulator(code);
    Ok(reboot(RebootMode::RB_POWER_OFF)?)
}

#[cfg(target_arch = "aarch64")]
fn tell_emulator(code: u8) {
    const SYS_EXIT_EXTENDED: u64 = 0x20;
    const APPLICATION_EXIT: u64 = 0x2_0026;
    let parameters = [APPLICATION_EXIT, u64::from(code)];
    // SAFETY: the trap of semihosting: it reads the two words that x1 points to, which live until it
    // returns, and clobbers x0 alone. Without an emulator that listens, the caller gets SIGILL, and its
    // machine, which is to end, panics.
    unsafe {
        core::arch::asm!(
            "hlt #0xf000",
            inout("x0") SYS_EXIT_EXTENDED => _,
            in("x1") parameters.as_ptr(),
            options(nostack),
        );
    }
}

#[cfg(not(target_arch = "aarch64"))]
fn tell_emulator(_code: u8) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_not_the_first_process() {
        assert!(!is_first_process());
    }
}
