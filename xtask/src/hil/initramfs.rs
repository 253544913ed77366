//! The files that a kernel starts with, as it takes them from QEMU: [`Initramfs`], a cpio archive of
//! the format `newc` (the kernel's Documentation/driver-api/early-userspace/buffer-format.rst).

/// What a file is, in the upper bits of its mode.
const FOLDER: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;
const CHARACTER_DEVICE: u32 = 0o020_000;

/// The first process's terminal, by its device number.
const CONSOLE: (u32, u32) = (5, 1);

/// An archive being written.
#[derive(Debug, Default)]
pub(super) struct Initramfs {
    bytes: Vec<u8>,
    entries: u32,
}

impl Initramfs {
    /// With the folders (each after its parent) and the console.
    pub(super) fn new(folders: &[&str]) -> Initramfs {
        let mut archive = Initramfs::default();
        for folder in folders {
            archive.entry(folder, FOLDER | 0o755, b"", (0, 0));
        }
        archive.entry("dev/console", CHARACTER_DEVICE | 0o600, b"", CONSOLE);
        archive
    }

    /// A file that everybody can run.
    pub(super) fn program(&mut self, path: &str, content: &[u8]) {
        self.entry(path, FILE | 0o755, content, (0, 0));
    }

    pub(super) fn symlink(&mut self, path: &str, to: &str) {
        self.entry(path, SYMLINK | 0o777, to.as_bytes(), (0, 0));
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, b"", (0, 0));
        self.bytes
    }

    /// Thirteen numbers in hexadecimal, the name, the content, each part padded to four bytes.
    fn entry(&mut self, path: &str, mode: u32, content: &[u8], device: (u32, u32)) {
        self.entries += 1;
        let size = u32::try_from(content.len()).expect("no program has 4 GiB");
        let name_size = u32::try_from(path.len() + 1).expect("a path is short");
        let numbers =
            [self.entries, mode, 0, 0, 1, 0, size, 0, 0, device.0, device.1, name_size, 0];
        self.bytes.extend(b"070701");
        for number in numbers {
            self.bytes.extend(format!("{number:08x}").bytes());
        }
        self.bytes.extend(path.bytes().chain([0]));
        self.pad();
        self.bytes.extend(content);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_its_numbers_its_name_and_its_content_each_padded() {
        let mut archive = Initramfs::default();
        archive.program("init", b"#!/x\n");
        let expected = "070701\
             00000001000081ed0000000000000000000000010000000000000005\
             00000000000000000000000000000000000000050000000\
             0init\0\0#!/x\n\0\0\0";
        let bytes = archive.finish();
        assert_eq!(String::from_utf8_lossy(&bytes[..expected.len()]), expected);
        let rest = &bytes[expected.len()..];
        assert!(rest.starts_with(b"070701") && rest.len().is_multiple_of(4));
        assert!(rest.windows(11).any(|window| window == b"TRAILER!!!\0"));
    }
}
