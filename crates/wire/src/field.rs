//! What a fault may damage in the header of a sample: [`Field`]. Where each lies, the layout of the
//! sample says.

use std::ops::Range;

/// A field of the header of a frame or a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Frame number, radar cycle.
    Number,
    /// Incarnation of the sender.
    Incarnation,
    /// Measurement time.
    Captured,
    /// Length in the protection.
    Length,
    /// Counter in the protection.
    Counter,
    /// Data id in the protection.
    DataId,
    /// Version of the layout.
    Version,
}

impl Field {
    /// Every field.
    pub const ALL: [Field; 7] = [
        Field::Number,
        Field::Incarnation,
        Field::Captured,
        Field::Length,
        Field::Counter,
        Field::DataId,
        Field::Version,
    ];
}

/// Inverts every bit of these bytes as far as `sample` has them, and returns how many bits that are.
pub(crate) fn invert(sample: &mut [u8], bytes: Range<usize>) -> u32 {
    let field = sample.get_mut(bytes).unwrap_or_default();
    for byte in &mut *field {
        *byte = !*byte;
    }
    field.len() as u32 * 8
}

/// Where a field of a struct with a fixed layout lies.
macro_rules! bytes_of {
    ($layout:ty, $field:ident: $type:ty) => {{
        let start = std::mem::offset_of!($layout, $field);
        start..start + size_of::<$type>()
    }};
}
pub(crate) use bytes_of;
