//! The first file system of a board, as the kernel unpacks it: [`Archive`].
//!
//! The format "newc" of cpio, which the kernel documents (`driver-api/early-userspace/buffer-format`). It holds
//! nothing of this machine, no times and no owners: the same content is the same bytes.
//!
//! `xtask` takes this file as well, for the boards of its tests: it uses nothing of this crate.

/// File type and permissions of a directory.
const DIRECTORY: u32 = 0o040_755;
/// Those of a file that may be run.
const FILE: u32 = 0o100_755;
/// Those of a character device.
const CHARACTER_DEVICE: u32 = 0o020_600;
/// Devices by their numbers (the kernel's `admin-guide/devices.txt`).
const DEVICES: [(&str, (u32, u32)); 2] = [("/dev/console", (5, 1)), ("/dev/null", (1, 3))];
/// Everything stands at a multiple of this.
const ALIGNMENT: usize = 4;

/// An archive in the making.
#[derive(Debug, Default)]
pub(super) struct Archive {
    bytes: Vec<u8>,
    entries: u32,
}

impl Archive {
    /// A directory, which must come before what is in it.
    pub(super) fn directory(&mut self, path: &str) {
        self.entry(path, DIRECTORY, (0, 0), &[]);
    }

    /// A file.
    pub(super) fn file(&mut self, path: &str, content: &[u8]) {
        self.entry(path, FILE, (0, 0), content);
    }

    /// What a first process needs of `/dev` before the kernel has filled it.
    pub(super) fn devices(&mut self) {
        for (path, numbers) in DEVICES {
            self.entry(path, CHARACTER_DEVICE, numbers, &[]);
        }
    }

    /// The bytes of the archive.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, (0, 0), &[]);
        self.bytes
    }

    fn entry(&mut self, path: &str, mode: u32, (major, minor): (u32, u32), content: &[u8]) {
        self.entries += 1;
        let size = u32::try_from(content.len()).expect("no file of a board has 4 GB");
        let name = path.trim_start_matches('/');
        let name_size = name.len() as u32 + 1;
        let (links, nobody, no_time, no_device, no_sum) = (1, 0, 0, 0, 0);
        let fields = [
            self.entries,
            mode,
            nobody,
            nobody,
            links,
            no_time,
            size,
            no_device,
            no_device,
            major,
            minor,
            name_size,
            no_sum,
        ];
        self.bytes.extend(b"070701");
        for field in fields {
            self.bytes.extend(format!("{field:08X}").bytes());
        }
        self.bytes.extend(name.bytes().chain([0]));
        self.align();
        self.bytes.extend(content);
        self.align();
    }

    fn align(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(ALIGNMENT), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_what_the_kernel_documents() {
        let mut archive = Archive::default();
        archive.directory("/dev");
        archive.devices();
        archive.file("/init", b"hello");
        let bytes = archive.finish();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.starts_with("070701000000010000"), "{text}");
        assert_eq!(bytes.len() % ALIGNMENT, 0);
        // Magic, inode, mode, owner, group, links, time, size, device, device of the node, name.
        let expected = "07070100000004000081ED00000000000000000000000100000000000000050000000000000000\
                        00000000000000000000000500000000init\0\0hello\0\0\0";
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("TRAILER!!!\0"));
    }
}
