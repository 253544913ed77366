//! The number that stands in the record for what the system refused: [`errno_of`].

use std::io;

/// What a refusal without a number of its own counts as: an input/output error.
const EIO: i32 = 5;

/// `errno` of a refusal; never 0, which in the record means that nothing was refused.
pub(crate) fn errno_of(error: &io::Error) -> u32 {
    error.raw_os_error().filter(|&errno| errno > 0).unwrap_or(EIO).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_a_number() {
        assert_eq!(errno_of(&io::Error::from_raw_os_error(13)), 13);
        assert_eq!(errno_of(&io::Error::other("a control group")), 5);
    }
}
