//! What the table of events becomes: the `events` macro.

macro_rules! events {
    ($($(#[$doc:meta])* $number:literal $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty,)* })+) => {
        /// Something that happened in a run. Times are `CLOCK_MONOTONIC` nanoseconds.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
        pub enum Event { $($(#[$doc])* $name { $($(#[$fdoc])* $field: $type,)* },)+ }

        impl Event {
            pub(super) fn encode(&self) -> (u32, [u64; FIELDS]) {
                match *self {
                    $(Event::$name { $($field,)* } => {
                        let given: &[u64] = &[$(<$type as Word>::to_word($field),)*];
                        let mut fields = [0; FIELDS];
                        fields[..given.len()].copy_from_slice(given);
                        ($number, fields)
                    })+
                }
            }

            fn decode(number: u32, fields: &[u64; FIELDS]) -> Option<Event> {
                let mut fields = fields.iter().copied();
                match number {
                    $($number => Some(Event::$name {
                        $($field: <$type as Word>::from_word(fields.next()?)?,)*
                    }),)+
                    _ => None,
                }
            }
        }
    };
}
