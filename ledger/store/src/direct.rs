//! Finds out whether files can be written past the kernel's cache.

use std::path::Path;

/// Whether files in a folder, or where that will be made, can be written so. Some file systems say no when a file is
/// opened, some when it is written, so both are tried. Of a new store RocksDB would try neither, and fail with its first
/// flush.
#[cfg(target_os = "linux")]
pub(crate) fn is_possible(folder: &Path) -> bool {
    use std::fs::OpenOptions;
    use std::os::unix::fs::{FileExt, OpenOptionsExt};

    /// What is written so begins and ends with whole sectors, in memory and in the file.
    const SECTOR_BYTES: usize = 4096;

    let Ok(folder) = std::path::absolute(folder) else { return false };
    let Some(folder) = folder.ancestors().find(|folder| folder.is_dir()) else { return false };
    // A file without a name: nothing is left behind, whatever happens.
    let file = OpenOptions::new().write(true).custom_flags(libc::O_TMPFILE | libc::O_DIRECT).open(folder);
    let bytes = vec![0; 2 * SECTOR_BYTES];
    let from = bytes.as_ptr().align_offset(SECTOR_BYTES);
    let sector = bytes.get(from..).and_then(|rest| rest.get(..SECTOR_BYTES));
    file.ok().zip(sector).is_some_and(|(file, sector)| file.write_all_at(sector, 0).is_ok())
}

/// Only Linux has what it takes to find out without leaving a file behind.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_possible(_: &Path) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::path::Path;

    use super::is_possible;

    /// Goal: what can't be written past the cache is found out, before there is a store too, and nothing is left behind.
    /// Method: folders of file systems that can't, and of one that says what it can.
    #[test]
    fn is_found_out() {
        assert!(!is_possible(Path::new("/proc")));
        assert!(!is_possible(Path::new("")));
        assert_eq!(is_possible(Path::new("none")), is_possible(Path::new(".")));
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(is_possible(folder.path()), is_possible(&folder.path().join("not/there")));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
